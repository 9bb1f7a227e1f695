//! What a role must allow for each capability.
//!
//! `Level::Minimal` prints exactly the actions that the peer documents, so that a role made for it keeps working;
//! `Level::Full` adds those that make more possible. Actions that AWS cannot confine to a resource stand in a
//! statement of their own, so that the others can be confined.

use super::{Capability, Document, Level, Resources, Statement, anything};
use crate::arn::Arn;
use crate::partition::Partition;

/// The permission policy for the capabilities, in one document. `own` is the partition that Drawbridge runs in.
#[must_use]
pub fn policy(capabilities: &[Capability], level: Level, resources: &Resources, own: Partition) -> Document {
    let place = Place { resources, partition: resources.partition(own), full: level == Level::Full };
    let mut seen = Vec::with_capacity(capabilities.len());
    let mut statements = Vec::new();
    for capability in capabilities {
        if !seen.contains(capability) {
            seen.push(*capability);
            statements.append(&mut place.statements(*capability));
        }
    }
    Document::new(statements)
}

struct Place<'a> {
    resources: &'a Resources,
    partition: Partition,
    full: bool,
}

impl Place<'_> {
    fn statements(&self, capability: Capability) -> Vec<Statement> {
        match capability {
            Capability::SecretsManager => self.secrets_manager(),
            Capability::ParameterStore => self.parameter_store(),
            Capability::KeyRotation => self.key_rotation(),
            Capability::CertificateManager => self.certificate_manager(),
            Capability::LoadBalancer => self.load_balancer(),
            Capability::PrivateCa => self.private_ca(),
            Capability::PublicCa => self.public_ca(),
            Capability::Recordings => self.recordings(),
        }
    }

    fn with<'b>(&self, minimal: &[&'b str], besides: &[&'b str]) -> Vec<&'b str> {
        let besides = if self.full { besides } else { &[] };
        minimal.iter().chain(besides).copied().collect()
    }

    /// The ARN of a regional resource; `*` for a region or account that was not given.
    fn regional(&self, service: &str, resource: &str) -> String {
        let region = self.resources.region.as_ref().map_or("*", |region| region.as_str());
        let account = self.resources.account.as_ref().map_or("*", |account| account.as_str());
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.partition)
    }

    fn secrets_manager(&self) -> Vec<Statement> {
        let actions = [
            "GetSecretValue",
            "CreateSecret",
            "UpdateSecret",
            "DeleteSecret",
            "DescribeSecret",
            "TagResource",
            "UntagResource",
        ];
        let mut secrets = Vec::new();
        for name in &self.resources.secret_names {
            // CreateSecret is checked before the random suffix exists, everything else after.
            secrets.push(self.regional("secretsmanager", &format!("secret:{name}")));
            secrets.push(self.regional("secretsmanager", &format!("secret:{name}-??????")));
        }
        for prefix in &self.resources.secret_name_prefixes {
            secrets.push(self.regional("secretsmanager", &format!("secret:{prefix}*")));
        }
        if secrets.is_empty() {
            secrets.push(self.regional("secretsmanager", "secret:*"));
        }
        let mut statements = vec![
            Statement::allow(
                "FindSecrets",
                "secretsmanager",
                &["ListSecrets", "BatchGetSecretValue"],
                anything(),
            ),
            Statement::allow(
                "SyncSecrets",
                "secretsmanager",
                &self.with(&actions, &["RestoreSecret"]),
                secrets,
            ),
        ];
        statements.extend(self.kms("Secret", "secretsmanager"));
        statements
    }

    fn parameter_store(&self) -> Vec<Statement> {
        let actions = [
            "PutParameter",
            "GetParameters",
            "GetParametersByPath",
            "DeleteParameters",
            "ListTagsForResource",
            "AddTagsToResource",
            "RemoveTagsFromResource",
        ];
        let mut parameters: Vec<String> = Vec::new();
        for path in &self.resources.parameter_paths {
            // GetParametersByPath is checked against the path itself, the others against what is below it.
            parameters.push(
                self.regional("ssm", &format!("parameter{}", if path.is_empty() { "/" } else { path })),
            );
            parameters.push(self.regional("ssm", &format!("parameter{path}/*")));
        }
        if parameters.is_empty() {
            parameters.push(self.regional("ssm", "parameter/*"));
        }
        let mut statements = vec![
            Statement::allow("FindParameters", "ssm", &["DescribeParameters"], anything()),
            Statement::allow("SyncParameters", "ssm", &actions, parameters),
        ];
        statements.extend(self.kms("Parameter", "ssm"));
        statements
    }

    /// Nothing when no key was named: the service's default key needs no permission.
    fn kms(&self, of: &str, service: &str) -> Vec<Statement> {
        if self.resources.kms_keys.is_empty() {
            return Vec::new();
        }
        let keys: Vec<String> = self.resources.kms_keys.iter().map(Arn::to_string).collect();
        // Only through the service that keeps the values, so that the role cannot decrypt anything else.
        let services = self
            .resources
            .kms_keys
            .iter()
            .filter_map(|key| key.region.as_ref())
            .map(|region| format!("{service}.{region}.{}", region.partition().dns_suffix()));
        let mut services: Vec<String> = services.collect();
        services.sort_unstable();
        services.dedup();
        vec![
            Statement::allow(format!("Find{of}Keys"), "kms", &["ListAliases"], anything()),
            Statement::allow(format!("Read{of}Keys"), "kms", &["DescribeKey"], keys.clone()),
            Statement::allow(
                format!("Use{of}Keys"),
                "kms",
                &self.with(&["Encrypt", "Decrypt"], &["GenerateDataKey"]),
                keys,
            )
            .when("StringEquals", "kms:ViaService", services),
        ]
    }

    fn key_rotation(&self) -> Vec<Statement> {
        let actions = ["ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"];
        let account = self.resources.account.as_ref().map_or("*", |account| account.as_str());
        let named = |user: &str| format!("arn:{}:iam::{account}:user/{user}", self.partition);
        let users = match self.resources.user_names.as_slice() {
            [] => vec![named("*")],
            users => users.iter().map(|user| named(user)).collect(),
        };
        vec![
            Statement::allow("FindUsers", "iam", &["ListUsers"], anything()),
            Statement::allow(
                "RotateAccessKeys",
                "iam",
                &self.with(&actions, &["GetAccessKeyLastUsed"]),
                users,
            ),
        ]
    }

    fn certificates(&self) -> Vec<String> {
        vec![self.regional("acm", "certificate/*")]
    }

    fn certificate_manager(&self) -> Vec<Statement> {
        let actions = [
            "DescribeCertificate",
            "GetCertificate",
            "ImportCertificate",
            "ExportCertificate",
            "DeleteCertificate",
            "AddTagsToCertificate",
            "RemoveTagsFromCertificate",
            "ListTagsForCertificate",
        ];
        let mut statements = vec![
            Statement::allow("FindCertificates", "acm", &["ListCertificates"], anything()),
            Statement::allow("SyncCertificates", "acm", &actions, self.certificates()),
        ];
        if self.full {
            // A renewal with another key takes another ARN, and what used the old one is moved.
            let find = ["DescribeListeners", "DescribeListenerCertificates"];
            statements.push(Statement::allow(
                "FindCertificateUsers",
                "elasticloadbalancing",
                &find,
                anything(),
            ));
            statements.push(self.attach("MoveCertificateUsers"));
        }
        statements
    }

    /// Changes to what listeners serve: of the load balancers that were named, or of all.
    fn attach(&self, sid: &str) -> Statement {
        let actions = ["AddListenerCertificates", "RemoveListenerCertificates", "ModifyListener"];
        let listeners = match self.resources.load_balancers.as_slice() {
            [] => vec![self.regional("elasticloadbalancing", "listener/*")],
            balancers => balancers
                .iter()
                .map(|balancer| {
                    let name = balancer.resource.trim_start_matches("loadbalancer/");
                    Arn { resource: format!("listener/{name}/*"), ..balancer.clone() }.to_string()
                })
                .collect(),
        };
        Statement::allow(sid, "elasticloadbalancing", &actions, listeners)
    }

    fn load_balancer(&self) -> Vec<Statement> {
        let certificates =
            ["ImportCertificate", "DeleteCertificate", "DescribeCertificate", "ListTagsForCertificate"];
        let find = ["DescribeLoadBalancers", "DescribeListeners", "DescribeListenerCertificates"];
        let certificates = self.with(&certificates, &["AddTagsToCertificate"]);
        vec![
            Statement::allow("FindListenerCertificates", "acm", &["ListCertificates"], anything()),
            Statement::allow("ImportListenerCertificates", "acm", &certificates, self.certificates()),
            Statement::allow("FindListeners", "elasticloadbalancing", &find, anything()),
            self.attach("AttachCertificates"),
        ]
    }

    fn private_ca(&self) -> Vec<Statement> {
        let actions = [
            "DescribeCertificateAuthority",
            "GetCertificateAuthorityCertificate",
            "IssueCertificate",
            "GetCertificate",
            "RevokeCertificate",
        ];
        let authorities = match self.resources.certificate_authorities.as_slice() {
            [] => vec![self.regional("acm-pca", "certificate-authority/*")],
            authorities => authorities.iter().map(Arn::to_string).collect(),
        };
        vec![Statement::allow("IssuePrivateCertificates", "acm-pca", &actions, authorities)]
    }

    fn public_ca(&self) -> Vec<Statement> {
        let actions = ["DescribeCertificate", "ExportCertificate", "RenewCertificate", "RevokeCertificate"];
        let zone = |id: &str| format!("arn:{}:route53:::hostedzone/{id}", self.partition);
        let zones = match self.resources.hosted_zones.as_slice() {
            [] => vec![zone("*")],
            zones => zones.iter().map(|id| zone(id)).collect(),
        };
        vec![
            // The certificate's ARN does not exist until RequestCertificate has succeeded.
            Statement::allow(
                "RequestPublicCertificates",
                "acm",
                &["RequestCertificate", "ListCertificates"],
                anything(),
            ),
            Statement::allow("UsePublicCertificates", "acm", &actions, self.certificates()),
            Statement::allow("ReadZones", "route53", &["GetHostedZone"], zones.clone()),
            // Validation records are CNAMEs; nothing else of the zone can be touched.
            Statement::allow("ProveDomains", "route53", &["ChangeResourceRecordSets"], zones).when(
                "ForAllValues:StringEquals",
                "route53:ChangeResourceRecordSetsRecordTypes",
                vec!["CNAME".to_owned()],
            ),
        ]
    }

    fn recordings(&self) -> Vec<Statement> {
        let bucket = self.resources.bucket.as_deref().unwrap_or("*");
        let bucket = format!("arn:{}:s3:::{bucket}", self.partition);
        let prefix =
            self.resources.key_prefix.as_deref().map_or_else(String::new, |prefix| format!("/{prefix}"));
        let (objects, tests) = (format!("{bucket}{prefix}/*"), format!("{bucket}{prefix}/.test/*"));
        vec![
            Statement::allow("KeepRecordings", "s3", &["PutObject", "GetObject"], vec![objects]),
            Statement::allow("FindBucket", "s3", &["ListBucket"], vec![bucket]),
            Statement::allow("RemoveTestObject", "s3", &["DeleteObject"], vec![tests]),
        ]
    }
}

#[cfg(test)]
mod tests;

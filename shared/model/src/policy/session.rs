//! Session policies: each call of ours gets a session that can do that call and nothing else, whatever the
//! customer's role allows besides.

use super::{Capability, Document, Level, Resources, Statement, anything, permission};
use crate::arn::AccountId;
use crate::id::SecretSyncId;
use crate::partition::Partition;
use crate::region::Region;
use crate::secret_sync::{Affixes, Destination, DestinationConfig, Mapping};

/// The most characters that AssumeRole takes in `Policy`
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub const MAX_SESSION_POLICY_CHARACTERS: usize = 2_048;

/// An inline session policy of at most [`MAX_SESSION_POLICY_CHARACTERS`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionPolicy(String);

/// The policy does not fit into an AssumeRole request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session policy has at most {MAX_SESSION_POLICY_CHARACTERS} characters, this one has {0}")]
pub struct TooLong(usize);

impl SessionPolicy {
    /// The policy as AssumeRole's `Policy`.
    ///
    /// # Errors
    /// [`TooLong`]: the caller must name fewer or broader resources.
    pub fn new(document: &Document) -> Result<Self, TooLong> {
        let json = document.to_json();
        if json.len() > MAX_SESSION_POLICY_CHARACTERS { Err(TooLong(json.len())) } else { Ok(Self(json)) }
    }

    /// A document that is known to fit: everything in it that others choose is short.
    pub(crate) fn short(document: &Document) -> Self {
        Self(document.to_json())
    }

    fn of(actions: &[(&str, &[&str])]) -> Self {
        let statements = actions
            .iter()
            .map(|(service, actions)| Statement::allow(service.to_uppercase(), service, actions, anything()))
            .collect();
        Self(Document::new(statements).to_json())
    }

    /// For validation and the trust probe: GetCallerIdentity, which needs no permission at all.
    #[must_use]
    pub fn validation() -> Self {
        Self::of(&[("sts", &["GetCallerIdentity"])])
    }

    /// For listing the keys that a sync may encrypt with.
    #[must_use]
    pub fn kms_keys() -> Self {
        Self::of(&[("kms", &["ListAliases", "DescribeKey"])])
    }

    /// For listing the IAM users whose keys may be rotated.
    #[must_use]
    pub fn users() -> Self {
        Self::of(&[("iam", &["ListUsers"])])
    }

    /// For the rotation of one user's keys: listing users, which AWS does not narrow, and the keys of this one. AWS's ARNs of
    /// users have their path, which is not part of the name.
    #[must_use]
    pub fn key_rotation(account: &AccountId, partition: Partition, user_name: &str) -> Self {
        let resources = Resources {
            account: Some(account.clone()),
            user_names: vec![user_name.to_owned(), format!("*/{user_name}")],
            ..Resources::default()
        };
        Self(permission::policy(&[Capability::KeyRotation], Level::Full, &resources, partition).to_json())
    }

    /// For a run of a secret sync in its region: what [`reaches`] says for these affixes, or everything when there are
    /// none; and KMS keys only through the service that keeps the values. Without a `writer`, looking alone; with one, what
    /// another sync's tag is on cannot be changed, whatever its name, and only what this sync's tag is on can be deleted.
    ///
    /// A name or path so long that it does not fit is not narrowed further than to the region.
    #[must_use]
    pub fn secret_sync(
        config: &DestinationConfig,
        affixes: Option<&Affixes>,
        account: &AccountId,
        writer: Option<SecretSyncId>,
    ) -> Self {
        let region = config.region();
        let anything = Resources {
            region: Some(region.clone()),
            account: Some(account.clone()),
            ..Resources::default()
        };
        let mut own = anything.clone();
        match (config, affixes) {
            (_, None) => {}
            (DestinationConfig::AwsSecretsManager { mapping: Mapping::OneToOne, .. }, Some(affixes)) => {
                let prefix = Some(affixes.prefix.clone()).filter(|prefix| !prefix.is_empty());
                own.secret_name_prefixes.extend(prefix);
            }
            (
                DestinationConfig::AwsSecretsManager { mapping: Mapping::ManyToOne { secret_name }, .. },
                Some(affixes),
            ) => own.secret_names.push(affixes.render(secret_name)),
            (DestinationConfig::AwsParameterStore { path, .. }, Some(_)) => {
                own.parameter_paths.push(path.trim_end_matches('/').to_owned());
            }
        }
        let narrow = Self::new(&sync_document(config.destination(), &own, region, writer));
        narrow.unwrap_or_else(|TooLong(_)| {
            Self(sync_document(config.destination(), &anything, region, writer).to_json())
        })
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether [`SessionPolicy::secret_sync`] of these affixes reaches a name. A sync without a prefix reaches all of its region.
#[must_use]
pub fn reaches(config: &DestinationConfig, affixes: &Affixes, name: &str) -> bool {
    match config {
        DestinationConfig::AwsSecretsManager { mapping: Mapping::OneToOne, .. } => {
            name.starts_with(&affixes.prefix)
        }
        DestinationConfig::AwsSecretsManager { mapping: Mapping::ManyToOne { secret_name }, .. } => {
            name == affixes.render(secret_name)
        }
        DestinationConfig::AwsParameterStore { path, .. } => name.starts_with(path.as_str()),
    }
}

fn sync_document(
    to: Destination,
    resources: &Resources,
    region: &Region,
    writer: Option<SecretSyncId>,
) -> Document {
    let (capability, service, changes, deletions) = match to {
        Destination::AwsSecretsManager => {
            (Capability::SecretsManager, "secretsmanager", SECRET_CHANGES, SECRET_DELETIONS)
        }
        Destination::AwsParameterStore => {
            (Capability::ParameterStore, "ssm", PARAMETER_CHANGES, PARAMETER_DELETIONS)
        }
    };
    let mut document = permission::policy(&[capability], Level::Full, resources, region.partition());
    let via = format!("{service}.{region}.{}", region.partition().dns_suffix());
    let use_keys = ["Encrypt", "Decrypt", "GenerateDataKey"];
    let use_keys = Statement::allow("UseKeys", "kms", &use_keys, anything());
    document.statement.push(use_keys.when("StringEquals", "kms:ViaService", vec![via]));
    let read_keys = ["DescribeKey", "ListAliases"];
    document.statement.push(Statement::allow("ReadKeys", "kms", &read_keys, anything()));
    match writer {
        Some(sync) => {
            let anothers = Statement::deny("KeepOthers", service, changes)
                .when("Null", OWNER, vec!["false".to_owned()])
                .when("StringNotEquals", OWNER, vec![sync.to_string()]);
            document.statement.push(anothers);
            // A key that is absent differs too: what carries no sync's tag is not deleted either.
            let not_ours = Statement::deny("KeepUnowned", service, deletions).when(
                "StringNotEquals",
                OWNER,
                vec![sync.to_string()],
            );
            document.statement.push(not_ours);
        }
        None => {
            document.statement.iter_mut().for_each(Statement::keep_reading);
            document.statement.retain(|statement| !statement.action.is_empty());
        }
    }
    document
}

/// The tag by which a sync owns a thing ([`SECRET_SYNC`](crate::secret_sync::ownership::SECRET_SYNC)), as a condition key.
const OWNER: &str = "aws:ResourceTag/drawbridge:secret-sync";
const SECRET_CHANGES: &[&str] =
    &["UpdateSecret", "DeleteSecret", "RestoreSecret", "TagResource", "UntagResource"];
const PARAMETER_CHANGES: &[&str] =
    &["PutParameter", "DeleteParameters", "AddTagsToResource", "RemoveTagsFromResource"];
const SECRET_DELETIONS: &[&str] = &["DeleteSecret"];
const PARAMETER_DELETIONS: &[&str] = &["DeleteParameters"];

impl Statement {
    /// The same without the actions that change something.
    fn keep_reading(&mut self) {
        const READING: [&str; 5] = ["BatchGet", "Decrypt", "Describe", "Get", "List"];
        self.action.retain(|action| {
            let name = action.split_once(':').map_or("", |(_, name)| name);
            READING.iter().any(|reading| name.starts_with(reading))
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SYNC: &str = "11111111-1111-4111-8111-111111111111";

    fn of_sync(config: &serde_json::Value, affixes: &Affixes, may_write: bool) -> serde_json::Value {
        let config = serde_json::from_value(config.clone()).expect("a destination");
        let account = "123456789012".parse().expect("an account");
        let writer = may_write.then(|| SYNC.parse().expect("an id"));
        let policy = SessionPolicy::secret_sync(&config, Some(affixes), &account, writer);
        assert!(policy.as_str().len() <= MAX_SESSION_POLICY_CHARACTERS, "{}", policy.as_str());
        serde_json::from_str(policy.as_str()).expect("JSON")
    }

    #[test]
    fn a_sync_may_touch_its_own_names_alone() {
        let one_to_one = json!({ "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "one-to-one" });
        let affixes = Affixes { prefix: "app/dev/".into(), suffix: "-x".into() };
        let policy = of_sync(&one_to_one, &affixes, true);
        assert_eq!(
            policy["Statement"][1]["Resource"],
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/dev/*"
        );
        assert_eq!(
            policy["Statement"][1]["Action"],
            json!([
                "secretsmanager:GetSecretValue",
                "secretsmanager:CreateSecret",
                "secretsmanager:UpdateSecret",
                "secretsmanager:DeleteSecret",
                "secretsmanager:DescribeSecret",
                "secretsmanager:TagResource",
                "secretsmanager:UntagResource",
                "secretsmanager:RestoreSecret"
            ])
        );
        assert_eq!(
            policy["Statement"][2]["Condition"],
            json!({ "StringEquals": { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } })
        );
        let everything = of_sync(&one_to_one, &Affixes::default(), true);
        assert_eq!(
            everything["Statement"][1]["Resource"],
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:*"
        );

        let one = json!({
            "destination": "aws-secrets-manager", "region": "cn-north-1", "mapping_behavior": "many-to-one", "secret_name": "all"
        });
        assert_eq!(
            of_sync(&one, &affixes, true)["Statement"][1]["Resource"],
            json!([
                "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:app/dev/all-x",
                "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:app/dev/all-x-??????"
            ])
        );

        for (path, resources) in [
            ("/app/dev/", json!(["parameter/app/dev", "parameter/app/dev/*"])),
            ("/", json!(["parameter/", "parameter/*"])),
        ] {
            let config = json!({ "destination": "aws-parameter-store", "region": "us-east-1", "path": path });
            let resources: Vec<_> =
                resources.as_array().into_iter().flatten().filter_map(|resource| resource.as_str()).collect();
            let arns: Vec<_> =
                resources.iter().map(|name| format!("arn:aws:ssm:us-east-1:123456789012:{name}")).collect();
            assert_eq!(
                of_sync(&config, &Affixes::default(), true)["Statement"][1]["Resource"],
                json!(arns),
                "{path}"
            );
        }
    }

    #[test]
    fn what_another_syncs_tag_is_on_cannot_be_changed() {
        for (config, change) in [
            (
                json!({ "destination": "aws-parameter-store", "region": "us-east-1", "path": "/a/" }),
                "ssm:PutParameter",
            ),
            (
                json!({ "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "one-to-one" }),
                "secretsmanager:DeleteSecret",
            ),
        ] {
            let policy = of_sync(&config, &Affixes::default(), true);
            let deny = statement(&policy, "KeepOthers");
            assert_eq!((&deny["Effect"], &deny["Resource"]), (&json!("Deny"), &json!("*")));
            assert!(deny["Action"].to_string().contains(change), "{deny}");
            let tag = format!("aws:ResourceTag/{}", crate::secret_sync::ownership::SECRET_SYNC);
            let condition = json!({ "Null": { (tag.clone()): "false" }, "StringNotEquals": { (tag): SYNC } });
            assert_eq!(deny["Condition"], condition, "untagged things are the plan's to judge");
        }
    }

    #[test]
    fn what_this_syncs_tag_is_not_on_cannot_be_deleted() {
        for (config, delete) in [
            (
                json!({ "destination": "aws-parameter-store", "region": "us-east-1", "path": "/a/" }),
                "ssm:DeleteParameters",
            ),
            (
                json!({ "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "one-to-one" }),
                "secretsmanager:DeleteSecret",
            ),
        ] {
            let policy = of_sync(&config, &Affixes::default(), true);
            let deny = statement(&policy, "KeepUnowned");
            assert_eq!((&deny["Effect"], &deny["Resource"]), (&json!("Deny"), &json!("*")));
            assert_eq!(deny["Action"], delete);
            let tag = format!("aws:ResourceTag/{}", crate::secret_sync::ownership::SECRET_SYNC);
            assert_eq!(deny["Condition"], json!({ "StringNotEquals": { (tag): SYNC } }));
        }
    }

    fn statement<'a>(policy: &'a serde_json::Value, sid: &str) -> &'a serde_json::Value {
        let mut all = policy["Statement"].as_array().expect("statements").iter();
        all.find(|statement| statement["Sid"] == sid).expect("one of this name")
    }

    #[test]
    fn a_session_for_looking_cannot_change_anything() {
        for config in [
            json!({ "destination": "aws-parameter-store", "region": "us-east-1", "path": "/a/" }),
            json!({ "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "one-to-one" }),
        ] {
            let text = of_sync(&config, &Affixes::default(), false).to_string();
            for verb in [
                "Put", "Create", "Update", "Delete", "Tag", "Untag", "Add", "Remove", "Restore", "Encrypt",
                "Generate",
            ] {
                assert!(
                    !text.contains(&format!(":{verb}"))
                        || (verb == "Tag" && !text.contains(":TagResource\"")),
                    "{verb} {text}"
                );
            }
            assert!(text.contains(":Get") && text.contains("kms:Decrypt"), "{text}");
        }
    }

    #[test]
    fn a_path_that_does_not_fit_is_not_narrowed() {
        let path = format!("/{}/", "a".repeat(900));
        let config = json!({ "destination": "aws-parameter-store", "region": "us-east-1", "path": path });
        let policy = of_sync(&config, &Affixes::default(), true);
        assert_eq!(policy["Statement"][1]["Resource"], "arn:aws:ssm:us-east-1:123456789012:parameter/*");
        let name = "a".repeat(256);
        let config = json!({
            "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": name
        });
        let affixes = Affixes { prefix: "b".repeat(400), suffix: String::new() };
        let policy = of_sync(&config, &affixes, true);
        assert_eq!(
            policy["Statement"][1]["Resource"],
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:*"
        );
    }

    #[test]
    fn the_policies_of_our_own_calls_fit_and_allow_only_them() {
        for (policy, actions) in [
            (
                SessionPolicy::validation(),
                r#"[{"Sid":"STS","Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}]"#,
            ),
            (
                SessionPolicy::kms_keys(),
                r#"[{"Sid":"KMS","Effect":"Allow","Action":["kms:ListAliases","kms:DescribeKey"],"Resource":"*"}]"#,
            ),
            (
                SessionPolicy::users(),
                r#"[{"Sid":"IAM","Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]"#,
            ),
        ] {
            assert_eq!(policy.as_str(), format!(r#"{{"Version":"2012-10-17","Statement":{actions}}}"#));
            assert!(policy.as_str().len() <= MAX_SESSION_POLICY_CHARACTERS);
        }
    }

    #[test]
    fn a_policy_that_does_not_fit_is_refused_before_it_is_sent() {
        let names =
            |count: usize| (0..count).map(|n| format!("arn:aws:iam::123456789012:user/{n:04}")).collect();
        let document =
            |count| Document::new(vec![Statement::allow("A", "iam", &["ListAccessKeys"], names(count))]);
        assert!(SessionPolicy::new(&document(40)).is_ok());
        assert!(matches!(SessionPolicy::new(&document(60)), Err(TooLong(length)) if length > 2_048));
    }
}

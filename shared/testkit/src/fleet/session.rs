//! What is asked, by whose session, and whether that session may.
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use serde_json::{Value, json};

use crate::account::NUMBER;
use crate::aws::Request;
use crate::door::Refusal;

/// Every action that there is here.
pub(super) const ACTIONS: [&str; 13] = [
    "acm:ListCertificates",
    "acm:DescribeCertificate",
    "acm:GetCertificate",
    "acm:ImportCertificate",
    "acm:DeleteCertificate",
    "acm:AddTagsToCertificate",
    "acm:ListTagsForCertificate",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:AddListenerCertificates",
    "elasticloadbalancing:RemoveListenerCertificates",
    "elasticloadbalancing:ModifyListener",
];

pub(super) fn is_change(action: &str) -> bool {
    let verb = action.split(':').nth(1).unwrap_or_default();
    ACTIONS.contains(&action) && !["List", "Describe", "Get"].iter().any(|look| verb.starts_with(look))
}

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Acm,
    Balancing,
    Sts,
}

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) service: Service,
    pub(super) action: String,
    /// What it names; `*` when it names nothing.
    pub(super) resource: String,
    /// What policies must allow it on.
    on: String,
    pub(super) region: String,
    /// The request of ACM; null of others.
    pub(super) body: Value,
}

impl Call {
    /// Nothing, of our own side's services.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let mut scope = request.authorization.split("Credential=").nth(1).unwrap_or_default().split('/');
        let region = scope.nth(2).unwrap_or("us-east-1").to_owned();
        if let Some(operation) = request.target.strip_prefix("CertificateManager.") {
            let body: Value = serde_json::from_str(&request.body).expect("a JSON request");
            let arn = body["CertificateArn"].as_str().map(str::to_owned);
            let any = format!("arn:aws:acm:{region}:{NUMBER}:certificate/*");
            let on =
                if operation == "ListCertificates" { "*".to_owned() } else { arn.clone().unwrap_or(any) };
            return Some(Self {
                service: Service::Acm,
                action: format!("acm:{operation}"),
                resource: arn.unwrap_or_else(|| "*".to_owned()),
                on,
                region,
                body,
            });
        }
        if !request.target.is_empty() {
            return None;
        }
        let operation = request.parameter("Action").expect("a request of the query protocol");
        let is_sts = ["AssumeRole", "GetCallerIdentity"].contains(&operation.as_str());
        let (service, prefix) =
            if is_sts { (Service::Sts, "sts") } else { (Service::Balancing, "elasticloadbalancing") };
        let named = ["ListenerArn", "LoadBalancerArn", "LoadBalancerArns.member.1", "RoleArn"];
        let resource = named.iter().find_map(|name| request.parameter(name)).unwrap_or_else(|| "*".into());
        // AWS does not narrow what only looks.
        let on = if operation.starts_with("Describe") { "*".to_owned() } else { resource.clone() };
        let action = format!("{prefix}:{operation}");
        Some(Self { service, action, resource, on, region, body: Value::Null })
    }

    /// What is kept of the request: never a key.
    pub(super) fn told(&self, request: &Request) -> Value {
        match self.service {
            Service::Acm => {
                let mut body = self.body.clone();
                if let Some(fields) = body.as_object_mut() {
                    fields.remove("PrivateKey");
                }
                body
            }
            Service::Balancing => {
                json!({ "CertificateArn": request.parameter("Certificates.member.1.CertificateArn") })
            }
            Service::Sts => Value::Null,
        }
    }
}

/// AssumeRole's answer: the key of a session tells how many there were.
pub(super) fn answer(number: usize) -> String {
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{number}</AccessKeyId>\
         <SecretAccessKey>key</SecretAccessKey><SessionToken>token</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
}

/// Whether the session's own policy lets the call through.
pub(super) fn within(policies: &[String], request: &Request, call: &Call) -> Result<(), Refusal> {
    let key = request.authorization.split("Credential=").nth(1).unwrap_or_default();
    let number = key.split('/').next().and_then(|key| key.strip_prefix("ASIA")?.parse::<usize>().ok());
    let Some(policy) = number.and_then(|number| policies.get(number - 1)).filter(|text| !text.is_empty())
    else {
        return Ok(());
    };
    let policy: Value = serde_json::from_str(policy).expect("a session policy");
    let mut wanted = vec![call.action.as_str()];
    if call.action == "acm:ImportCertificate" && call.body["Tags"].is_array() {
        wanted.push("acm:AddTagsToCertificate");
    }
    for action in wanted {
        if !allows(&policy, action, &call.on) {
            let message = format!(
                "User: arn:aws:sts::{NUMBER}:assumed-role/customer/drawbridge is not authorized to perform: {action} on \
                 resource: {} because no session policy allows the {action} action",
                call.on
            );
            return Err(match call.service {
                Service::Acm => Refusal::new("AccessDeniedException", message),
                Service::Balancing | Service::Sts => Refusal(403, "AccessDenied".into(), message),
            });
        }
    }
    Ok(())
}

fn allows(policy: &Value, action: &str, resource: &str) -> bool {
    let texts = |value: &Value| -> Vec<String> {
        let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    policy["Statement"].as_array().into_iter().flatten().any(|statement| {
        assert_eq!(statement["Effect"], "Allow", "nobody expects {statement}");
        assert!(statement.get("Condition").is_none(), "nobody expects {statement}");
        texts(&statement["Action"]).iter().any(|one| one == action)
            && texts(&statement["Resource"]).iter().any(|pattern| fits(pattern, resource))
    })
}

/// A pattern may end in `*`.
fn fits(pattern: &str, resource: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == resource, |start| resource.starts_with(start))
}

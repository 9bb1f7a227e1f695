#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod console;
mod external_id;
mod refusals;
mod sessions;
mod trust;

use aws_config::SdkConfig;
use model::connection::{Connection, Dependents, Way};
use model::id::{ConnectionId, OrganizationId};
use model::permission::Scope;
use testkit::aws::{Answer, Calls, Request, scripted};

use crate::{Access, ConnectionRole, Purpose, SHORTEST_SESSION};

fn connection(scope: Scope, legacy: bool, role: &str, sts_endpoint: Option<&str>) -> Connection {
    Connection {
        id: ConnectionId::random(),
        organization_id: OrganizationId::random(),
        scope,
        name: "prod".into(),
        description: None,
        legacy,
        way: Way::AssumeRole {
            role_arn: role.parse().unwrap(),
            sts_endpoint: sts_endpoint.map(|e| e.parse().unwrap()),
        },
        credentials_version: 1,
        account_id: "123456789012".parse().unwrap(),
        created_by: "identity:x".into(),
        dependents: Dependents::default(),
    }
}

const ROLE: &str = "arn:aws:iam::123456789012:role/customer";

fn role() -> ConnectionRole {
    ConnectionRole::of(&connection(Scope::Organization, false, ROLE, None)).unwrap()
}

fn policy() -> model::policy::SessionPolicy {
    model::policy::SessionPolicy::users()
}

fn purpose(policy: &model::policy::SessionPolicy) -> Purpose<'_> {
    Purpose { region: None, policy, duration: SHORTEST_SESSION }
}

fn access(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> (Access, Calls) {
    let (config, calls) = scripted(script);
    (of(&config), calls)
}

fn of(config: &SdkConfig) -> Access {
    Access::new(config, "eu-west-1".parse().unwrap())
}

/// The documented answer of AssumeRole, with an access key id that tells the role.
fn assumed(request: &Request, expires: &str) -> Answer {
    let role = request.parameter("RoleArn").unwrap_or_default();
    let name = role.rsplit('/').next().unwrap_or_default().to_uppercase();
    let body = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>\
         <AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/customer/x</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIA{name}</AccessKeyId><SecretAccessKey>canary-secret</SecretAccessKey>\
         <SessionToken>canary-token</SessionToken><Expiration>{expires}</Expiration></Credentials></AssumeRoleResult>\
         </AssumeRoleResponse>"
    );
    Answer { status: 200, body }
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    );
    Answer { status, body }
}

fn denied() -> Answer {
    refused(
        403,
        "AccessDenied",
        "User: arn:aws:sts::111111111111:assumed-role/drawbridge/f is not authorized to perform: \
         sts:AssumeRole on resource: arn:aws:iam::123456789012:role/customer",
    )
}

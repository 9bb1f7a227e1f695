//! What most tests find in the table: a test says what it needs otherwise with `..`.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use model::arn::AccountId;
use model::connection::{Connection, Dependents, Way};
use model::environment::Environments;
use model::id::{ConnectionId, MembershipId, OrganizationId, PamSessionId, ProjectId};
use model::membership::{ActorKind, Membership, MembershipRole};
use model::pam::SessionActor;
use model::permission::{Role, Scope};
use model::project::{Project, ProjectType};
use model::recording::{Place, Recording};

/// A project called this, whose slug is `…-slug`, with the usual environments and nothing else.
#[must_use]
pub fn project(organization: OrganizationId, name: &str) -> Project {
    Project {
        id: ProjectId::random(),
        organization_id: organization,
        name: name.to_owned(),
        slug: format!("{name}-slug"),
        description: None,
        project_type: ProjectType::SecretManager,
        auto_capitalization: false,
        has_delete_protection: false,
        audit_logs_retention_days: None,
        environments: Environments::usual(crate::now()),
        connections: 0,
        pam_resources: 0,
        secret_syncs: 0,
        key_rotations: 0,
        certificate_objects: 0,
        recording_configs: 0,
    }
}

/// A machine's membership, for good.
#[must_use]
pub fn membership(
    organization: OrganizationId,
    project: ProjectId,
    actor: &impl ToString,
    role: Role,
) -> Membership {
    Membership {
        id: MembershipId::random(),
        organization_id: organization,
        project_id: project,
        actor_kind: ActorKind::Identity,
        actor_id: actor.to_string(),
        actor_name: "machine".into(),
        roles: vec![MembershipRole::permanent(role)],
    }
}

/// A connection by the role `drawbridge` of this account, which nothing uses.
///
/// # Panics
///
/// Unless `account` is an account's number.
#[must_use]
pub fn connection(organization: OrganizationId, scope: Scope, account: &str) -> Connection {
    let id = ConnectionId::random();
    let account_id: AccountId = account.parse().expect("an account's number");
    let role_arn = format!("arn:aws:iam::{account}:role/drawbridge").parse().expect("the ARN of a role");
    Connection {
        id,
        organization_id: organization,
        scope,
        name: format!("aws-{id}"),
        description: None,
        legacy: false,
        way: Way::AssumeRole { role_arn, sts_endpoint: None },
        credentials_version: 1,
        account_id,
        created_by: "user:root@example.com".into(),
        dependents: Dependents::default(),
    }
}

/// A recording into the bucket `recordings` that nobody has the key of.
#[must_use]
pub fn recording(organization: OrganizationId, project: ProjectId) -> Recording {
    Recording {
        session_id: PamSessionId::random(),
        organization_id: organization,
        project_id: project,
        account_type: "ssh".into(),
        account_name: "primary".into(),
        resource_name: None,
        actor: SessionActor {
            kind: ActorKind::User,
            id: "ada@example.com".into(),
            name: "Ada".into(),
            email: None,
            source_ip: String::new(),
            user_agent: String::new(),
        },
        reason: None,
        connection_id: ConnectionId::random(),
        place: Place {
            bucket: "recordings".parse().expect("a bucket's name"),
            region: "us-east-1".parse().expect("a region"),
            key_prefix: None,
        },
        requested_at: crate::now(),
        lasts_until: None,
        given: None,
        began_at: None,
        ended: None,
    }
}

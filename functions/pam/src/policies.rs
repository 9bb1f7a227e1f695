//! The policies that a customer's two roles need, printed exactly.

use axum::Json;
use axum::extract::State;
use model::arn::RoleArn;
use model::connection::ExternalId;
use model::form::{Form, Read, rule};
use model::id::ProjectId;
use model::pam::{chaining_permission, required_permission, target_trust_policy};
use model::permission::{Action, Scope, Subject};
use model::policy::{Document, Level};
use serde::Serialize;
use web::{Caller, Problem, Query};

use crate::Ctx;

/// The resource role's trust and permissions, and the target roles' trust. `level=full` adds what ending live sessions
/// takes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    level: &'static str,
    external_id: String,
    trusted_account_id: String,
    resource_role_trust_policy: Document,
    resource_role_permission_policy: Document,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_role_trust_policy: Option<Document>,
}

/// What the query asks for.
pub(crate) struct Asked {
    project: ProjectId,
    targets: Vec<RoleArn>,
    resource_role: Option<RoleArn>,
    level: Level,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project = form.required("projectId", rule::id());
        let targets = form.required(
            "targetRoleArn",
            rule::text(|text| {
                let arns = text.split(',').map(str::trim).filter(|arn| !arn.is_empty());
                let arns: Result<Vec<RoleArn>, _> = arns.map(str::parse).collect();
                arns.map_err(|error| vec![model::form::Fault::custom(error.to_string())])
            }),
        );
        let resource_role = form.optional("resourceRoleArn", rule::parsed());
        let level = form.or("level", rule::one_of(Level::NAMES), Level::Minimal);
        Some(Self { project: project?, targets: targets?, resource_role: resource_role?, level: level? })
    }
}

/// `GET /api/v1/pam/resources/aws-iam/policies?projectId=…&targetRoleArn=…&resourceRoleArn=…&level=minimal|full`.
pub(crate) async fn policies(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Asked>,
) -> Result<Json<Answer>, Problem> {
    let Asked { project, targets, resource_role, level } = query.read()?;
    let permissions = caller.permissions(&ctx.store).await?;
    permissions.may(Action::Read, Subject::PamResources, Scope::Project(project))?;
    let external_id = ExternalId::of_project(project);
    let targets: Vec<&RoleArn> = targets.iter().collect();
    let mut statements = chaining_permission(&targets).statements().to_vec();
    if level == Level::Full {
        statements.extend(required_permission(&targets).statements().iter().cloned());
    }
    Ok(Json(Answer {
        level: level.name(),
        external_id: external_id.to_string(),
        trusted_account_id: ctx.trusted.account.to_string(),
        resource_role_trust_policy: ctx.trusted.policy(&external_id),
        resource_role_permission_policy: Document::new(statements),
        target_role_trust_policy: resource_role.map(|role| target_trust_policy(&role, &external_id)),
    }))
}

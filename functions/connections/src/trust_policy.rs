//! The trust policy that a connection's role needs.

use axum::Json;
use axum::extract::State;
use model::connection::Way;
use model::id::ConnectionId;
use model::permission::Action;
use model::policy::Document;
use model::policy::cloudformation::{Role, template};
use serde::Serialize;
use serde_json::Value;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::error::not_by_role;
use crate::get::permitted;

/// The trust policy as JSON, what it is made of, and a CloudFormation template that creates the role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    role_arn: String,
    external_id: String,
    trusted_account_id: String,
    trust_policy: Document,
    cloud_formation: Value,
}

/// `GET /api/v1/app-connections/aws/{connectionId}/trust-policy`.
pub(crate) async fn trust_policy(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Answer>, Problem> {
    let connection = permitted(&ctx, &caller, id, Action::Read).await?;
    let Way::AssumeRole { role_arn, .. } = &connection.way else { return Err(not_by_role(&connection)) };
    let external_id = connection.external_id();
    let trust = ctx.trusted.policy(&external_id);
    let role = Role { name: role_arn.name(), path: role_arn.path(), trust: &trust, permissions: None };
    Ok(Json(Answer {
        role_arn: role_arn.to_string(),
        external_id: external_id.to_string(),
        trusted_account_id: ctx.trusted.account.to_string(),
        cloud_formation: template(&role),
        trust_policy: trust,
    }))
}

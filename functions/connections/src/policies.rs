//! The policies that a role or user needs for what its connection is to be used for.

use axum::Json;
use axum::extract::State;
use model::connection::ExternalId;
use model::form::{Fault, Form, Read, Rule, rule};
use model::id::ProjectId;
use model::permission::{Action, Scope, Subject};
use model::policy::cloudformation::{Role, template};
use model::policy::{Capability, Document, Level, Resources, permission};
use model::recording::cors_rules;
use serde::Serialize;
use serde_json::Value;
use web::{Caller, Problem, Query};

use crate::Ctx;
use crate::origin::Origin;

/// One capability's policy.
#[derive(Debug, Serialize)]
struct Printed {
    capability: &'static str,
    policy: Document,
}

/// Every policy by itself, all in one document, and a CloudFormation template of a role that has them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    level: &'static str,
    policies: Vec<Printed>,
    permission_policy: Document,
    external_id: String,
    trusted_account_id: String,
    trust_policy: Document,
    cloud_formation: Value,
    /// What a bucket of recordings needs besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    cors_rules: Option<Value>,
}

/// What the query asks for.
pub(crate) struct Asked {
    capabilities: Vec<Capability>,
    level: Level,
    project: Option<ProjectId>,
    resources: Resources,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let capabilities = form.required("capability", capabilities());
        let level = form.or("level", rule::one_of(Level::NAMES), Level::default());
        let project = form.optional("projectId", rule::id());
        let resources = Resources::read(form);
        Some(Self { capabilities: capabilities?, level: level?, project: project?, resources: resources? })
    }
}

/// One or several names of capabilities, joined by commas.
fn capabilities() -> impl Rule<Output = Vec<Capability>> {
    rule::text(|text| {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let named = |word| {
            Capability::NAMES.iter().find(|(name, _)| *name == word).map(|(_, capability)| *capability)
        };
        let known: Option<Vec<Capability>> = words.map(named).collect();
        known
            .filter(|known| !known.is_empty())
            .ok_or_else(|| vec![Fault::not_an_option(&Capability::ALL.map(Capability::name))])
    })
}

/// `GET /api/v1/app-connections/aws/policies?capability=`: no connection is needed, since the role comes before it.
/// `projectId` tells whose connection it will be. AWS and the table are not asked, but for the caller's memberships.
pub(crate) async fn policies(
    State(ctx): State<Ctx>,
    caller: Caller,
    Origin(origin): Origin,
    query: Query<Asked>,
) -> Result<Json<Answer>, Problem> {
    let Asked { capabilities, level, project, resources } = query.read()?;
    let scope = Scope::of(project);
    caller.permissions(&ctx.store).await?.may(Action::Read, Subject::Connections, scope)?;

    let policy = |capabilities: &[Capability]| {
        permission::policy(capabilities, level, &resources, ctx.trusted.partition)
    };
    let external_id = ExternalId::of(scope, ctx.organization, false);
    let (trust, all) = (ctx.trusted.policy(&external_id), policy(&capabilities));
    let role = Role { name: "drawbridge", path: "/", trust: &trust, permissions: Some(&all) };
    Ok(Json(Answer {
        level: level.name(),
        cors_rules: origin
            .filter(|_| capabilities.contains(&Capability::Recordings))
            .map(|origin| cors_rules(&origin)),
        policies: capabilities
            .iter()
            .map(|one| Printed { capability: one.name(), policy: policy(&[*one]) })
            .collect(),
        external_id: external_id.to_string(),
        trusted_account_id: ctx.trusted.account.to_string(),
        cloud_formation: template(&role),
        permission_policy: all,
        trust_policy: trust,
    }))
}

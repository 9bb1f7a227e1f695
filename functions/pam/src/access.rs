//! Access: the route that people come for.

use axum::Json;
use axum::extract::State;
use model::form::Issues;
use model::membership::ActorKind;
use model::pam::{AccessMethod, AccessRequest, Destination, SessionName};
use model::recording::RecordingConfig;
use serde::Serialize;
use web::{Caller, Exposed, JsonBody, Problem};

use crate::Ctx;
use crate::find::{Found, wanted};
use crate::issuer::OwnAddress;
use crate::opening::{Opened, Plan, open};

/// The answer: a link, and for the command line the credentials too. All of `metadata` is text: the peer's command line
/// reads it into a map of texts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    session_id: String,
    account_type: &'static str,
    resource_type: &'static str,
    console_url: Exposed,
    metadata: Metadata,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    console_url: Exposed,
    aws_account_id: String,
    target_role_arn: String,
    federated_username: String,
    expires_at: String,
    #[serde(flatten)]
    credentials: Option<Credentials>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: Exposed,
    session_token: Exposed,
}

/// `POST /api/v1/pam/accounts/access`, with the body of the peer's first API generation or of its third.
///
/// AWS: at most three calls one after the other (resource role, target role, sign-in page), two when the first hop is
/// in memory.
pub(crate) async fn access(
    State(ctx): State<Ctx>,
    caller: Caller,
    OwnAddress(issuer): OwnAddress,
    body: JsonBody<AccessRequest>,
) -> Result<Json<Answer>, Problem> {
    let request = body.read()?;
    let found = wanted(&ctx, &caller, &request).await?;
    let recording = recording(&ctx, &found, &request).await?;
    let plan = plan(&caller, found, request, issuer, recording)?;
    let opened = open(&ctx, &caller, plan).await?;
    metrics::done(metrics::Capability::ConsoleAccess);
    Ok(Json(answer(opened)))
}

/// Where the session will be recorded, when it will be. One GetItem then.
async fn recording(
    ctx: &Ctx,
    found: &Found,
    request: &AccessRequest,
) -> Result<Option<RecordingConfig>, Problem> {
    if !request.record {
        return Ok(None);
    }
    let project = found.account.project_id;
    let config = ctx.store.recording_config(project).await?;
    config.map(|config| Some(config.value)).ok_or_else(|| {
        Problem::bad_request(format!(
            "The session cannot be recorded: project {project} has no recording configuration"
        ))
    })
}

/// What is asked for, once all of it is known to be allowed.
fn plan(
    caller: &Caller,
    found: Found,
    request: AccessRequest,
    issuer: Option<String>,
    recording: Option<RecordingConfig>,
) -> Result<Plan, Problem> {
    if found.account.requires_reason && request.reason.is_none() {
        let message = format!("The PAM account {} wants a reason for every access", found.path());
        return Err(Problem::bad_request(message).named("PAM_REASON_REQUIRED"));
    }
    let partition = found.account.target_role_arn.partition();
    let destination = match &request.destination {
        Some(text) => Destination::read(text, partition)
            .map_err(|fault| Problem::validation(Issues::custom("destination", fault.to_string())))?,
        None => Destination::home(partition, found.resource.region.as_ref()).ok_or_else(|| {
            Problem::bad_request(format!("AWS publishes no console sign-in for the partition {partition}"))
        })?,
    };
    Ok(Plan {
        session_name: session_name(caller)?,
        duration: request.duration.unwrap_or(found.account.default_duration),
        method: request.method.unwrap_or_else(|| method_of(&caller.origin.user_agent)),
        reason: request.reason,
        issuer: issuer.unwrap_or_else(|| destination.as_str().to_owned()),
        destination,
        found,
        recording,
    })
}

/// Under which name AWS shall know the caller.
fn session_name(caller: &Caller) -> Result<SessionName, Problem> {
    match caller.kind {
        ActorKind::User => caller.email.as_deref().and_then(SessionName::of_person).ok_or_else(|| {
            Problem::bad_request(
                "Your sign-in carries no e-mail, and CloudTrail would not show who you are: your OIDC provider must put a \
                 verified email claim into its tokens",
            )
        }),
        ActorKind::Identity => caller
            .id
            .parse()
            .map(SessionName::of_identity)
            .map_err(|error| Problem::bug("read the id of the calling identity", error)),
    }
}

/// The peer's command line calls itself `cli`; everything else opens the link.
fn method_of(user_agent: &str) -> AccessMethod {
    let is_cli = user_agent == "cli" || user_agent.starts_with("cli/");
    if is_cli { AccessMethod::Cli } else { AccessMethod::Web }
}

fn answer(Opened { session, credentials, login_url }: Opened) -> Answer {
    let expires_at = credentials.expires_at.to_string();
    let credentials = match session.access_method {
        AccessMethod::Cli => Some(Credentials {
            access_key_id: credentials.access_key_id,
            secret_access_key: Exposed(credentials.secret_access_key),
            session_token: Exposed(credentials.session_token),
        }),
        AccessMethod::Web => None,
    };
    Answer {
        session_id: session.id.to_string(),
        account_type: "aws-iam",
        resource_type: "aws-iam",
        console_url: Exposed(login_url.clone()),
        metadata: Metadata {
            console_url: Exposed(login_url),
            aws_account_id: session.target_role_arn.account().to_string(),
            target_role_arn: session.target_role_arn.to_string(),
            federated_username: session.session_name.to_string(),
            expires_at,
            credentials,
        },
    }
}

//! From a plan to an open session: written down first, then the two roles and the sign-in page, then written down again.

use ::access::{ConsoleChain, IssuedCredentials, Stay};
use model::id::PamSessionId;
use model::pam::{
    AccessMethod, Destination, PamSession, SessionActor, SessionDuration, SessionName, SessionState,
};
use model::permission::Scoped as _;
use model::recording::{Recording, RecordingConfig};
use secrecy::SecretString;
use store::{Change, CommitError, Conflict, Stored};
use web::{Caller, Problem};

use crate::Ctx;
use crate::error::from_chain;
use crate::find::Found;

/// Everything about a session before it is opened.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) found: Found,
    pub(crate) session_name: SessionName,
    pub(crate) duration: SessionDuration,
    pub(crate) method: AccessMethod,
    pub(crate) reason: Option<String>,
    pub(crate) destination: Destination,
    pub(crate) issuer: String,
    /// Where it is recorded, when it is.
    pub(crate) recording: Option<RecordingConfig>,
}

/// An open session, and what opens it. Nothing else has its credentials.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) session: PamSession,
    pub(crate) credentials: IssuedCredentials,
    pub(crate) login_url: SecretString,
}

/// Opens a session: intent, effect, outcome. Whatever fails after the intent closes the record with the reason.
pub(crate) async fn open(ctx: &Ctx, caller: &Caller, plan: Plan) -> Result<Opened, Problem> {
    let session = record(ctx, caller, &plan);
    let mut audit = caller.audit("pam-session.request", session.id, plan.found.path(), session.scope());
    audit.details = vec![
        format!("role: {}", session.target_role_arn),
        format!("session name: {}", session.session_name),
        format!("duration: {}", session.duration),
        format!("method: {}", session.access_method.name()),
    ];
    audit.details.extend(session.reason.iter().map(|reason| format!("reason: {reason}")));
    let recording = plan.recording.as_ref().map(|config| Recording::of_pam_session(&session, config));
    audit
        .details
        .extend(recording.iter().map(|recording| format!("recorded in: {}", recording.place.bucket)));
    let days_kept = plan.found.days_kept;
    let mut change = Change::new(caller.now).create(&session);
    if let Some(recording) = &recording {
        change = change.create(recording);
    }
    ctx.store.commit_kept(change, &audit, days_kept).await?;

    let intent = Stored::created(session, caller.now);
    match enter(ctx, caller, &plan, &intent).await {
        Ok(opened) => Ok(opened),
        Err(problem) => {
            close(ctx, caller, intent, &plan, &problem.text()).await;
            Err(problem)
        }
    }
}

fn record(ctx: &Ctx, caller: &Caller, plan: &Plan) -> PamSession {
    let Found { account, resource, .. } = &plan.found;
    PamSession {
        id: PamSessionId::random(),
        organization_id: ctx.organization,
        project_id: account.project_id,
        resource_id: resource.id,
        resource_name: resource.name.clone(),
        resource_role_arn: resource.role_arn.clone(),
        region: resource.region.clone(),
        account_id: account.id,
        account_name: account.name.clone(),
        target_role_arn: account.target_role_arn.clone(),
        actor: SessionActor {
            kind: caller.kind,
            id: caller.id.clone(),
            name: caller.name.clone(),
            email: caller.email.clone(),
            source_ip: caller.origin.source_ip.clone(),
            user_agent: caller.origin.user_agent.clone(),
        },
        session_name: plan.session_name.clone(),
        duration: plan.duration,
        access_method: plan.method,
        reason: plan.reason.clone(),
        requested_at: caller.now,
        kept_until: caller.now.plus(ctx.record_retention),
        state: SessionState::Opening,
        termination: None,
    }
}

async fn enter(
    ctx: &Ctx,
    caller: &Caller,
    plan: &Plan,
    intent: &Stored<PamSession>,
) -> Result<Opened, Problem> {
    let chain = ConsoleChain::of(&plan.found.resource, intent.target_role_arn.clone());
    let stay = Stay::of_person(&plan.session_name, plan.duration);
    let (entered, ()) =
        tokio::join!(ctx.access.enter(&chain, stay, caller.now), async { ctx.federation.prepare() });
    let session = entered.map_err(|error| from_chain(&chain, error))?;
    let credentials = session
        .issue()
        .ok_or_else(|| Problem::bug("open a session", "a session without a token or an end"))?;
    let login_url = ctx
        .federation
        .fetch_login_url(
            chain.target_role(),
            intent.region.as_ref(),
            &credentials,
            &plan.issuer,
            &plan.destination,
        )
        .await?;

    let active = intent
        .activated(caller.now, credentials.expires_at)
        .map_err(|error| Problem::bug("activate a session", error))?;
    let mut audit = caller.audit("pam-session.start", intent.id, plan.found.path(), intent.scope());
    audit.details = vec![format!("until: {}", credentials.expires_at)];
    let change = Change::new(caller.now).replace(intent, &active);
    ctx.store.commit_kept(change, &audit, plan.found.days_kept).await?;
    Ok(Opened { session: active, credentials, login_url })
}

/// Closes the record of a session that was not handed out. Where even that fails, its deadline closes it.
async fn close(ctx: &Ctx, caller: &Caller, intent: Stored<PamSession>, plan: &Plan, reason: &str) {
    let id = intent.id;
    if let Err(error) = try_close(ctx, caller, intent, plan, reason).await {
        tracing::warn!(session.id = %id, %error, "a failed session could not be closed; its deadline closes it");
    }
}

async fn try_close(
    ctx: &Ctx,
    caller: &Caller,
    mut read: Stored<PamSession>,
    plan: &Plan,
    reason: &str,
) -> Result<(), CommitError> {
    let (days_kept, is_recorded) = (plan.found.days_kept, plan.recording.is_some());
    for attempt in 1.. {
        let Ok(next) = read.failed(caller.now, reason) else { return Ok(()) };
        let path = format!("{}/{}", read.resource_name, read.account_name);
        let mut audit = caller.audit("pam-session.fail", read.id, path, read.scope());
        audit.details = vec![reason.to_owned()];
        let mut change = Change::new(caller.now).replace(&read, &next);
        let recording = if is_recorded { ctx.store.recording(read.id).await? } else { None };
        if let Some(recording) = recording
            && let Ok(Some(over)) = recording.end(None, caller.now)
        {
            change = change.replace(&recording, &over);
        }
        match ctx.store.commit_kept(change, &audit, days_kept).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Write { retryable: true, .. }) if attempt == 1 => {}
            // The record may have become active although the answer was lost: nobody has its credentials all the same.
            Err(CommitError::Conflict(Conflict::Stale { .. })) if attempt <= 2 => {
                match ctx.store.pam_session(read.id).await? {
                    Some(again) => read = again,
                    None => return Ok(()),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

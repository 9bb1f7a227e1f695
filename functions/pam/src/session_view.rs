//! A session as the wire shows it. It never held credentials, so it cannot show any.

use axum::Json;
use model::Timestamp;
use model::id::{PamAccountId, PamResourceId, PamSessionId, ProjectId};
use model::pam::{PamSession, event_history_url, session_arn};
use model::recording::Recording;
use model::recording::view::{RecordingView, SessionView};
use serde::Serialize;
use store::Stored;

/// A session.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    id: PamSessionId,
    project_id: ProjectId,
    account_id: PamAccountId,
    account_type: &'static str,
    account_name: String,
    resource_id: PamResourceId,
    resource_type: &'static str,
    resource_name: String,
    folder_name: String,
    folder_id: Option<()>,
    user_id: String,
    actor_name: String,
    actor_email: Option<String>,
    actor_ip: String,
    actor_user_agent: String,
    status: &'static str,
    started_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    access_method: &'static str,
    reason: Option<String>,
    selected_host: Option<()>,
    gateway_id: Option<()>,
    gateway_name: Option<()>,
    gateway_identity_id: Option<()>,
    // What follows is ours alone.
    failure_reason: Option<String>,
    termination_requested_at: Option<Timestamp>,
    deny: Option<Deny>,
    aws_account_id: String,
    target_role_arn: String,
    session_name: String,
    /// What CloudTrail writes as `userIdentity.arn`.
    session_arn: String,
    /// CloudTrail's event history in the console, narrowed to this session.
    events_url: Option<String>,
    duration_seconds: u16,
    /// How it is recorded, where one session is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<RecordingView>,
}

/// Why a Deny that is on its role does not make its session a terminated one.
pub(crate) const UNPROVABLE: &str = "The Deny is on the role, where AWS usually enforces it within seconds. Whether it does \
    could not be proved: the proof tries iam:GetRolePolicy on the role, which an explicit deny of another policy already \
    refuses";

/// What ends a session on its role, and what becomes of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Deny {
    /// The inline policy.
    policy_name: String,
    /// When it will be removed, or tried again.
    remove_after: Timestamp,
    removed: bool,
    /// Why nobody can say that it works, where that is so.
    unproved: Option<&'static str>,
    /// How often in a row it could not be removed, and why the last time.
    failures: u32,
    last_failure: Option<String>,
}

impl Session {
    pub(crate) fn new(stored: Stored<PamSession>, now: Timestamp) -> Self {
        let Stored { value: session, created_at, updated_at, .. } = stored;
        let credentials = session.credentials();
        let events_url = credentials.and_then(|(from, until)| {
            let (role, name) = (&session.target_role_arn, &session.session_name);
            event_history_url(role, name, session.region.as_ref(), from, until)
        });
        Self {
            id: session.id,
            project_id: session.project_id,
            account_id: session.account_id,
            account_type: "aws-iam",
            resource_id: session.resource_id,
            resource_type: "aws-iam",
            folder_name: session.resource_name.clone(),
            folder_id: None,
            status: session.status(now).name(),
            started_at: credentials.map(|(started_at, _)| started_at),
            expires_at: credentials.map(|(_, expires_at)| expires_at),
            ended_at: session.ended_at(now),
            failure_reason: session.failure(now).map(str::to_owned),
            termination_requested_at: session.termination.as_ref().map(|deny| deny.requested_at),
            deny: session.termination.as_ref().map(|deny| Deny {
                policy_name: session.deny_policy_name(),
                remove_after: deny.remove_after,
                removed: deny.removed,
                unproved: deny.unprovable.then_some(UNPROVABLE),
                failures: deny.failures,
                last_failure: deny.last_failure.clone(),
            }),
            aws_account_id: session.target_role_arn.account().to_string(),
            session_arn: session_arn(&session.target_role_arn, &session.session_name),
            target_role_arn: session.target_role_arn.to_string(),
            session_name: session.session_name.to_string(),
            events_url,
            duration_seconds: session.duration.seconds(),
            account_name: session.account_name,
            resource_name: session.resource_name,
            user_id: session.actor.id,
            actor_name: session.actor.name,
            actor_email: session.actor.email,
            actor_ip: session.actor.source_ip,
            actor_user_agent: session.actor.user_agent,
            created_at,
            updated_at,
            access_method: session.access_method.name(),
            reason: session.reason,
            selected_host: None,
            gateway_id: None,
            gateway_name: None,
            gateway_identity_id: None,
            recording: None,
        }
    }
}

/// The answer about one session.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    session: Shown,
}

/// A session of console access, or one of another kind that is recorded.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Shown {
    Access(Box<Session>),
    Recorded(Box<SessionView>),
}

pub(crate) fn one(stored: Stored<PamSession>, now: Timestamp) -> Json<One> {
    one_recorded(stored, None, now)
}

/// A session of console access that may be recorded.
pub(crate) fn one_recorded(
    stored: Stored<PamSession>,
    recording: Option<&Recording>,
    now: Timestamp,
) -> Json<One> {
    let seen = recording.map(|recording| recording.clone().seen_at(now, Some(&stored.value)));
    let recording = seen.as_ref().map(RecordingView::new);
    let session = Session { recording, ..Session::new(stored, now) };
    Json(One { session: Shown::Access(Box::new(session)) })
}

/// A session of another kind, or one that is forgotten: it is known because it is recorded.
pub(crate) fn recorded(stored: &Stored<Recording>, now: Timestamp) -> Json<One> {
    let seen = stored.value.clone().seen_at(now, None);
    let view = SessionView::new(&seen, stored.created_at, stored.updated_at);
    Json(One { session: Shown::Recorded(Box::new(view)) })
}

//! Removing Denies that have done their work: whatever they ended would have ended by itself by now.
//!
//! A Deny that stays costs nothing but room: it names a moment that no living session is older than. So there is no
//! worker for it; requests that look at sessions do it on the way, a few at a time, from the index of due work.

use std::time::Duration;

use ::access::ConsoleChain;
use aws_sdk_iam::error::ProvideErrorMetadata as _;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::pam::PamSession;
use model::permission::Scoped as _;
use store::{Change, Stored};

use crate::Ctx;
use crate::session_terminate::{enter_as, iam, managers};

/// So many at once.
const FEW: u16 = 3;

/// A role that does not let its Deny be removed now is asked again after this.
const LATER: Duration = Duration::from_secs(3_600);

/// Removes a few Denies that are due. What does not work is tried again later, and is nobody's problem now.
pub(crate) async fn sweep(ctx: &Ctx, now: Timestamp) {
    let due = match ctx.store.pam_denies_due(now, FEW).await {
        Ok(due) => due,
        Err(error) => return tracing::warn!(%error, "denies that are due were not read"),
    };
    futures::future::join_all(due.into_iter().map(|session| remove(ctx, session, now))).await;
}

async fn remove(ctx: &Ctx, session: Stored<PamSession>, now: Timestamp) {
    let (id, removed) = (session.id, try_remove(ctx, &session, now).await);
    let next = match &removed {
        Ok(()) => session.without_deny(),
        Err(error) => {
            tracing::warn!(session.id = %id, %error, "a deny could not be removed from its role");
            session.with_deny_until(now.plus(LATER))
        }
    };
    let audit = AuditRecord {
        at: now,
        actor: Actor { kind: "system".into(), id: "pam".into(), name: "pam".into() },
        origin: Origin::default(),
        action: "pam-session.remove-deny".into(),
        resource_id: id.to_string(),
        resource_name: format!("{}/{}", session.resource_name, session.account_name),
        project_id: session.scope().project(),
        details: removed.err().iter().map(ToString::to_string).collect(),
    };
    // Two requests at once do the same twice; the second one finds the record changed.
    if let Err(error) = ctx.store.commit(Change::new(now).replace(&session, &next), &audit).await {
        tracing::debug!(session.id = %id, %error, "the removal of a deny was not noted");
    }
}

async fn try_remove(ctx: &Ctx, session: &PamSession, now: Timestamp) -> Result<(), ::access::Error> {
    let chain = ConsoleChain::of_session(session);
    let mut refused =
        ::access::Error::Incomplete { operation: "DeleteRolePolicy", missing: "a role that may" };
    for manager in managers(&chain) {
        let manager = match enter_as(ctx, &chain, session, manager, now).await {
            Ok(manager) => manager,
            Err(error) => {
                refused = error;
                continue;
            }
        };
        let request = ctx
            .iam
            .delete_role_policy()
            .role_name(chain.target_role().name())
            .policy_name(session.deny_policy_name());
        match request.customize().config_override(iam(&chain, &manager)).send().await {
            Ok(_) => return Ok(()),
            Err(error) if error.code() == Some("NoSuchEntity") => return Ok(()),
            Err(error) => refused = ::access::Error::of("DeleteRolePolicy", error),
        }
    }
    Err(refused)
}

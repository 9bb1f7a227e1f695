//! Ending a live session: a Deny on the role, and the proof that it works.

use ::access::{ChainError, ConsoleChain, Door, Session, Stay};
use aws_sdk_iam::config::{Builder, Region};
use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::id::PamSessionId;
use model::pam::{
    PamSession, SessionDuration, UserId, deny_policy, ending_policy, proof_policy, required_permission,
};
use model::permission::Action;
use model::policy::Document;
use serde_json::json;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::error::{from_aws, from_chain};
use crate::ledger::Ledger;
use crate::session_get::permitted;
use crate::session_view::{One, UNPROVABLE, one};

/// How AWS's refusals say that a Deny was the reason, not a missing Allow
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>).
const EXPLICIT: &str = "explicit deny";

/// `POST /api/v1/pam/sessions/{sessionId}/terminate`.
///
/// It ends every session that this person has in this role until now, and nobody else's. AWS: up to four calls for the
/// proof's credentials and what they are refused without our Deny, two for the policy, then one a second until the refusal
/// is seen.
///
/// Where an explicit deny of the role's own (or of its boundary, or of its organisation) already refuses what the proof
/// tries, no refusal tells that ours works. The Deny stays and is waited for all the same, but the session is not called
/// terminated: its `deny` says why it is unproved.
pub(crate) async fn terminate(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamSessionId>,
) -> Result<Json<One>, Problem> {
    let read = permitted(&ctx, &caller, id, Action::Terminate).await?;
    let days_kept = ctx.store.audit_days(read.project_id).await?;
    let ledger = Ledger { ctx: &ctx, caller: &caller, days_kept };
    let had_deny = read.may_have_deny();
    let intended = read.terminating(caller.now, &caller.name).map_err(|state| {
        Problem::bad_request(format!("Only an active session can be terminated; {state}"))
    })?;
    let intended = ledger.write("pam-session.terminate", read, intended, Vec::new()).await?;

    let until = match end(&ctx, &intended, caller.now).await {
        Ok(Put::Proved { until }) => until,
        Ok(Put::Unprovable) => {
            let next = intended.with_deny_unprovable();
            let details = vec![UNPROVABLE.to_owned()];
            let put = ledger.write("pam-session.terminate-unproved", intended, next, details).await?;
            return Ok(one(put, caller.now));
        }
        Err(Unended::NothingPut(problem)) => {
            // Not even tried, or refused: there is no Deny to remove later, but for one of an earlier attempt.
            let details = vec![problem.text()];
            let next = if had_deny { intended.value.clone() } else { intended.without_deny() };
            ledger.write("pam-session.terminate-refused", intended, next, details).await?;
            return Err(problem);
        }
        Err(Unended::Unproved(problem)) => return Err(problem),
    };
    let next = intended.terminated(caller.now, &caller.name).map_err(|state| {
        Problem::bad_request(format!("Only an active session can be terminated; {state}"))
    })?;
    let ended = ledger.write("pam-session.terminated", intended, next, Vec::new()).await?;
    ledger.also_ended(&ended, until).await;
    Ok(one(ended, caller.now))
}

/// What is known of a Deny that is on the role.
enum Put {
    /// It works, for all credentials that AWS gave until then.
    Proved { until: Timestamp },
    /// It has been there for long enough, and nothing can tell whether it works.
    Unprovable,
}

/// Why a session was not ended, and whether this attempt may have put a Deny on the role.
enum Unended {
    /// It has not.
    NothingPut(Problem),
    /// It may have.
    Unproved(Problem),
}

/// Ends every session whose credentials AWS gave to this person for this role until the moment that it answers.
async fn end(ctx: &Ctx, session: &PamSession, now: Timestamp) -> Result<Put, Unended> {
    let chain = ConsoleChain::of_session(session);
    let mut proof = enter(ctx, &chain, session, now).await?;
    let user = user_id(ctx, &proof, session).await.map_err(Unended::NothingPut)?;
    // Only a refusal that is not there before our Deny can prove it.
    let mut denied_before = is_denied(ctx, session, &proof).await;
    if matches!(denied_before, Ok(true)) {
        // It may be a Deny of ours, put in the same second: AWS counts in those, and a later proof is free of it.
        tokio::time::sleep(ctx.patience.pause).await;
        proof = enter(ctx, &chain, session, now).await?;
        denied_before = is_denied(ctx, session, &proof).await;
    }
    // AWS's clock may be ahead of ours: what it gave to the proof, it has given to everybody before.
    let given = proof.expires_at().map(|end| end.minus(SessionDuration::SHORTEST.span()));
    let until = given.map_or(now, |given| given.max(now));

    put(ctx, session, &chain, &deny_policy(&user, until), now).await?;
    match denied_before {
        Ok(false) => prove(ctx, session, &proof).await.map(|()| Put::Proved { until }),
        Ok(true) => {
            tokio::time::sleep(ctx.patience.whole()).await;
            Ok(Put::Unprovable)
        }
        Err(error) => Err(Unended::Unproved(
            Problem::unavailable(format!(
                "The Deny is on the role, but nothing can prove it: AWS did not say what the role refused before ({error}); \
                 please terminate it again in a moment"
            ))
            .because(error),
        )),
    }
}

/// The proof: a session of the same person, made before the Deny, so that the Deny must hold it.
async fn enter(
    ctx: &Ctx,
    chain: &ConsoleChain,
    session: &PamSession,
    now: Timestamp,
) -> Result<Session, Unended> {
    let policy = proof_policy(chain.target_role());
    let stay = Stay::of_ours(session.session_name.as_str(), &policy);
    let proof = ctx.access.enter(chain, stay, now).await;
    proof.map_err(|error| Unended::NothingPut(from_chain(chain, error)))
}

/// What AWS calls the person in this role.
async fn user_id(ctx: &Ctx, proof: &Session, session: &PamSession) -> Result<UserId, Problem> {
    let identity = ctx.access.fetch_identity(proof).await;
    let identity = identity.map_err(|error| from_aws("Could not ask AWS who the session is", error))?;
    let user: UserId =
        identity.user_id.parse().map_err(|error| Problem::bug("read the user id of a session", error))?;
    if user.session_name() == session.session_name.as_str() {
        Ok(user)
    } else {
        // A Deny on somebody else must never happen, whatever AWS answers.
        Err(Problem::bug("read the user id of a session", "AWS names another session"))
    }
}

/// Puts the Deny on the role: by the resource's role, else by the role itself.
async fn put(
    ctx: &Ctx,
    session: &PamSession,
    chain: &ConsoleChain,
    deny: &Document,
    now: Timestamp,
) -> Result<(), Unended> {
    let mut refused = None;
    let (name, policy) = (format!("drawbridge-end-{}", session.id), ending_policy(chain.target_role()));
    for manager in chain.managers() {
        let stay = Stay::of_ours(&name, &policy);
        let manager = match ctx.access.enter_as(chain, *manager, stay, now).await {
            Ok(manager) => manager,
            Err(ChainError { error, .. }) => {
                refused = Some(error);
                continue;
            }
        };
        let request = ctx
            .iam
            .put_role_policy()
            .role_name(chain.target_role().name())
            .policy_name(session.deny_policy_name())
            .policy_document(deny.to_json());
        match request.customize().config_override(iam(chain, &manager)).send().await {
            Ok(_) => return Ok(()),
            Err(error) => {
                let error = ::access::Error::of("PutRolePolicy", error);
                if !error.is_access_denied() {
                    return Err(not_put(error));
                }
                refused = Some(error);
            }
        }
    }
    Err(Unended::NothingPut(not_permitted(chain, refused)))
}

/// What a refusal for another reason than permissions leaves behind.
fn not_put(error: ::access::Error) -> Unended {
    const ATTEMPT: &str = "The session could not be terminated";
    match error {
        ::access::Error::Refused { code, message, .. } if code == "LimitExceeded" => {
            Unended::NothingPut(Problem::bad_request(format!(
                "{ATTEMPT}: the role's inline policies have reached AWS's limit ({message}). Denies of earlier \
                 terminations go after about an hour; or remove inline policies of your own"
            )))
        }
        // Nobody knows whether it was put: it stays on the list of what must be removed.
        ::access::Error::Unreachable { .. }
        | ::access::Error::Failed { .. }
        | ::access::Error::Throttled { .. } => Unended::Unproved(from_aws(ATTEMPT, error)),
        ::access::Error::Refused { .. }
        | ::access::Error::CredentialsInvalid { .. }
        | ::access::Error::Incomplete { .. } => Unended::NothingPut(from_aws(ATTEMPT, error)),
    }
}

/// IAM of the role's partition, as this session.
fn iam(chain: &ConsoleChain, session: &Session) -> Builder {
    let region = chain.target_role().partition().default_region().to_string();
    Builder::new().region(Region::new(region)).credentials_provider(session.provider())
}

fn not_permitted(chain: &ConsoleChain, refused: Option<::access::Error>) -> Problem {
    let policy = required_permission(&[chain.target_role()]);
    let role = match chain.managers().first() {
        Some(Door::ResourceRole) => chain.resource_role(),
        Some(Door::TargetRole) | None => chain.target_role(),
    };
    let said = refused.map_or_else(String::new, |error| format!(" ({error})"));
    Problem::bad_request(format!(
        "The session cannot be terminated: AWS does not let Drawbridge put a Deny on the role{said}. Add this permission \
         policy to {role}: {}",
        policy.to_json()
    ))
    .with_details(json!({ "permissionPolicy": policy, "role": role.to_string() }))
}

/// Tries something with the proof's credentials: whether AWS refuses it because of a Deny, ours or another.
async fn is_denied(ctx: &Ctx, session: &PamSession, proof: &Session) -> Result<bool, ::access::Error> {
    let chain = ConsoleChain::of_session(session);
    let request = ctx
        .iam
        .get_role_policy()
        .role_name(chain.target_role().name())
        .policy_name(session.deny_policy_name())
        .customize()
        .config_override(iam(&chain, proof));
    match request.send().await.map_err(|error| ::access::Error::of("GetRolePolicy", error)) {
        Ok(_) => Ok(false),
        Err(::access::Error::Refused { message, .. }) => Ok(message.contains(EXPLICIT)),
        Err(error) => Err(error),
    }
}

/// Tries it until it is refused because of a Deny.
async fn prove(ctx: &Ctx, session: &PamSession, proof: &Session) -> Result<(), Unended> {
    for attempt in 1..=ctx.patience.attempts {
        if matches!(is_denied(ctx, session, proof).await, Ok(true)) {
            return Ok(());
        }
        if attempt < ctx.patience.attempts {
            tokio::time::sleep(ctx.patience.pause).await;
        }
    }
    Err(Unended::Unproved(Problem::unavailable(
        "The Deny is on the role, but AWS does not enforce it yet, so the session may still be alive; please terminate it \
         again in a moment",
    )))
}

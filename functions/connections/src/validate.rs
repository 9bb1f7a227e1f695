//! Validation in AWS: who the credentials are, and whether the role insists on its External ID.

use access::protection::{self, ExternalIdPolicy, OPENS_OTHERWISE};
use access::{AccessKey, CallerIdentity, ConnectionRole, Outcome, Session};
use model::arn::AccountId;
use model::connection::{Connection, Way};
use model::policy::Document;
use serde_json::json;
use web::Problem;

use crate::Ctx;
use crate::error::{from_aws, place};

/// The beginning of every message about credentials that did not pass.
const ATTEMPT: &str = "Unable to validate AWS connection";

/// Credentials that passed.
#[derive(Debug)]
pub(crate) struct Validated {
    /// The account that AWS named.
    pub(crate) account: AccountId,
    /// What the caller should know all the same.
    pub(crate) warnings: Vec<String>,
}

/// Validates what `candidate` would get in with; `key` is its access key, if it gets in by one.
///
/// AWS calls: for a role three AssumeRole side by side and then GetCallerIdentity; for a key GetCallerIdentity.
pub(crate) async fn validate(
    ctx: &Ctx,
    candidate: &Connection,
    key: Option<&AccessKey>,
) -> Result<Validated, Problem> {
    let (session, warnings) = match (ConnectionRole::of(candidate), key) {
        (Some(role), _) => assumable(ctx, candidate, ctx.access.probe(&role).await)?,
        (None, Some(key)) => (ctx.access.access_key_session(key, None), Vec::new()),
        (None, None) => {
            return Err(Problem::bug("validate a connection", "neither a role nor an access key"));
        }
    };
    let identity = ctx.access.fetch_identity(&session).await.map_err(|error| from_aws(ATTEMPT, error))?;
    Ok(Validated { account: expected(candidate, identity)?, warnings })
}

fn assumable(ctx: &Ctx, candidate: &Connection, outcome: Outcome) -> Result<(Session, Vec<String>), Problem> {
    match outcome {
        Outcome::Protected(session) => Ok((session, Vec::new())),
        Outcome::Open { session, without, random } => {
            let finding = open_in_words(without, random);
            match ctx.external_id_policy {
                ExternalIdPolicy::Warn => Ok((session, vec![finding])),
                ExternalIdPolicy::Enforce => Err(with_trust_policy(
                    ctx,
                    candidate,
                    Problem::bad_request(format!("{ATTEMPT}: {finding}")),
                )),
            }
        }
        Outcome::CannotBeAssumed { error, opens_otherwise } => {
            let mut message = format!("{ATTEMPT}: {error}. {}", trust_in_words(ctx, candidate));
            if opens_otherwise {
                message.push_str(OPENS_OTHERWISE);
            }
            Err(with_trust_policy(ctx, candidate, Problem::bad_request(message)))
        }
        Outcome::Inconclusive(error) => Err(from_aws(ATTEMPT, error)),
    }
}

/// What the role's owner should know when it opens too easily.
pub(crate) fn open_in_words(without: bool, random: bool) -> String {
    protection::open_in_words(without, random, "the External ID of this connection")
}

/// What the trust policy must say, without the External ID itself: this goes to the log too.
pub(crate) fn trust_in_words(ctx: &Ctx, connection: &Connection) -> String {
    let mut words = format!(
        "The role's trust policy must allow sts:AssumeRole to account {} with the id of this {} as External ID",
        ctx.trusted.account,
        if connection.legacy { "organization" } else { place(connection.scope) }
    );
    if let Way::AssumeRole { role_arn, .. } = &connection.way {
        words.push_str(&protection::apart_in_words(role_arn, &ctx.trusted));
    }
    words
}

/// The corrected trust policy, in the details for programs and after the message for people; not in the log.
fn with_trust_policy(ctx: &Ctx, connection: &Connection, problem: Problem) -> Problem {
    let policy: Document = ctx.trusted.policy(&connection.external_id());
    problem
        .with_appendix(format!("(the trust policy that it needs: {})", policy.to_json()))
        .with_details(json!({ "trustPolicy": policy }))
}

/// A role's session is in the role's account, or it is not AWS that answers.
fn expected(candidate: &Connection, identity: CallerIdentity) -> Result<AccountId, Problem> {
    match &candidate.way {
        Way::AssumeRole { role_arn, .. } if *role_arn.account() != identity.account => {
            Err(Problem::bad_request(format!(
                "{ATTEMPT}: the role is in account {}, but its session says it is in account {}",
                role_arn.account(),
                identity.account
            )))
        }
        Way::AssumeRole { .. } | Way::AccessKey { .. } => Ok(identity.account),
    }
}

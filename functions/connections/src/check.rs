//! Does a connection still work, and is its role still protected? Said in words, with what mends it.

use access::protection::OPENS_OTHERWISE;
use access::{CallerIdentity, ConnectionRole, Error, Outcome, Session};
use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::connection::Connection;
use model::id::ConnectionId;
use model::permission::Action;
use model::policy::Document;
use serde::Serialize;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::get::permitted;
use crate::secret;
use crate::validate::{open_in_words, trust_in_words};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    /// The role opens with its External ID alone.
    Protected,
    /// The role opens without its External ID.
    Open,
    /// The role does not open.
    CannotBeAssumed,
    /// The access key works.
    Valid,
    /// AWS does not accept the access key.
    CredentialsInvalid,
    /// The connection leads to another account than it did.
    AnotherAccount,
    /// AWS did not say.
    Inconclusive,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    status: Status,
    /// What is so.
    message: String,
    /// What to do about it, when something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
    account_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    checked_at: Timestamp,
    /// The trust policy that the role should have, when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_policy: Option<Document>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    check: Check,
}

/// `POST /api/v1/app-connections/aws/{connectionId}/check`: the trust probe and GetCallerIdentity, now. Stores nothing.
pub(crate) async fn check(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Answer>, Problem> {
    let connection = permitted(&ctx, &caller, id, Action::Connect).await?;
    let mut check = Check {
        status: Status::Inconclusive,
        message: String::new(),
        mend: None,
        account_id: connection.account_id.to_string(),
        arn: None,
        checked_at: caller.now,
        trust_policy: None,
    };
    let session = match ConnectionRole::of(&connection) {
        Some(role) => check.role(&ctx, &connection, ctx.access.probe(&role).await),
        None => {
            let key = secret::open(&ctx, &connection).await?;
            check.status = Status::Valid;
            check.message = "AWS accepts the access key".to_owned();
            key.map(|key| ctx.access.access_key_session(&key, None))
        }
    };
    if let Some(session) = session {
        check.identity(&connection, ctx.access.fetch_identity(&session).await);
    }
    Ok(Json(Answer { check }))
}

impl Check {
    fn role(&mut self, ctx: &Ctx, connection: &Connection, outcome: Outcome) -> Option<Session> {
        match outcome {
            Outcome::Protected(session) => {
                self.status = Status::Protected;
                self.message = "The role opens with its External ID, and refuses everything else".to_owned();
                Some(session)
            }
            Outcome::Open { session, without, random } => {
                self.status = Status::Open;
                self.message = format!("It works, but {}", open_in_words(without, random));
                self.mend_trust(ctx, connection);
                Some(session)
            }
            Outcome::CannotBeAssumed { error, opens_otherwise } => {
                self.status = Status::CannotBeAssumed;
                self.message = format!("{error}. {}", trust_in_words(ctx, connection));
                if opens_otherwise {
                    self.message.push_str(OPENS_OTHERWISE);
                }
                self.mend_trust(ctx, connection);
                None
            }
            Outcome::Inconclusive(error) => {
                self.inconclusive(&error);
                None
            }
        }
    }

    fn mend_trust(&mut self, ctx: &Ctx, connection: &Connection) {
        self.mend = Some(
            "Give the role the trust policy in `trustPolicy`, and check again after a few seconds".to_owned(),
        );
        self.trust_policy = Some(ctx.trusted.policy(&connection.external_id()));
    }

    fn inconclusive(&mut self, error: &Error) {
        self.status = Status::Inconclusive;
        self.message = format!("AWS did not say whether the connection works: {error}");
        self.mend = Some(
            "Check again in a moment; if it stays so, look at the STS endpoint of the connection".to_owned(),
        );
    }

    fn identity(&mut self, connection: &Connection, identity: Result<CallerIdentity, Error>) {
        match identity {
            Ok(identity) if identity.account != connection.account_id => {
                self.status = Status::AnotherAccount;
                self.message = format!(
                    "The connection was made for account {}, but now leads to account {}",
                    connection.account_id, identity.account
                );
                self.mend =
                    Some("Give the connection credentials of the account that it was made for".to_owned());
                self.arn = Some(identity.arn);
            }
            Ok(identity) => self.arn = Some(identity.arn),
            Err(error @ (Error::CredentialsInvalid { .. } | Error::Refused { .. })) => {
                self.status = Status::CredentialsInvalid;
                self.message = error.to_string();
                self.mend =
                    Some("Give the connection a new access key, or make the old one active again".to_owned());
            }
            Err(
                error @ (Error::Throttled { .. }
                | Error::Failed { .. }
                | Error::Unreachable { .. }
                | Error::Incomplete { .. }),
            ) => self.inconclusive(&error),
        }
    }
}

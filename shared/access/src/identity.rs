//! Who a session is, in AWS's words.

use model::arn::AccountId;

use crate::assume::overrides;
use crate::{Access, Error, Session};

/// The answer of GetCallerIdentity
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account.
    pub account: AccountId,
    /// The ARN of the user, or of the role's session.
    pub arn: String,
    /// The unique id of the user, or of the role with the session's name.
    pub user_id: String,
}

impl Access {
    /// Asks AWS who `session` is. Needs no permission, so it fails only when the credentials are not valid. One call.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn fetch_identity(&self, session: &Session) -> Result<CallerIdentity, Error> {
        const OPERATION: &str = "GetCallerIdentity";
        let request = self.sts.get_caller_identity().customize();
        let answer = request
            .config_override(overrides(&session.sts, Some(session)))
            .send()
            .await
            .map_err(|error| Error::of(OPERATION, error))?;
        let missing = |missing| Error::Incomplete { operation: OPERATION, missing };
        let account =
            answer.account.and_then(|account| account.parse().ok()).ok_or_else(|| missing("an account"))?;
        let arn = answer.arn.ok_or_else(|| missing("an ARN"))?;
        Ok(CallerIdentity { account, arn, user_id: answer.user_id.unwrap_or_default() })
    }
}

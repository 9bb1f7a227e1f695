//! Asking for an approval: what the peer's clients do when an access is refused for want of one.

use axum::extract::State;
use model::pam::AccessRequest;
use web::{Caller, JsonBody, Problem};

use crate::Ctx;
use crate::find::wanted;

/// `POST /api/v1/pam/access-requests`. There are no approvals here: whoever may use an account enters it at once, and
/// everybody else is refused for good. So nothing is written; the answer says which of the two it is.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<AccessRequest>,
) -> Result<std::convert::Infallible, Problem> {
    let request = body.read()?;
    let found = wanted(&ctx, &caller, &request).await?;
    Err(Problem::bad_request(format!(
        "The PAM account {} needs no approval: access it with POST /api/v1/pam/accounts/access",
        found.path()
    )))
}

//! `POST /api/v1/auth/token/revoke`: a machine's token ends now.

use axum::{Extension, Json};
use model::audit::Origin;
use serde_json::{Value, json};
use store::{Change, CommitError, Conflict};
use web::{JsonBody, Now, Problem};

use crate::login::line;
use crate::renew::{claims, standing, token};
use crate::{State, error};

/// Attempts while the token's uses are counted, or it is renewed, at the same moment.
const ATTEMPTS: u32 = 5;

/// Its record goes: a token without a record is a revoked one.
pub(crate) async fn revoke(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody,
) -> Result<Json<Value>, Problem> {
    let claims = claims(&ctx, &token(&body)?, now).await.map_err(|problem| {
        // Where a renewal is a bad request, a revocation is unauthorised: the contract's words for both differ.
        if problem.status() == 400 { error::revoked() } else { problem }
    })?;
    for attempt in 1..=ATTEMPTS {
        let (token, identity) = standing(&ctx, &claims).await?;
        let mut audit = line(&identity, "token.revoke", &origin, now);
        audit.details = vec![format!("token {}", token.id)];
        match ctx.store.commit(Change::new(now).delete(&token), &audit).await {
            Ok(()) => return Ok(Json(json!({ "message": "Successfully revoked access token" }))),
            Err(CommitError::Conflict(Conflict::Stale { .. })) if attempt < ATTEMPTS => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::unavailable("The access token is in use right now; please try again"))
}

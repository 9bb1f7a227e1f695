//! `POST /api/v1/auth/token/revoke`: a machine's token ends now.

use axum::{Extension, Json};
use model::access_token::AccessToken;
use model::audit::Origin;
use model::bearer::Refusal;
use serde_json::{Value, json};
use store::{Change, Stored};
use web::{JsonBody, Now, Problem};

use crate::sent_token::SentToken;
use crate::{State, sent_token};

/// Its record goes: a token without a record is a revoked one.
pub(crate) async fn revoke(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody<SentToken>,
) -> Result<Json<Value>, Problem> {
    let claims = sent_token::claims(&ctx, &body, now).await.map_err(|problem| {
        // Where a renewal is a bad request, a revocation is unauthorised: the contract's words for both differ.
        if problem.status() == 400 { Refusal::Revoked.into() } else { problem }
    })?;
    let plan = |token: Stored<AccessToken>, _| async move { Ok((Change::new(now).delete(&token), ())) };
    sent_token::change(&ctx, &claims, "token.revoke", &origin, now, plan).await?;
    Ok(Json(json!({ "message": "Successfully revoked access token" })))
}

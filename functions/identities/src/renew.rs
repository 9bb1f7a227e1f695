//! `POST /api/v1/auth/token/renew`: a machine's token lives on, within its limits.

use axum::{Extension, Json};
use model::access_token::AccessToken;
use model::audit::Origin;
use store::{Change, Stored};
use web::{JsonBody, Now, Problem};

use crate::login::Issued;
use crate::{State, error, sent_token};

pub(crate) async fn renew(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody,
) -> Result<Json<Issued>, Problem> {
    let claims = sent_token::claims(&ctx, &body, now).await?;
    let ctx = &*ctx;
    let plan = |token: Stored<AccessToken>| async move {
        let renewed = token.renewed(now).map_err(error::renewal)?;
        let signed = ctx.signer.sign(&renewed.claims(ctx.organization.id)).await.map_err(error::sign)?;
        Ok((Change::new(now).replace(&token, &renewed), Issued::new(signed, &renewed.lifetime)))
    };
    sent_token::change(ctx, &claims, "token.renew", &origin, now, plan).await
}

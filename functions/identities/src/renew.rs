//! `POST /api/v1/auth/token/renew`: a machine's token lives on, within its limits.

use std::net::IpAddr;

use axum::{Extension, Json};
use model::access_token::AccessToken;
use model::audit::Origin;
use model::bearer::Refusal;
use model::trusted_ip::{self, TrustedIp};
use store::{Change, Stored};
use web::{JsonBody, Now, Problem};

use crate::login::Issued;
use crate::sent_token::SentToken;
use crate::{State, error, sent_token};

pub(crate) async fn renew(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody<SentToken>,
) -> Result<Json<Issued>, Problem> {
    let claims = sent_token::claims(&ctx, &body, now).await?;
    let ctx = &*ctx;
    let address: Option<IpAddr> = origin.source_ip.parse().ok();
    let plan = |token: Stored<AccessToken>, trusted: Vec<TrustedIp>| async move {
        // Whoever may not use a token must not keep it alive either.
        if !address.is_some_and(|address| trusted_ip::allows(&trusted, address)) {
            return Err(Refusal::Address.into());
        }
        let renewed = token.renewed(now).map_err(error::renewal)?;
        let signed = ctx.signer.sign(&renewed.claims(ctx.organization.id)).await.map_err(error::sign)?;
        Ok((Change::new(now).replace(&token, &renewed), Issued::new(signed, &renewed.lifetime)))
    };
    sent_token::change(ctx, &claims, "token.renew", &origin, now, plan).await
}

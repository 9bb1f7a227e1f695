//! `POST /api/v1/auth/oidc-auth/login`: by a token of another issuer.

use axum::{Extension, Json};
use model::access_token::{IdentityAuth, OidcClaims};
use model::audit::Origin;
use model::form::rule;
use model::identity::AuthMethod;
use model::oidc_auth::OidcAuth;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokens::Issuer;
use web::{JsonBody, Now, Problem};

use crate::login::{Issued, Proven, identity_id, must_be_ours, no_method, organization};
use crate::{State, error};

const MAX_TOKEN_CHARACTERS: usize = 16_384;

/// How much of a token's subject goes into the audit trail.
const MAX_SUBJECT_CHARACTERS: usize = 256;

pub(crate) async fn login(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody,
) -> Result<Json<Issued>, Problem> {
    let (identity, token, organization) = body.read(|form| {
        let identity = form.required("identityId", rule::trimmed(0, 255));
        let token = form.required("jwt", rule::secret(MAX_TOKEN_CHARACTERS));
        let organization = organization(form);
        Some((identity?, token?, organization?))
    })?;
    let id = identity_id(&identity, AuthMethod::Oidc)?;
    let (Some(identity), Some(auth)) = ctx.store.identity_with::<OidcAuth>(id).await? else {
        return Err(no_method(AuthMethod::Oidc));
    };
    let issuer = Issuer {
        name: auth.bound_issuer.clone(),
        url: auth.discovery_url.clone(),
        ca_cert: auth.ca_cert.clone(),
        audience: None,
    };
    let claims = ctx.issuers.verify(&issuer, token.expose_secret(), now).await.map_err(error::issuer)?;
    auth.check(&claims).map_err(error::claim)?;
    must_be_ours(&ctx, organization.as_deref())?;
    let subject: String = claims
        .get("sub")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .chars()
        .take(MAX_SUBJECT_CHARACTERS)
        .collect();
    let proven = Proven {
        identity: &identity,
        method: AuthMethod::Oidc,
        configuration: auth.id,
        lifetime: auth.lifetime,
        uses_limit: auth.uses_limit,
        client_secret: None,
        identity_auth: Some(IdentityAuth {
            aws: None,
            oidc: Some(OidcClaims { claims: auth.mapped_claims(&claims) }),
        }),
        evidence: format!("subject {subject} of {}", auth.bound_issuer),
    };
    Ok(proven.issue(&ctx, |change| change, &origin, now).await?)
}

//! `POST /api/v1/auth/oidc-auth/login`: by a token of another issuer.

use axum::{Extension, Json};
use model::access_token::{IdentityAuth, OidcClaims};
use model::audit::Origin;
use model::form::{Form, Read, rule};
use model::oidc_auth::OidcAuth;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokens::Issuer;
use web::{JsonBody, Now, Problem};

use crate::login::{Issued, Proven, find, must_be_ours, organization};
use crate::sent_token::MAX_TOKEN_CHARACTERS;
use crate::{State, error};

/// How much of a token's subject goes into the audit trail.
const MAX_SUBJECT_CHARACTERS: usize = 256;

/// What the body says.
pub(crate) struct Login {
    identity: String,
    token: SecretString,
    organization: Option<String>,
}

impl Read for Login {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let identity = form.required("identityId", rule::trimmed(0, 255));
        let token = form.required("jwt", rule::secret(MAX_TOKEN_CHARACTERS));
        let organization = organization(form);
        Some(Self { identity: identity?, token: token?, organization: organization? })
    }
}

pub(crate) async fn login(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody<Login>,
) -> Result<Json<Issued>, Problem> {
    let Login { identity, token, organization } = body.read()?;
    let (identity, auth) = find::<OidcAuth>(&ctx, &identity).await?;
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
        method: &auth,
        client_secret: None,
        identity_auth: Some(IdentityAuth {
            aws: None,
            oidc: Some(OidcClaims { claims: auth.mapped_claims(&claims) }),
        }),
        evidence: format!("subject {subject} of {}", auth.bound_issuer),
    };
    Ok(proven.issue(&ctx, |change| change, &origin, now).await?)
}

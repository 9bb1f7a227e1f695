//! `POST /api/v1/auth/aws-auth/login`: by a signed GetCallerIdentity request.

use axum::{Extension, Json};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use model::access_token::IdentityAuth;
use model::audit::Origin;
use model::aws_auth::AwsAuth;
use model::form::{Form, Read, rule};
use model::signed_request::{SeenSignature, SignedRequest};
use serde_json::Value;
use store::{CommitError, Conflict};
use web::{JsonBody, Now, Problem};

use crate::client_secrets::sha256;
use crate::login::{Issued, LoginError, Proven, find, must_be_ours, organization};
use crate::{State, error};

/// Headers with a long session token, in base64.
const MAX_HEADERS_CHARACTERS: usize = 65_536;

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the body says.
pub(crate) struct Login {
    identity: String,
    method: String,
    body: String,
    headers: String,
    organization: Option<String>,
}

impl Read for Login {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let identity = form.required("identityId", rule::trimmed(0, 255));
        let method = form.or("iamHttpRequestMethod", rule::string(0, 16), "POST".to_owned());
        let body = form.required("iamRequestBody", rule::string(1, 4_096));
        let headers = form.required("iamRequestHeaders", rule::string(1, MAX_HEADERS_CHARACTERS));
        let organization = organization(form);
        Some(Self {
            identity: identity?,
            method: method?,
            body: body?,
            headers: headers?,
            organization: organization?,
        })
    }
}

pub(crate) async fn login(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody<Login>,
) -> Result<Json<Issued>, Problem> {
    let login = body.read()?;
    let (identity, auth) = find::<AwsAuth>(&ctx, &login.identity).await?;
    let body = decoded("iamRequestBody", &login.body)?;
    let headers = decoded("iamRequestHeaders", &login.headers)?;
    let headers: Value = serde_json::from_slice(&headers)
        .map_err(|_| Problem::bad_request("iamRequestHeaders is not a JSON object in base64"))?;
    let request = SignedRequest::check(&login.method, &body, &headers, &auth.sts_endpoint, now)
        .map_err(error::signed_request)?;
    let caller = ctx.sts.caller_identity(&request).await.map_err(error::replay)?;
    auth.check(&caller.principal).map_err(|refused| error::principal(refused, &caller.principal))?;
    must_be_ours(&ctx, login.organization.as_deref())?;
    let proven = Proven {
        identity: &identity,
        method: &auth,
        client_secret: None,
        identity_auth: Some(IdentityAuth { aws: Some(caller.principal.claims(&caller.user_id)), oidc: None }),
        evidence: caller.principal.arn().to_string(),
    };
    // The signature is remembered in the transaction that makes the token: whoever captured the request comes too late.
    let seen = SeenSignature::of(&request, sha256(&request.signature));
    match proven.issue(&ctx, |change| change.create(&seen), &origin, now).await {
        Ok(issued) => Ok(issued),
        Err(LoginError::Commit(CommitError::Conflict(Conflict::Exists { .. }))) => {
            Err(Problem::unauthorized(
                "AWS auth refused: the signed request has been used before; sign a new one",
            ))
        }
        Err(error) => Err(error.into()),
    }
}

fn decoded(field: &str, text: &str) -> Result<Vec<u8>, Problem> {
    BASE64.decode(text.trim()).map_err(|_| Problem::bad_request(format!("{field} is not base64")))
}

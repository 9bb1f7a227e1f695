//! A certificate, its chain and its key in one file.

use axum::extract::State;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use model::form::{Form, Read, rule};
use model::id::CertificateId;
use model::permission::{Action, Scoped as _, Subject};
use secrecy::SecretString;
use web::{Caller, JsonBody, Path, Problem};
use x509::{NotPacked, Pkcs12};

use super::{audit_key, called, open_with_bundle, stored};
use crate::Ctx;

/// The shortest password. A file that is stolen can be tried without anybody noticing.
const SHORTEST_PASSWORD: usize = 6;
const LONGEST_PASSWORD: usize = 1_024;

/// What the body says.
pub(crate) struct Asked {
    password: SecretString,
    alias: Option<String>,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let password = form.required("password", rule::string(SHORTEST_PASSWORD, LONGEST_PASSWORD));
        let alias = form.nullish("alias", rule::trimmed(1, 255));
        Some(Self { password: SecretString::from(password?), alias: alias? })
    }
}

/// `POST …/{certificateId}/pkcs12` `{password, alias?}`: a PKCS#12 file; with the key where we have it, which takes the
/// permission to read it.
pub(super) async fn pkcs12(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
    body: JsonBody<Asked>,
) -> Result<([(HeaderName, HeaderValue); 3], Vec<u8>), Problem> {
    let (certificate, bundle, permissions) = open_with_bundle(&ctx, &caller, id, Action::Read).await?;
    if bundle.sealed_key.is_some() {
        permissions.may(Action::ReadPrivateKey, Subject::Certificates, certificate.scope())?;
    }
    let asked = body.read()?;
    let key = stored::private_key(&ctx, &bundle).await?;
    let (leaf, chain) = stored::certificates(&bundle)?;
    let name = asked.alias.as_deref().unwrap_or(called(&certificate));
    let packed = Pkcs12 { certificate: &leaf, chain: &chain, key: key.as_ref(), name }.pack(&asked.password);
    let file = packed.map_err(|problem| match problem {
        NotPacked::Password => Problem::bad_request(problem.to_string()),
        NotPacked::OtherKey | NotPacked::Write(_) => Problem::bug("write a PKCS#12 file", problem),
    })?;
    if key.is_some() {
        audit_key(&ctx, &caller, &certificate, "PKCS#12").await?;
    }
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/x-pkcs12")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"certificate.p12\"")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, file))
}

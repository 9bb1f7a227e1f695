//! Whose credentials those are: STS is asked with them.

use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::Request;
use hyper::body::Bytes;
use secrecy::ExposeSecret as _;

use super::super::now;
use super::super::wire::{Refusal, element, error_code};
use super::request::SignIn;
use super::{bad_request, unavailable};
use crate::http::Client;
use crate::standins::REGION;

const FORM: &str = "application/x-www-form-urlencoded";
const QUESTION: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// The ARN behind the credentials. The question goes straight to the stand-in: it is the page's, not a caller's.
pub(super) async fn identify(client: &Client, sts: &str, credentials: &SignIn) -> Result<String, Refusal> {
    let broken = |failure: anyhow::Error| {
        tracing::warn!("cannot ask whose credentials are to sign in: {failure:#}");
        unavailable("STS does not answer")
    };
    let request = question(sts, credentials).map_err(broken)?;
    let answer = client.send(sts, request).await.map_err(broken)?;
    if let Some(code) = error_code(&answer) {
        return Err(bad_request(&format!("STS does not accept the credentials: {code}")));
    }
    let xml = String::from_utf8_lossy(answer.body());
    let arn = element(&xml, "Arn").ok_or_else(|| unavailable("STS answers without an ARN"))?;
    Ok(arn.to_owned())
}

fn question(sts: &str, credentials: &SignIn) -> Result<Request<Bytes>> {
    #[expect(clippy::disallowed_methods, reason = "this is AWS's side, where credentials come back")]
    let identity = Credentials::new(
        credentials.access_key_id.as_str(),
        credentials.secret_access_key.expose_secret(),
        Some(credentials.session_token.expose_secret().to_owned()),
        None,
        "sign-in",
    )
    .into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("sts")
        .time(UNIX_EPOCH + now())
        .settings(SigningSettings::default())
        .build()
        .context("prepare a signature")?
        .into();
    let headers = [("content-type", FORM)];
    let body = SignableBody::Bytes(QUESTION.as_bytes());
    let signable = SignableRequest::new("POST", format!("{sts}/"), headers.into_iter(), body)
        .context("describe a question to STS")?;
    let (signature, _) = sign(signable, &params).context("sign a question to STS")?.into_parts();
    let mut request = Request::builder().method("POST").uri("/").header("content-type", FORM);
    for (name, value) in signature.headers() {
        request = request.header(name, value);
    }
    request.body(Bytes::from_static(QUESTION.as_bytes())).context("build a question to STS")
}

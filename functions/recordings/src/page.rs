//! The page that plays recordings: files of `page/`, embedded, and one document that names the sign-in of this deployment.
//!
//! Whoever knows the link gets the page; what it shows, the API decides. Its Content-Security-Policy lets it run its own
//! scripts alone, and speak with this API, the provider's token endpoint and the one bucket of the recording alone.

mod asset;
mod provider;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use model::id::PamSessionId;
use model::recording::Sha256;
use web::{Now, Path, Problem};

use crate::Ctx;
use asset::Asset;
pub(crate) use provider::Provider;

const DOCUMENT: &str = include_str!("../page/index.html");

/// What every answer of the page carries.
const ALWAYS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// `GET /recordings/{recordingId}`, open: the page of one recording; `signed-in` is where the provider sends people back to,
/// from where they go on to the recording's own. One GetItem, and at most once an hour the provider's discovery document.
pub(crate) async fn page(
    State(ctx): State<Ctx>,
    Now(now): Now,
    Path(recording): Path<String>,
) -> Result<Response, Problem> {
    let sign_in = ctx.provider.sign_in(now).await;
    let bucket = match recording.parse::<PamSessionId>() {
        Ok(session) => match ctx.store.recording(session).await? {
            Some(recording) => Some(ctx.buckets.address(&recording.place)?.origin().ascii_serialization()),
            None => None,
        },
        Err(_) => None,
    };
    let (document, trouble) = match &sign_in {
        Ok(sign_in) => (sign_in.written_into(DOCUMENT), None),
        Err(trouble) => (provider::without_sign_in(DOCUMENT, trouble), Some(trouble)),
    };
    if let Some(trouble) = trouble {
        tracing::warn!(%trouble, "nobody can sign in at the page of recordings");
    }
    let token_endpoint = sign_in.ok().map(|sign_in| sign_in.token_origin());
    let reached = [token_endpoint, bucket];
    let policy = security_policy(reached.iter().flatten().map(String::as_str));
    let policy =
        HeaderValue::from_str(&policy).map_err(|error| Problem::bug("write the page's policy", error))?;
    let mut headers = headers("text/html; charset=utf-8");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    // The document names what this deployment is set to now.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, document).into_response())
}

/// `GET /recordings/assets/{file}`, open: a script or a style of the page.
pub(crate) async fn asset(Path(file): Path<String>, asked: HeaderMap) -> Result<Response, Problem> {
    let asset =
        Asset::named(&file).ok_or_else(|| Problem::not_found(format!("The page has no file \"{file}\"")))?;
    let tag = format!("\"{}\"", Sha256::of(asset.content));
    let tag = HeaderValue::from_str(&tag).map_err(|error| Problem::bug("tag a file", error))?;
    let is_known = asked.get_all(IF_NONE_MATCH).iter().any(|known| known == tag);
    let mut headers = headers(asset.kind);
    headers.insert(ETAG, tag);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    // Asked for each time, and sent again only when it is another: scripts of two versions never meet.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, asset.content).into_response())
}

fn headers(kind: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers
}

/// Nothing but the page's own files runs or styles it; `'wasm-unsafe-eval'` is the player's terminal, which is WebAssembly and
/// no script. <https://www.w3.org/TR/CSP3/>
fn security_policy<'a>(reached: impl Iterator<Item = &'a str>) -> String {
    let reached: Vec<&str> = std::iter::once("'self'").chain(reached).collect();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; connect-src {}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        reached.join(" ")
    )
}

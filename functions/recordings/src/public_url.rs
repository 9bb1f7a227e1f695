//! Our own origin: where people open the page that plays recordings.

use axum::extract::FromRequestParts;
use http::request::Parts;
use lambda_http::request::RequestContext;
use web::Problem;

use crate::Ctx;

/// The origin that browsers see, without a slash at its end: the deployment's setting, or the address under which the
/// request reached us, as API Gateway says it, not as the client does.
#[derive(Debug, Clone)]
pub(crate) struct PublicUrl(pub(crate) String);

impl web::Argument for PublicUrl {}

impl FromRequestParts<Ctx> for PublicUrl {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, ctx: &Ctx) -> Result<Self, Problem> {
        if let Some(url) = &ctx.public_url {
            return Ok(Self(url.trim_end_matches('/').to_owned()));
        }
        let domain = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.as_deref(),
            Some(_) | None => None,
        };
        let domain = domain.filter(|domain| !domain.is_empty());
        let domain =
            domain.ok_or_else(|| Problem::bug("find our own address", "an event without a domain"))?;
        Ok(Self(format!("https://{domain}")))
    }
}

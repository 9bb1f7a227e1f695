//! Our own origin: where people open the page that plays recordings, and so what a bucket's CORS rule lets in.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;

use crate::Ctx;

/// The origin that browsers see: the deployment's setting, or the address under which the request reached us, as API Gateway
/// says it, not as the client does.
#[derive(Debug)]
pub(crate) struct Origin(pub(crate) Option<String>);

impl web::Argument for Origin {}

impl FromRequestParts<Ctx> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, ctx: &Ctx) -> Result<Self, Infallible> {
        let domain = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.as_deref(),
            Some(_) | None => None,
        };
        let own = domain.filter(|domain| !domain.is_empty()).map(|domain| format!("https://{domain}"));
        Ok(Self(ctx.public_url.clone().or(own)))
    }
}

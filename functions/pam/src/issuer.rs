//! Our own address: where the console sends people whose session has ended, to come again.

use axum::extract::FromRequestParts;
use http::request::Parts;
use lambda_http::request::RequestContext;
use web::Problem;

/// The address under which the request reached us, as API Gateway says it, not as the client does.
#[derive(Debug)]
pub(crate) struct OwnAddress(pub(crate) Option<String>);

impl web::Argument for OwnAddress {}

impl<S: Sync> FromRequestParts<S> for OwnAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let domain = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.clone(),
            Some(_) | None => None,
        };
        Ok(Self(domain.filter(|domain| !domain.is_empty()).map(|domain| format!("https://{domain}/"))))
    }
}

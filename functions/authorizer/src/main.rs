//! Cold start of the authorizer: settings, clients, the runtime.

use std::sync::Arc;

use authorizer::{Authorizer, Event, People, authorize};
use lambda_runtime::{LambdaEvent, service_fn};
use tokens::Issuer;
use web::start::{self, BadSetting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    start::log();
    let config = start::aws_config().await;
    let authorizer = Arc::new(Authorizer::new(
        &config,
        start::setting("TABLE_NAME")?,
        start::setting("TOKEN_SIGNING_KEY_ID")?,
        start::parsed_setting("ORGANIZATION_ID")?,
        start::optional_setting("ADMIN_PRINCIPAL_ARNS").unwrap_or_default().parse()?,
        people()?,
    ));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
        let authorizer = Arc::clone(&authorizer);
        async move { Ok::<_, lambda_runtime::Error>(authorize(&authorizer, &event.payload, start::clock()).await) }
    }))
    .await
}

/// The company's provider, when the stack names one. Without an audience nobody is let in: any of the provider's tokens
/// would do.
fn people() -> Result<Option<People>, BadSetting> {
    let (Some(name), Some(audience)) =
        (start::optional_setting("OIDC_ISSUER"), start::optional_setting("OIDC_AUDIENCE"))
    else {
        return Ok(None);
    };
    let url = name.parse().map_err(|error| BadSetting::new("OIDC_ISSUER", error))?;
    let issuer = Issuer { name, url, ca_cert: String::new(), audience: Some(audience) };
    Ok(Some(People::new(issuer, &start::list_setting("ADMIN_EMAILS"))))
}

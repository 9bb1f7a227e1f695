//! Cold start of identities: settings, clients, the runtime.

use std::sync::Arc;

use identities::{Ctx, routes};
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::log();
    let config = start::aws_config().await;
    let ctx = Ctx::new(
        start::store(&config)?,
        &config,
        start::setting("TOKEN_SIGNING_KEY_ID")?,
        start::organization()?,
        start::optional_setting("ADMIN_PRINCIPAL_ARNS").unwrap_or_default().parse()?,
    );
    web::serve(routes(), Arc::new(ctx), start::clock).await
}

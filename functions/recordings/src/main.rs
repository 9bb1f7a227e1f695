//! The Lambda function `recordings`: its settings, and then its events until it ends.

use recordings::{Ctx, Settings};
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::log();
    let config = start::aws_config().await;
    let settings = Settings {
        organization: start::parsed_setting("ORGANIZATION_ID")?,
        region: start::parsed_setting("AWS_REGION")?,
        sealing_key_id: start::setting("SEALING_KEY_ID")?,
        public_url: start::optional_setting("PUBLIC_URL"),
        oidc_issuer: start::optional_setting("OIDC_ISSUER"),
        oidc_client_id: start::optional_setting("OIDC_CLIENT_ID"),
        oidc_audience: start::optional_setting("OIDC_AUDIENCE"),
    };
    let ctx = Ctx::new(&config, start::store(&config)?, settings);
    web::serve(recordings::routes(), ctx, start::clock).await
}

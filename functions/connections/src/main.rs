//! The Lambda function `connections`: its settings, and then its events until it ends.

use connections::{Ctx, Settings};
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::log();
    let config = start::aws_config().await;
    let settings = Settings {
        organization: start::parsed_setting("ORGANIZATION_ID")?,
        region: start::parsed_setting("AWS_REGION")?,
        trusted_account: start::parsed_setting("TRUSTED_ACCOUNT_ID")?,
        role_path: start::setting("ROLE_PATH")?,
        external_id_policy: start::parsed_setting("EXTERNAL_ID_POLICY")?,
        sealing_key_id: start::setting("SEALING_KEY_ID")?,
        public_url: start::optional_setting("PUBLIC_URL"),
    };
    let ctx = Ctx::new(&config, start::store(&config)?, settings);
    web::serve(connections::routes(), ctx, start::clock).await
}

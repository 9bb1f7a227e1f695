//! The Lambda function `certificates`: its settings, and then its events until it ends.

use certificates::{Ctx, Settings};
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::log();
    let config = start::aws_config().await;
    let settings = Settings {
        organization: start::parsed_setting("ORGANIZATION_ID")?,
        region: start::parsed_setting("AWS_REGION")?,
        sealing_key_id: start::setting("SEALING_KEY_ID")?,
        certificate_queue_url: start::setting("CERTIFICATE_QUEUE_URL")?,
        certificate_sync_queue_url: start::setting("CERTIFICATE_SYNC_QUEUE_URL")?,
    };
    let ctx = Ctx::new(&config, start::store(&config)?, settings, start::clock);
    web::serve(certificates::routes(), ctx, start::clock).await
}

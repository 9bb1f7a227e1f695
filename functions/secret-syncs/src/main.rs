//! The Lambda function `secret-syncs`: its settings, and then its events until it ends.

use secret_syncs::{Ctx, Settings};
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::log();
    let config = start::aws_config().await;
    let settings = Settings {
        organization: start::parsed_setting("ORGANIZATION_ID")?,
        region: start::parsed_setting("AWS_REGION")?,
        sealing_key_id: start::setting("SEALING_KEY_ID")?,
        secret_sync_queue_url: start::setting("SECRET_SYNC_QUEUE_URL")?,
    };
    let blocks_duplicates = start::parsed_setting("BLOCK_DUPLICATE_SECRET_SYNC_DESTINATIONS")?;
    let ctx = Ctx::new(&config, start::store(&config)?, settings, start::clock);
    let ctx = ctx.blocking_duplicates(blocks_duplicates);
    web::serve(secret_syncs::routes(), ctx, start::clock).await
}

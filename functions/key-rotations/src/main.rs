//! The Lambda function `key-rotations`: its settings, and then its events until it ends.

use key_rotations::Ctx;
use rotation::Settings;
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
        key_rotation_queue_url: start::setting("KEY_ROTATION_QUEUE_URL")?,
        // Requests are few, and people wait for them.
        processes: 1,
    };
    let ctx = Ctx::new(&config, start::store(&config)?, settings, start::clock);
    web::serve(key_rotations::routes(), ctx, start::clock).await
}

//! The Lambda function `key-rotation-worker`: its settings, and then the events of queue and schedule until it ends.

use key_rotation_worker::KeyRotationWorker;
use rotation::{Rotations, Settings};
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    start::log();
    let config = job::aws_config().await;
    let settings = Settings {
        organization: start::parsed_setting("ORGANIZATION_ID")?,
        region: start::parsed_setting("AWS_REGION")?,
        sealing_key_id: start::setting("SEALING_KEY_ID")?,
        secret_sync_queue_url: start::setting("SECRET_SYNC_QUEUE_URL")?,
        key_rotation_queue_url: start::setting("KEY_ROTATION_QUEUE_URL")?,
        processes: start::parsed_setting("KEY_ROTATION_WORKERS")?,
    };
    let store = start::store(&config)?;
    let rotations = Rotations::new(&config, store.clone(), settings, start::clock);
    job::serve(KeyRotationWorker::new(store, rotations), start::clock).await
}

//! The Lambda function `secret-sync-worker`: its settings, and then the events of queue and schedule until it ends.

use destination::{Pace, Quotas};
use secret_sync_worker::{SecretSyncWorker, Settings};
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
        pace: Pace::new(Quotas {
            parameter_store_writes: start::parsed_setting("PARAMETER_STORE_WRITES_PER_SECOND")?,
            ..Quotas::default()
        }),
    };
    let worker = SecretSyncWorker::new(&config, start::store(&config)?, settings, start::clock);
    job::serve(worker, start::clock).await
}

//! The Lambda function `certificate-sync-worker`: its settings, and then the events of queue and schedule until it ends.

use certificate_sync_worker::{CertificateSyncWorker, Settings};
use placement::{Pace, Quotas, Served};
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    start::log();
    let config = job::aws_config().await;
    let quotas =
        Quotas { processes: start::parsed_setting("CERTIFICATE_SYNC_WORKERS")?, ..Quotas::default() };
    let settings = Settings {
        organization: start::parsed_setting("ORGANIZATION_ID")?,
        region: start::parsed_setting("AWS_REGION")?,
        sealing_key_id: start::setting("SEALING_KEY_ID")?,
        certificate_sync_queue_url: start::setting("CERTIFICATE_SYNC_QUEUE_URL")?,
        pace: Pace::new(quotas),
        served: Served::default(),
    };
    let worker = CertificateSyncWorker::new(&config, start::store(&config)?, settings, start::clock);
    job::serve(worker, start::clock).await
}

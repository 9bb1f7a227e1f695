//! The Lambda function `pam-worker`: its settings, and then the schedule's events until it ends.

use pam_worker::PamWorker;
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    start::log();
    let config = job::aws_config().await;
    let worker = PamWorker::new(&config, start::store(&config)?, start::parsed_setting("AWS_REGION")?);
    job::serve(worker, start::clock).await
}

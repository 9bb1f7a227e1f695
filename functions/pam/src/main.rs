//! The Lambda function `pam`: its settings, and then its events until it ends.

use pam::{Ctx, Settings};
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
        record_retention_days: start::parsed_setting("AUDIT_RETENTION_DAYS")?,
        // Where the SDK goes in development, the sign-in page is too.
        stand_in: config.endpoint_url().map(str::to_owned),
    };
    let ctx = Ctx::new(&config, start::store(&config)?, settings);
    web::serve(pam::routes(), ctx, start::clock).await
}

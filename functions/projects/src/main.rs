//! Cold start of `projects`: configuration, client, routes.

use projects::{Ctx, routes};
use web::start;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::log();
    let config = start::aws_config().await;
    let ctx = Ctx { store: start::store(&config)?, organization: start::organization()? };
    web::serve(routes(), ctx, start::clock).await
}

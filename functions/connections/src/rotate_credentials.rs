//! Rotation of a connection's own credentials, which is not offered.

use std::convert::Infallible;

use axum::extract::State;
use model::id::ConnectionId;
use model::permission::Action;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::get::permitted;

/// `POST /api/v1/app-connections/aws/{connectionId}/rotate-credentials`: always refused, with 404 for connections that
/// the caller does not see.
pub(crate) async fn rotate_credentials(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Infallible, Problem> {
    permitted(&ctx, &caller, id, Action::Edit).await?;
    Err(Problem::bad_request("Credential rotation is not supported for AWS connections"))
}

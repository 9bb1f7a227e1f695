//! What this function answers, and to whom.

use web::Access::Caller;
use web::Routes;

use crate::{Ctx, create, credentials, delete, get, list, options, rotate, update};

/// The route table.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    Routes::new()
        .get(Caller, "/api/v2/secret-rotations", list::list)
        .get(Caller, "/api/v2/secret-rotations/options", options::options)
        .get(Caller, "/api/v2/secret-rotations/aws-iam-user-secret", list::list)
        .post(Caller, "/api/v2/secret-rotations/aws-iam-user-secret", create::create)
        .get(Caller, "/api/v2/secret-rotations/aws-iam-user-secret/rotation-name/{name}", get::by_name)
        .get(Caller, "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}", get::by_id)
        .patch(Caller, "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}", update::update)
        .delete(Caller, "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}", delete::delete)
        .get(
            Caller,
            "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}/generated-credentials",
            credentials::generated,
        )
        .post(
            Caller,
            "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}/rotate-secrets",
            rotate::rotate,
        )
        .post(Caller, "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}/rollback", rotate::roll_back)
}

//! What this function answers, and to whom.

use web::Access::{Caller, Person};
use web::Routes;

use crate::{
    Ctx, available, check, create, delete, get, kms_keys, list, options, policies, rotate_credentials,
    trust_policy, update, users,
};

/// The route table.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    Routes::new()
        .get(Caller, "/api/v1/app-connections", list::list)
        .get(Caller, "/api/v1/app-connections/options", options::options)
        .get(Caller, "/api/v1/app-connections/aws", list::list)
        .post(Caller, "/api/v1/app-connections/aws", create::create)
        .get(Caller, "/api/v1/app-connections/aws/available", available::available)
        .get(Caller, "/api/v1/app-connections/aws/policies", policies::policies)
        .get(Caller, "/api/v1/app-connections/aws/connection-name/{name}", get::by_name)
        .get(Caller, "/api/v1/app-connections/aws/{connectionId}", get::by_id)
        .patch(Caller, "/api/v1/app-connections/aws/{connectionId}", update::update)
        .delete(Caller, "/api/v1/app-connections/aws/{connectionId}", delete::delete)
        .post(
            Caller,
            "/api/v1/app-connections/aws/{connectionId}/rotate-credentials",
            rotate_credentials::rotate_credentials,
        )
        .get(Caller, "/api/v1/app-connections/aws/{connectionId}/trust-policy", trust_policy::trust_policy)
        .post(Caller, "/api/v1/app-connections/aws/{connectionId}/check", check::check)
        .get(Person, "/api/v1/app-connections/aws/{connectionId}/kms-keys", kms_keys::kms_keys)
        .get(Person, "/api/v1/app-connections/aws/{connectionId}/users", users::users)
}

//! What this function answers, and to whom.

use web::Access::Caller;
use web::Routes;

use crate::{Ctx, check_destination, create, delete, drift, get, list, options, plan, trigger, update};

/// The route table. `{destination}` is `aws-secrets-manager` or `aws-parameter-store`.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    Routes::new()
        .get(Caller, "/api/v1/secret-syncs", list::all)
        .get(Caller, "/api/v1/secret-syncs/options", options::options)
        .get(Caller, "/api/v1/secret-syncs/{destination}", list::of_destination)
        .post(Caller, "/api/v1/secret-syncs/{destination}", create::create)
        .post(
            Caller,
            "/api/v1/secret-syncs/{destination}/check-destination",
            check_destination::check_destination,
        )
        .get(Caller, "/api/v1/secret-syncs/{destination}/sync-name/{name}", get::by_name)
        .get(Caller, "/api/v1/secret-syncs/{destination}/{syncId}", get::by_id)
        .patch(Caller, "/api/v1/secret-syncs/{destination}/{syncId}", update::update)
        .delete(Caller, "/api/v1/secret-syncs/{destination}/{syncId}", delete::delete)
        .post(Caller, "/api/v1/secret-syncs/{destination}/{syncId}/sync-secrets", trigger::sync)
        .post(Caller, "/api/v1/secret-syncs/{destination}/{syncId}/import-secrets", trigger::import)
        .post(Caller, "/api/v1/secret-syncs/{destination}/{syncId}/remove-secrets", trigger::remove)
        .post(Caller, "/api/v1/secret-syncs/{destination}/{syncId}/plan", plan::plan)
        .get(Caller, "/api/v1/secret-syncs/{destination}/{syncId}/drift", drift::drift)
}

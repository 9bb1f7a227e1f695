//! What this function answers, and to whom.

use web::Access::Caller;
use web::Routes;

use crate::{
    Ctx, access, access_request, accessible, account_create, account_delete, account_list, account_update,
    policies, resource_create, resource_delete, resource_get, resource_update, session_end, session_events,
    session_get, session_list, session_terminate,
};

/// The route table.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    Routes::new()
        .get(Caller, "/api/v1/pam/resources", resource_get::list)
        .get(Caller, "/api/v1/pam/resources/aws-iam", resource_get::list)
        .post(Caller, "/api/v1/pam/resources/aws-iam", resource_create::create)
        .get(Caller, "/api/v1/pam/resources/aws-iam/policies", policies::policies)
        .get(Caller, "/api/v1/pam/resources/aws-iam/{resourceId}", resource_get::by_id)
        .patch(Caller, "/api/v1/pam/resources/aws-iam/{resourceId}", resource_update::update)
        .delete(Caller, "/api/v1/pam/resources/aws-iam/{resourceId}", resource_delete::delete)
        .get(Caller, "/api/v1/pam/accounts", account_list::list)
        .post(Caller, "/api/v1/pam/accounts/aws-iam", account_create::create)
        .get(Caller, "/api/v1/pam/accounts/accessible", accessible::accessible)
        .post(Caller, "/api/v1/pam/accounts/access", access::access)
        .post(Caller, "/api/v1/pam/access-requests", access_request::create)
        .get(Caller, "/api/v1/pam/accounts/aws-iam/{accountId}", account_list::by_id)
        .patch(Caller, "/api/v1/pam/accounts/aws-iam/{accountId}", account_update::update)
        .delete(Caller, "/api/v1/pam/accounts/aws-iam/{accountId}", account_delete::delete)
        .get(Caller, "/api/v1/pam/sessions", session_list::list)
        .get(Caller, "/api/v1/pam/sessions/{sessionId}", session_get::by_id)
        .post(Caller, "/api/v1/pam/sessions/{sessionId}/end", session_end::end)
        .post(Caller, "/api/v1/pam/sessions/{sessionId}/terminate", session_terminate::terminate)
        .get(Caller, "/api/v1/pam/sessions/{sessionId}/events", session_events::events)
}

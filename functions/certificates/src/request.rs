//! Requests for certificates: from what somebody asks for to an order, and how far it got.

mod error;
mod get;
mod issue;
mod list;
mod signed;

use web::Access::Caller as Anybody;
use web::Routes;

use crate::Ctx;

const NOUN: &str = "certificate request";

/// The routes of requests.
pub(crate) fn routes(routes: Routes<Ctx>) -> Routes<Ctx> {
    routes
        .post(Anybody, "/api/v1/cert-manager/certificates", issue::issue)
        .get(Anybody, "/api/v1/cert-manager/certificates/certificate-requests", list::list)
        .get(Anybody, "/api/v1/cert-manager/certificates/certificate-requests/{requestId}", get::get)
}

//! What this function answers, and to whom: each noun's own list, one after the other.

use web::Routes;

use crate::{Ctx, application, authority, certificate, policy, profile, request};

/// The route table.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    let routes = authority::routes(Routes::new());
    let routes = policy::routes(routes);
    let routes = profile::routes(routes);
    let routes = application::routes(routes);
    let routes = request::routes(routes);
    certificate::routes(routes)
}

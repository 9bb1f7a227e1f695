//! The routes of this function, and nothing else.

use web::Routes;

use crate::Ctx;

/// Every route, each for whoever has a valid token.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    Routes::new()
}

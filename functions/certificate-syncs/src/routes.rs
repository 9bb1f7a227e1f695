//! What this function answers, and to whom.

use web::Access::{Caller, Person};
use web::Routes;

use crate::{
    Ctx, certificates, create, default, delete, get, list, load_balancers, options, plan, rollback, trigger,
    update,
};

/// A route below the base, and below the one that older clients know.
macro_rules! both {
    ($routes:expr, $method:ident, $who:expr, $path:literal, $handler:path) => {
        $routes.$method($who, concat!("/api/v1/cert-manager/syncs", $path), $handler).$method(
            $who,
            concat!("/api/v1/pki/syncs", $path),
            $handler,
        )
    };
}

/// The route table. `{destination}` is `aws-certificate-manager` or `aws-elastic-load-balancer`; after `GET` it may be a sync's
/// id as well.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    let routes = Routes::new();
    let routes = both!(routes, get, Caller, "", list::all);
    let routes = both!(routes, get, Caller, "/options", options::options);
    let routes = both!(routes, get, Caller, "/{destination}", get::named);
    let routes = both!(routes, post, Caller, "/{destination}", create::create);
    let routes = both!(routes, get, Caller, "/{syncId}/certificates", certificates::list);
    let routes = both!(routes, post, Caller, "/{syncId}/certificates", certificates::attach);
    let routes = both!(routes, delete, Caller, "/{syncId}/certificates", certificates::detach);
    let routes = both!(routes, get, Person, "/{destination}/load-balancers", load_balancers::all);
    let routes = both!(routes, get, Person, "/{destination}/listeners", load_balancers::listeners);
    let routes = both!(routes, get, Caller, "/{destination}/{syncId}", get::by_id);
    let routes = both!(routes, patch, Caller, "/{destination}/{syncId}", update::update);
    let routes = both!(routes, delete, Caller, "/{destination}/{syncId}", delete::delete);
    let routes = both!(routes, post, Caller, "/{destination}/{syncId}/sync", trigger::sync);
    let routes = both!(routes, post, Caller, "/{destination}/{syncId}/import", trigger::import);
    let routes = both!(routes, post, Caller, "/{destination}/{syncId}/remove-certificates", trigger::remove);
    let routes = both!(routes, post, Caller, "/{destination}/{syncId}/plan", plan::plan);
    let routes = both!(
        routes,
        post,
        Caller,
        "/{destination}/{syncId}/certificates/{certificateId}/rollback",
        rollback::rollback
    );
    let routes = both!(
        routes,
        post,
        Caller,
        "/{destination}/{syncId}/certificates/{certificateId}/default",
        default::set
    );
    both!(routes, delete, Caller, "/{destination}/{syncId}/certificates/default", default::unset)
}

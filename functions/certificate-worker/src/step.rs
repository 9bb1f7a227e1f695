//! The steps themselves: each one effect, and its outcome in the record.

mod acm;
mod private_ca;

use model::certificate::order::Step;

use crate::fault::Stop;
use crate::hold::Hold;
use crate::target::Target;

/// Takes a step. The authority is looked up before the first one that needs it, and believed for the others of this hold.
pub(crate) async fn take(hold: &mut Hold<'_>, target: &mut Option<Target>, step: Step) -> Result<(), Stop> {
    if let Step::Fail(failure) = &step {
        return hold.fail(failure).await;
    }
    if step == Step::MakeKey {
        return private_ca::make_key(hold).await;
    }
    let Some(target) = reached(hold, target).await? else { return Ok(()) };
    match step {
        Step::Issue { token, csr, before } => private_ca::issue(hold, target, &token, &csr, before).await,
        Step::Fetch { arn } => private_ca::fetch(hold, target, &arn).await,
        Step::PlaceNames { names } => acm::place_names(hold, target, &names).await,
        Step::Request { token, names, before } => acm::request(hold, target, &token, &names, before).await,
        Step::Search { since, names } => acm::search(hold, target, since, &names).await,
        Step::Describe { arn } => acm::describe(hold, target, &arn).await,
        Step::Record { batches } => acm::record(hold, target, &batches).await,
        Step::Renew { arn, before } => acm::renew(hold, target, &arn, before).await,
        Step::Export { arn } => acm::export(hold, target, &arn).await,
        Step::Idle | Step::WaitUntil(_) | Step::Fail(_) | Step::MakeKey => Ok(()),
    }
}

/// The authority of an order; `None` when the order has ended for want of it.
async fn reached<'t>(
    hold: &mut Hold<'_>,
    target: &'t mut Option<Target>,
) -> Result<Option<&'t Target>, Stop> {
    let target = match target {
        Some(target) => target,
        None => match Target::find(&hold.worker.store, hold.order.certificate_authority_id).await? {
            Ok(found) => target.insert(found),
            Err(failure) => return hold.fail(&failure).await.map(|()| None),
        },
    };
    match target.serves(&hold.order) {
        Ok(()) => Ok(Some(target)),
        Err(failure) => hold.fail(&failure).await.map(|()| None),
    }
}

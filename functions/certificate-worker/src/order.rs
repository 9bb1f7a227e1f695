//! A look at one order: step by step, until there is more to wait for than a few seconds.

use std::time::Duration;

use futures::FutureExt as _;
use job::Deadline;
use model::certificate::order::Step;
use model::id::CertificateRequestId;

use crate::fault::Stop;
use crate::hold::{Hold, TO_PUT_AWAY, Taken};
use crate::worker::CertificateWorker;
use crate::{Fault, step};

/// So long an invocation waits for the next step of an order itself: the first looks at a certificate that is being issued lie
/// closer together than ticks do.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);

/// So many steps in one hold: more than any order has.
const STEPS: u32 = 100;

/// Takes the steps of an order that are due.
///
/// A look that finds nothing due costs one GetItem. One that finds something costs two writes more, one GetItem for the
/// authority and one for each of its connections, and for each step what the step does and one write.
pub(crate) async fn run(
    worker: &CertificateWorker,
    id: CertificateRequestId,
    deadline: &Deadline,
) -> Result<&'static str, Fault> {
    let mut hold = match Hold::take(worker, id, deadline).await? {
        Taken::Hold(hold) => hold,
        Taken::Not(why) => return Ok(why),
    };
    match steps(&mut hold).await {
        Ok(word) => Ok(word),
        Err(Stop::Lost) => Ok("lost"),
        // The certificate that was found is another order's by now: the next look finds that out.
        Err(Stop::Taken) => {
            hold.release().await?;
            Ok("paused")
        }
        Err(Stop::Fault(fault)) => {
            tracing::warn!(certificate_request.id = %id, cause = fault.causes(), "an order was left where it is");
            Err(fault)
        }
    }
}

async fn steps(hold: &mut Hold<'_>) -> Result<&'static str, Stop> {
    let mut target = None;
    for _ in 0..STEPS {
        if hold.deadline.is_near(TO_PUT_AWAY) {
            break;
        }
        let now = hold.now();
        let step = hold.order.next(now);
        if step == Step::Idle {
            return Ok(hold.order.progress.status().name());
        }
        if let Step::WaitUntil(at) = step {
            let span = at.since(now);
            if span > LONGEST_SLEEP || hold.deadline.is_near(span + TO_PUT_AWAY) {
                hold.release().await?;
                return Ok("waits");
            }
            let pace = hold.worker.authorities.pace();
            pace.sleep_until(pace.now() + span).await;
            continue;
        }
        tracing::info!(certificate_request.id = %hold.order.id, step = step.name(), "a step of an order");
        step::take(hold, &mut target, step).boxed().await?;
    }
    hold.release().await?;
    hold.worker.orders.wake([hold.order.id]).await;
    Ok("paused")
}

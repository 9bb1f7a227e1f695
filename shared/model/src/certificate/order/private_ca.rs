//! The machine of AWS Private CA.
//!
//! <https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html>

use super::failure::Failure;
use super::pace::REPEATS_OF_PRIVATE_CA;
use super::progress::Stage;
use super::{KeyOrigin, Order, Step};
use crate::Timestamp;

pub(super) fn next(order: &Order, now: Timestamp) -> Step {
    let progress = &order.progress;
    let csr = match (&order.key, &progress.made_key) {
        (KeyOrigin::Csr(csr), _) => csr,
        (KeyOrigin::Made, Some(made)) => &made.csr,
        (KeyOrigin::Made, None) => return without_a_key(order),
    };
    let issue = |before| Step::Issue { token: order.token(), csr: csr.clone(), before };
    match &progress.stage {
        Stage::Wanted | Stage::Ready => issue(now.plus(REPEATS_OF_PRIVATE_CA)),
        Stage::Paying { at, .. } => {
            let until = at.plus(REPEATS_OF_PRIVATE_CA);
            if now < until {
                issue(until)
            } else {
                Step::Fail(Failure::MayBeIssued { at: *at, last: progress.message.clone() })
            }
        }
        Stage::Ordered { arn, .. } => Step::Fetch { arn: arn.clone() },
        Stage::Issued { .. } | Stage::Failed { .. } => Step::Idle,
    }
}

fn without_a_key(order: &Order) -> Step {
    match &order.progress.stage {
        Stage::Wanted | Stage::Ready => Step::MakeKey,
        Stage::Paying { .. } | Stage::Ordered { .. } => {
            Step::Fail(Failure::Gone("the key that was made for the certificate is gone".to_owned()))
        }
        Stage::Issued { .. } | Stage::Failed { .. } => Step::Idle,
    }
}

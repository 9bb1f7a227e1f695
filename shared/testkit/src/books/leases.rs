//! Leases: whoever is at work will be found by the index of due work if it dies, and soon.

use std::time::Duration;

use model::Timestamp;
use model::certificate::Certificate;
use model::certificate::order::Order;
use model::certificate_sync::CertificateSyncRun;
use model::key_rotation::RotationState;
use model::secret_sync::{SecretSyncDrift, SecretSyncRun};

use super::Books;

/// No function lives longer than a quarter of an hour, <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>,
/// and no lease needs more than the double.
const LONGEST: Duration = Duration::from_secs(1_800);

/// What is wanted of something, who is at it, and when somebody will look.
struct Work {
    what: String,
    wanted: bool,
    until: Option<Timestamp>,
    due: Option<Timestamp>,
}

pub(super) fn faults(books: &Books, now: Timestamp) -> Vec<String> {
    let syncs = books.all::<SecretSyncRun>().into_iter().map(|run| Work {
        what: format!("secret sync {}", run.id),
        wanted: run.wants_anything() || run.current.is_some() || run.deleted,
        until: run.lease.map(|lease| lease.until),
        due: run.due_at,
    });
    let drifts = books.all::<SecretSyncDrift>().into_iter().map(|drift| Work {
        what: format!("drift check of secret sync {}", drift.id),
        wanted: drift.every_hours > 0,
        until: drift.lease.map(|lease| lease.until),
        due: drift.due_at,
    });
    let certificates = books.all::<CertificateSyncRun>().into_iter().map(|run| Work {
        what: format!("certificate sync {}", run.id),
        wanted: run.wants_anything() || run.current.is_some() || run.deleted,
        until: run.lease.map(|lease| lease.until),
        due: run.due_at,
    });
    let rotations = books.all::<RotationState>().into_iter().map(|state| Work {
        what: format!("key rotation {}", state.id),
        wanted: state.ending.is_some(),
        until: state.lease.map(|lease| lease.until),
        due: state.due_at,
    });
    let orders = books.all::<Order>().into_iter().map(|order| Work {
        what: format!("certificate request {}", order.id),
        wanted: !order.progress.has_ended(),
        until: order.lease.map(|lease| lease.until),
        due: order.due_at,
    });
    let revocations = books.all::<Certificate>().into_iter().map(|certificate| Work {
        what: format!("the revocation of certificate {}", certificate.id),
        wanted: certificate.revocation.is_some_and(|revocation| revocation.revoked_at.is_none()),
        until: None,
        due: certificate.due_at,
    });
    let all = syncs.chain(drifts).chain(certificates).chain(rotations).chain(orders).chain(revocations);
    let mut faults = Vec::new();
    for Work { what, wanted, until, due } in all {
        if wanted && due.is_none() {
            faults.push(format!("{what} wants something, and nobody will look"));
        }
        if let Some(until) = until {
            if due.is_none() {
                faults.push(format!("{what} is being worked on, and nobody will look when that ends"));
            }
            if until > now.plus(LONGEST) {
                faults.push(format!("{what} is being worked on until {until}, which is too long"));
            }
        }
    }
    faults
}

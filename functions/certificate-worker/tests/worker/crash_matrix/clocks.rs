//! The clock of a worker that jumps, in the middle of an order.

use std::time::Duration;

use job::Worker as _;
use model::message::Noun;
use testkit::gate::Gate;
use testkit::matrix;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::world::{DAY, World};

/// In seconds: an hour and a day, forward and backward, each at another call; until the message is worked off.
const JUMPS: [i64; 4] = [3_600, -86_400, 86_400, -3_600];

/// An order at whose call `number` the clock jumps. Whether there was such a call.
async fn jumps(number: u32, seconds: i64, is_public: bool) -> bool {
    let gate = Gate::default();
    let world = World::gated(&gate).await;
    let zone = world.pki.put_zone("example.com", false);
    let (private, arn) = world.private_ca(PrivateCa::default(), None).await;
    let public = world.public_ca(&[&zone], None).await;
    let order = match is_public {
        true => world.public_order(public, &["example.com"]),
        false => world.private_order(private),
    };
    let id = world.ask(&order).await;
    let worker = world.through(|config| gate.through(config));
    let text = id.to_string();
    let deed = worker.work(Noun::CertificateRequest, &text, World::deadline());
    let (_, was_reached) = gate.at(number, deed, async { clock::set_skew(seconds) }).await;
    let what = format!("{seconds} s at {number}, public: {is_public}");
    // Somebody sets it right, and whatever was put off until a wrong time comes.
    clock::set_skew(0);
    clock::advance(Duration::from_secs(1));
    let order = world.settle(id, 2 * DAY).await;
    assert!(order.progress.has_ended(), "{what}: {:?}", order.progress);
    let there = if is_public { world.pki.certificates().len() } else { world.pki.issued(&arn).len() };
    assert!(there <= 1, "{what}: paid twice");
    match order.progress.certificate_id() {
        Some(_) => drop(world.certificate(id).await),
        // Whoever does not know whether AWS issued one says so, and orders no second one; and after a day it is too late.
        None => {
            let message = order.progress.message.clone().unwrap_or_default();
            let is_told = ["may have issued one", "did not issue the certificate in time"];
            assert!(is_told.iter().any(|told| message.contains(told)), "{what}: {message}");
        }
    }
    was_reached
}

#[tokio::test]
async fn a_clock_that_jumps_at_any_call_pays_for_nothing_twice() {
    for (shift, is_public) in [false, true].into_iter().enumerate() {
        let mut number = 0;
        for jump in JUMPS.into_iter().cycle().skip(shift) {
            number += 1;
            if !jumps(number, jump, is_public).await {
                break;
            }
        }
        let calls = number - 1;
        assert!(calls > 15, "{calls}");
        let by = if is_public { "ACM" } else { "a private CA" };
        let operation = format!("clock jumps an hour or a day, issue by {by}");
        matrix::tell(&operation, calls, calls as usize, "ends, paid once");
    }
}

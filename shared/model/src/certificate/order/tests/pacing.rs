//! How often AWS is asked whether it is done.

use std::collections::BTreeMap;

use super::*;

/// Half of Private CA's quota of GetCertificate, a second.
const HALF: usize = 37;

#[test]
fn a_thousand_orders_of_one_second_are_looked_at_within_half_the_quota() {
    let mut looks: BTreeMap<i64, usize> = BTreeMap::new();
    for _ in 0..1_000 {
        let mut order = order(AuthorityType::AwsPca).ordered("arn".into(), at(0));
        let mut now = at(0);
        while now < at(3_600) {
            order = order.in_progress(now);
            let Step::WaitUntil(then) = order.next(now) else { panic!("it waits") };
            now = then;
            *looks.entry(now.unix_seconds()).or_default() += 1;
        }
    }
    // The first looks, while whoever asked still waits, are the pace's to spread: they are of one invocation each.
    let after_the_first = looks.range(at(20).unix_seconds()..).map(|(_, count)| *count);
    let most = after_the_first.max().unwrap();
    assert!(most <= HALF, "{most} looks in one second");
}

#[test]
fn the_first_looks_are_soon() {
    let mut order = order(AuthorityType::AwsPca).ordered("arn".into(), at(0));
    let mut now = at(0);
    let mut waits = Vec::new();
    for _ in 0..60 {
        order = order.in_progress(now);
        let Step::WaitUntil(then) = order.next(now) else { panic!("it waits") };
        waits.push(then.since(now).as_secs());
        now = then;
    }
    assert_eq!(waits[..4], [1, 2, 4, 8]);
    assert!(waits[4..40].iter().all(|wait| (30..120).contains(wait)), "{waits:?}");
    assert!(waits[41..].iter().all(|wait| (270..330).contains(wait)), "{waits:?}");
}

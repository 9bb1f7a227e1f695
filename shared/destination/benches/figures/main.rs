//! What a sync of 1,000 secrets costs, in calls and in time: `cargo bench -p destination --bench figures`.
//!
//! The account answers each call after 20 ms. Next to each run stands the same run as the peer makes it: one call after another,
//! tags and keys asked for one by one. Times are of a simulated clock, so that a busy machine does not count, and of the wall
//! for our own first sync; a build without optimisation (`--profile dev`) is judged by the simulated clock alone.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a benchmark fails by panicking")]

mod peer;
#[path = "../../tests/destination/sync.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod sync;

use std::time::{Duration, Instant};

use destination::Quotas;
use testkit::account::Account;
use testkit::clock::SimulatedClock;

use sync::{Sync, borrowed, many, writes};

const CALL: Duration = Duration::from_millis(20);
const COUNT: usize = 1_000;
const AT_ONCE: u32 = 10;

/// What a run cost.
#[derive(Clone, Copy)]
struct Cost {
    calls: usize,
    writes: usize,
    took: Duration,
}

fn cost(account: &Account, took: Duration) -> Cost {
    Cost { calls: account.calls().len(), writes: writes(account), took }
}

fn row(what: &str, cost: Cost, peer: Option<Cost>, limit: &str, holds: bool) {
    let ratio = |ours: f64, theirs: f64| format!("{:.1}×", theirs / ours);
    let (calls, time) = peer.map_or_else(Default::default, |peer| {
        let count = |calls: usize| f64::from(u32::try_from(calls).unwrap());
        let seconds = (cost.took.as_secs_f64(), peer.took.as_secs_f64());
        (
            format!("{:>6} ({})", peer.calls, ratio(count(cost.calls), count(peer.calls))),
            format!("{:>8.2} s ({})", peer.took.as_secs_f64(), ratio(seconds.0, seconds.1)),
        )
    });
    println!(
        "{what:<46} {:>6} {:>6} {:>8.2} s   {calls:<15} {time:<19} {limit:<26} {}",
        cost.calls,
        cost.writes,
        cost.took.as_secs_f64(),
        if holds { "holds" } else { "MISSED" }
    );
}

fn ideal(calls: usize) -> Duration {
    CALL * u32::try_from(calls).unwrap() / AT_ONCE
}

/// A first sync and an unchanged one, ours and the peer's, on a simulated clock; whether every limit held.
fn compare(title: &str, place: &str, most_unchanged: usize) -> bool {
    let clock = SimulatedClock::default();
    let mut sync = Sync::of(&clock, place);
    sync.account.set_latency(CALL);
    let keys = many(COUNT);
    let run = |sync: &mut Sync, is_first: bool| {
        sync.account.forget_calls();
        let start = clock.now();
        let report = clock.run(sync.run(is_first, &borrowed(&keys))).expect("a run");
        assert!(report.is_clean(), "{:?}", report.texts());
        cost(&sync.account, clock.now() - start)
    };
    let (first, unchanged) = (run(&mut sync, true), run(&mut sync, false));

    let account = Account::on(&clock);
    account.set_latency(CALL);
    let theirs = || {
        account.forget_calls();
        let start = clock.now();
        clock.run(peer::sync(&account, place, &keys));
        cost(&account, clock.now() - start)
    };
    let (their_first, their_unchanged) = (theirs(), theirs());
    assert_eq!(sync.there(), values(&account), "both pushed the same");

    let limit = ideal(first.calls).mul_f64(1.3);
    let holds = [first.took <= limit, unchanged.writes == 0 && unchanged.calls <= most_unchanged];
    row(
        &format!("{title}, first sync"),
        first,
        Some(their_first),
        &format!("{:.2} s", limit.as_secs_f64()),
        holds[0],
    );
    let limit = format!("0 writes, {most_unchanged} calls");
    row(&format!("{title}, nothing changed"), unchanged, Some(their_unchanged), &limit, holds[1]);
    holds == [true, true]
}

fn values(account: &Account) -> std::collections::BTreeMap<String, String> {
    let secrets =
        account.secrets().into_iter().map(|(name, secret)| (name, secret.value.unwrap_or_default()));
    secrets.chain(account.parameters().into_iter().map(|(name, parameter)| (name, parameter.value))).collect()
}

/// Our first sync by the clock on the wall.
fn on_the_wall(title: &str, place: &str) -> bool {
    let mut sync = Sync::of(&SimulatedClock::default(), place);
    sync.account = Account::new();
    sync.config = sync.account.config();
    sync.clock = None;
    sync.account.set_latency(CALL);
    let keys = many(COUNT);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let start = Instant::now();
    let report = runtime.block_on(sync.first(&borrowed(&keys))).expect("a run");
    assert!(report.is_clean());
    let cost = cost(&sync.account, start.elapsed());
    let limit = ideal(cost.calls).mul_f64(1.3);
    let is_judged = !cfg!(debug_assertions);
    let holds = !is_judged || cost.took <= limit;
    let note = if is_judged { "" } else { " (not judged)" };
    row(
        &format!("{title}, first sync, on the wall"),
        cost,
        None,
        &format!("{:.2} s{note}", limit.as_secs_f64()),
        holds,
    );
    holds
}

/// A first sync within AWS's documented quotas.
fn within_quota(title: &str, place: &str, action: &str, per_second: f64, most: Duration) -> bool {
    let clock = SimulatedClock::default();
    let mut sync = Sync::of(&clock, place);
    sync.quotas = Quotas::default();
    sync.account.set_latency(CALL);
    sync.account.set_quota(action, per_second);
    let keys = many(COUNT);
    let start = clock.now();
    let report = clock.run(sync.first(&borrowed(&keys))).expect("a run");
    let took = clock.now() - start;
    let holds = report.is_clean() && sync.there().len() == COUNT && took <= most;
    row(title, cost(&sync.account, took), None, &format!("{:.2} s, no key fails", most.as_secs_f64()), holds);
    holds
}

fn main() {
    println!(
        "{COUNT} secrets, 20 ms a call, {AT_ONCE} at once; the peer's run and how many times ours it costs"
    );
    println!(
        "{:<46} {:>6} {:>6} {:>10}   {:<15} {:<19} {:<26}",
        "run", "calls", "writes", "time", "peer's calls", "peer's time", "limit"
    );
    let holds = [
        compare("Secrets Manager", "one-to-one", 60),
        compare("Parameter Store", "/app/", 100),
        on_the_wall("Secrets Manager", "one-to-one"),
        on_the_wall("Parameter Store", "/app/"),
        within_quota(
            "Parameter Store, first sync, 3 PutParameter/s",
            "/app/",
            "ssm:PutParameter",
            3.0,
            Duration::from_secs(334).mul_f64(1.05),
        ),
        within_quota(
            "Secrets Manager, first sync, 50 CreateSecret/s",
            "one-to-one",
            "secretsmanager:CreateSecret",
            50.0,
            Duration::from_secs(20).mul_f64(1.05),
        ),
    ];
    assert!(holds.iter().all(|holds| *holds), "a figure is missed");
}

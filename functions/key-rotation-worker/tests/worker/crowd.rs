//! A thousand that are due at one minute, in one account: through the tick, the queue and the claim, by as many processes as
//! the template lets be at work at once, each with a clock of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use job::handle;
use model::Timestamp;
use model::key_rotation::{Progress, RotationState, Seen};
use serde_json::json;
use store::{Bookkeeping, Change};
use testkit::iam::Asked;

use crate::world::{World, deadline, message, now, pass, passed, set};

const CROWD: usize = 1_000;
/// The template's MaximumConcurrency and `KEY_ROTATION_WORKERS`.
const PROCESSES: u32 = 20;
/// What a call to AWS takes.
const CALL: Duration = Duration::from_millis(60);
/// The queue's delay.
const DELAY: Duration = Duration::from_secs(2);

impl World {
    /// A rotation whose first key was published a month ago, and that is due.
    async fn due(&self, number: usize) {
        let rotation = self.define(&format!("user-{number}"));
        let user = &rotation.parameters.user_name;
        self.iam.put_user(user);
        let key = self.iam.put_key(user).parse().unwrap();
        let seen = Seen { user_id: None, keys: Vec::new(), renamed_to: None, signed_by: None };
        let made = Progress::begin(&[], now()).creating(&seen, now()).created(key, now());
        let proved = made.keys[0].id.clone();
        let published = made.tried(&proved, true, now()).published_key(&rotation, &proved, now());
        let progress = Progress { next_rotation_at: Some(now()), ..published };
        let state = RotationState::new(&rotation, progress, now());
        let change = Change::new(now()).create(&rotation).create(&state);
        self.store.keep_count(Bookkeeping(change)).await.unwrap();
    }
}

/// The most calls in any second.
fn most_in_a_second(calls: &[&Asked]) -> usize {
    let mut times: Vec<Timestamp> = calls.iter().map(|call| call.at).collect();
    times.sort();
    let within = |at: Timestamp| {
        let after = times.partition_point(|other| *other < at.plus(Duration::from_secs(1)));
        after - times.partition_point(|other| *other < at)
    };
    times.iter().map(|at| within(*at)).max().unwrap_or_default()
}

#[tokio::test]
async fn a_thousand_due_at_one_minute_are_started_within_it_inside_the_budget_and_no_user_twice() {
    let world = World::new().await;
    stream::iter(0..CROWD).for_each_concurrent(8, |number| world.due(number)).await;
    let processes: Vec<_> = (0..PROCESSES).map(|_| world.process(PROCESSES)).collect();
    world.iam.at_each_call(|| pass(CALL));
    let began = now();
    handle(&processes[0], json!({ "tick": true }), deadline(), "i").await.unwrap();
    let mut messages = Vec::new();
    while let Some(id) = world.iam.receive("rotations") {
        messages.push(id);
    }
    assert_eq!(messages.iter().collect::<BTreeSet<_>>().len(), CROWD);
    // Some come twice, as a queue's messages do.
    let again: Vec<_> = messages.iter().step_by(20).cloned().collect();
    messages.extend(again);
    world.iam.forget_calls();

    let mut clocks = vec![passed() + DELAY; processes.len()];
    for id in &messages {
        // Whoever is free first takes the next one.
        let (next, at) = clocks.iter().copied().enumerate().min_by_key(|(_, at)| *at).unwrap();
        set(at);
        let answer = handle(&processes[next], message(id), deadline(), "i").await.unwrap();
        assert!(answer.batch_item_failures.is_empty(), "{id}");
        clocks[next] = passed();
    }

    let calls = world.iam.calls();
    let made: Vec<&Asked> = calls.iter().filter(|call| call.action == "iam:CreateAccessKey").collect();
    let users: BTreeSet<&str> = made.iter().map(|call| call.user.as_str()).collect();
    assert_eq!((made.len(), users.len()), (CROWD, CROWD), "no user twice, and nobody left out");
    let last = made.iter().map(|call| call.at).max().unwrap();
    let reads: Vec<&Asked> = calls
        .iter()
        .filter(|call| call.action.starts_with("iam:") && call.action != "iam:CreateAccessKey")
        .collect();
    let (writes, reads_at_once) = (most_in_a_second(&made), most_in_a_second(&reads));
    println!(
        "{CROWD} started within {:?}; at most {writes} writes and {reads_at_once} reads of IAM in a second, {} reads in all",
        last.since(began),
        reads.len(),
    );
    assert!(last.since(began) < Duration::from_secs(60), "{:?}", last.since(began));
    // Each process's first call of a lane leaves at once.
    let slack = f64::from(PROCESSES);
    assert!(f64::from(u32::try_from(writes).unwrap()) <= rotation::WRITES + slack, "{writes}");
    assert!(f64::from(u32::try_from(reads_at_once).unwrap()) <= rotation::READS + slack, "{reads_at_once}");
    let long = last.since(made.iter().map(|call| call.at).min().unwrap()).as_secs_f64();
    assert!(1_000.0 / long <= rotation::WRITES * 1.1, "faster than the budget: {long}");
}

//! Work that outlives an invocation, on simulated time: quotas, throttling, and what goes on in the next message.

use std::time::Duration;

use destination::Quotas;
use job::{Deadline, handle};
use model::secret_sync::ownership;
use testkit::account::{Parameter, THROTTLED};

use super::clock::{self, Sim};
use super::world::{PARAMETER_STORE, SECRETS_MANAGER, World, message};

const INVOCATION: Duration = Duration::from_secs(300);

/// Invocations until the queue is empty, each of five minutes; answers how many there were.
async fn invocations(world: &World, sim: &Sim) -> usize {
    let mut count = 0;
    clock::advance(2);
    world.aws.send(world.due().await.into_iter());
    while let Some(id) = world.aws.receive() {
        count += 1;
        let deadline = Deadline::new(clock::now, clock::now().plus(INVOCATION));
        let answer = sim.run(handle(&world.worker, message(&id), deadline, "i")).await.unwrap();
        assert!(answer.batch_item_failures.is_empty());
        clock::advance(2);
        assert!(count < 100);
    }
    count
}

fn keys(count: usize) -> impl Iterator<Item = (String, String)> {
    (0..count).map(|n| (format!("KEY_{n:05}"), format!("value {n}")))
}

#[tokio::test]
async fn ten_thousand_parameters_take_several_messages_and_each_is_written_once() {
    const COUNT: usize = 10_000;
    let sim = Sim::default();
    let quotas = Quotas { parameter_store_writes: 10.0, ..Quotas::default() };
    let world = World::simulated(&sim, quotas).await;
    world.aws.account.set_quota("ssm:PutParameter", 10.0);
    world.put_many(keys(COUNT)).await;
    let sync = world.sync(PARAMETER_STORE).await;
    let begun = sim.0.now();
    let count = invocations(&world, &sim).await;
    let took = sim.0.now() - begun;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    // 1,000 s of writing, in invocations that end with 30 s to spare.
    assert!((4..=6).contains(&count), "{count} messages");
    assert!(took <= Duration::from_secs(1_100), "{took:?}");
    assert_eq!((world.there(&sync).len(), world.aws.count("ssm:PutParameter")), (COUNT, COUNT));
    assert_eq!(world.safe.secret_sync_ledger(sync.id).await.unwrap().len(), COUNT);
    assert_eq!(world.run_of(sync.id).await.current, None);
}

#[tokio::test]
async fn a_thousand_parameters_at_three_a_second_take_what_the_quota_dictates() {
    let sim = Sim::default();
    let world = World::simulated(&sim, Quotas::default()).await;
    world.aws.account.set_quota("ssm:PutParameter", 3.0);
    world.put_many(keys(1_000)).await;
    let sync = world.sync(PARAMETER_STORE).await;
    let begun = sim.0.now();
    let count = invocations(&world, &sim).await;
    let took = sim.0.now() - begun;
    assert_eq!(world.outcome(sync.id).await.0, "succeeded");
    assert_eq!((count, world.there(&sync).len()), (2, 1_000));
    assert!(took <= Duration::from_secs(334).mul_f64(1.05), "{took:?}");
}

#[tokio::test]
async fn a_key_that_failed_is_not_tried_again_in_the_next_message_and_is_named_in_the_end() {
    let sim = Sim::default();
    let world = World::simulated(&sim, Quotas::default()).await;
    world.put_many(keys(1_000)).await;
    let sync = world.sync(PARAMETER_STORE).await;
    world.aws.account.set_faults(|call| {
        (call.action == "ssm:PutParameter" && call.body["Name"] == "/app/KEY_00001")
            .then_some(testkit::account::Fault::Error(400, "AccessDeniedException", "not this one"))
    });
    assert_eq!(invocations(&world, &sim).await, 2);
    let (status, told) = world.outcome(sync.id).await;
    assert_eq!(status, "failed");
    assert!(told.contains("KEY_00001") && told.contains("ssm:PutParameter"), "{told}");
    let calls = world.aws.account.calls().into_iter();
    let tried =
        calls.filter(|call| call.action == "ssm:PutParameter" && call.body["Name"] == "/app/KEY_00001");
    assert_eq!((tried.count(), world.there(&sync).len()), (1, 999));
    let run = world.run_of(sync.id).await;
    assert!(run.first_sync_done, "every key was tried");
    assert_eq!(run.unadopted, ["KEY_00001"], "and what AWS refused may still be adopted");
}

#[tokio::test]
async fn throttling_for_a_minute_delays_and_fails_no_key() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let sim = Sim::default();
        let world = World::simulated(&sim, Quotas::default()).await;
        world.put_many(keys(20)).await;
        let sync = world.sync(kind).await;
        let minute = Duration::from_secs(60);
        world.aws.account.set_faults(move |call| (call.at < minute).then_some(THROTTLED));
        invocations(&world, &sim).await;
        assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{kind}");
        assert_eq!(world.there(&sync).len(), 20, "{kind}");
    }
}

#[tokio::test]
async fn an_aws_that_is_away_for_an_hour_is_waited_for_from_attempt_to_attempt() {
    let sim = Sim::default();
    let world = World::simulated(&sim, Quotas::default()).await;
    world.put_many(keys(5)).await;
    let sync = world.sync(SECRETS_MANAGER).await;
    world.aws.account.set_faults(|_| Some(testkit::account::Fault::Error(503, "ServiceUnavailable", "away")));
    let mut waits = 0;
    for _ in 0..60 {
        invocations(&world, &sim).await;
        let run = world.run_of(sync.id).await;
        if run.due_at.is_none() {
            break;
        }
        waits += usize::from(run.not_before.is_some());
        clock::advance(60);
    }
    let (status, told) = world.outcome(sync.id).await;
    assert!(status == "failed" && told.contains("secretsmanager:"), "{told}");
    assert!(waits >= 4, "{waits}");
    // Somebody asks again when AWS is back.
    world.aws.account.mend();
    world.want_sync(sync.id, false).await;
    invocations(&world, &sim).await;
    assert_eq!(world.there(&sync).len(), 5);
}

#[tokio::test]
async fn more_parameters_than_can_be_asked_for_in_one_message_are_adopted_in_several() {
    const COUNT: usize = 2_800;
    let sim = Sim::default();
    let quotas = Quotas { parameter_store_writes: 10.0, ..Quotas::default() };
    let world = World::simulated(&sim, quotas).await;
    world.put_many(keys(COUNT)).await;
    for (key, _) in keys(COUNT) {
        world.aws.account.put_parameter(&format!("/app/{key}"), Parameter::of("theirs"));
    }
    let (sync, run) = world.define(PARAMETER_STORE);
    // A run that died made it, and had no time to write that down. Nobody wants it.
    let tags = ownership::tags(sync.id);
    let made = tags.iter().fold(Parameter::of("1"), |made, tag| made.tagged(&tag.key, &tag.value));
    world.aws.account.put_parameter("/app/GONE", made);
    world.aws.account.put_parameter("/app/FOREIGN", Parameter::of("theirs"));
    world.create(&sync, &run.queue_sync(clock::now())).await;
    let count = invocations(&world, &sim).await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    assert!((3..=6).contains(&count), "{count} messages");
    assert_eq!(world.there(&sync), keys(COUNT).collect());
    assert_eq!(world.aws.count("ssm:PutParameter"), COUNT);
    assert_eq!(world.aws.everything()["/app/FOREIGN"], "theirs");
}

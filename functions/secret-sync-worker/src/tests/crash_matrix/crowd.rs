//! Several workers at one sync.

use std::pin::pin;
use std::time::Duration;

use futures::future::join_all;
use job::{Deadline, Worker as _};
use model::message::Noun;
use testkit::fuse::Fault;
use testkit::matrix;

use super::super::clock;
use super::super::sync::map;
use super::super::world::{ALL, KEYS, PARAMETER_STORE, SECRETS_MANAGER, World};
use super::{Case, follows, named, update};

#[tokio::test]
async fn of_two_or_five_workers_at_once_one_works_and_the_others_leave_it_alone() {
    for kind in ALL {
        for count in [2, 5] {
            let world = World::new().await;
            world.put_four().await;
            let sync = world.sync(kind).await;
            let workers: Vec<_> = (0..count).map(|_| world.another_worker()).collect();
            world.life.arm(Fault::None);
            let worked = join_all(workers.iter().map(|worker| world.work_for(worker, sync.id, 300))).await;
            let calls = world.life.fuse.calls();
            let mut words: Vec<_> = worked.into_iter().map(Result::unwrap).collect();
            words.sort_unstable();
            assert_eq!(words.pop(), Some("succeeded"), "{kind}: {words:?}");
            assert!(words.iter().all(|word| ["busy", "nothing to do"].contains(word)), "{kind}: {words:?}");
            assert_eq!(world.there(&sync), map(&KEYS), "{kind}");
            let writes = if sync.destination.is_many_to_one() { 1 } else { KEYS.len() };
            assert_eq!(world.aws.writes(), writes, "{kind}: each was written once");
            matrix::tell(&format!("{count} workers at once, {}", named(kind)), calls, 1, "written once");
        }
    }
}

/// Five in one process, which dies at every call that any of them makes.
#[tokio::test]
async fn what_five_workers_leave_undone_that_die_together_is_done_in_the_end() {
    let world = World::new().await;
    let attempt = async |number: usize, fault: Fault| {
        let case = Case::new(&world, number).await;
        let sync = update(&world, &case, SECRETS_MANAGER).await;
        let workers: Vec<_> = (0..5).map(|_| world.another_worker()).collect();
        world.life.arm(fault);
        let all = join_all(workers.iter().map(|worker| world.work_for(worker, sync.id, 300)));
        drop(world.life.live(all).await);
        let calls = world.life.fuse.calls();
        world.recover(sync.id).await;
        follows(&world, &case, &sync, &format!("five, {fault:?}")).await;
        calls
    };
    let calls = attempt(0, Fault::None).await;
    let mut cases = 0;
    for fault in matrix::sample(matrix::moments(calls)) {
        cases += 1;
        attempt(cases, fault).await;
    }
    matrix::tell("5 workers at once that die, Secrets Manager", calls, cases, "converges");
}

#[tokio::test]
async fn whoever_outlives_its_lease_writes_nothing_into_the_table_any_more() {
    let world = World::new().await;
    world.put_four().await;
    let sync = world.sync(PARAMETER_STORE).await;
    let mut slow = pin!(world.work(sync.id));
    // Until its first write is on its way.
    while world.aws.count("ssm:PutParameter") == 0 {
        tokio::select! {
            biased;
            done = &mut slow => panic!("it is over already: {done:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    clock::advance(400);
    world.put(&[("A", Some("newer"))]).await;
    let other = world.another_worker();
    assert_eq!(world.work_for(&other, sync.id, 300).await.unwrap(), "succeeded");
    let (state, ledger) =
        (world.run_of(sync.id).await.value, world.safe.secret_sync_ledger(sync.id).await.unwrap());

    assert_eq!(slow.await.unwrap(), "lost");
    assert_eq!(world.run_of(sync.id).await.value, state);
    assert_eq!(world.safe.secret_sync_ledger(sync.id).await.unwrap(), ledger);
    matrix::tell("outlives its lease, Parameter Store", world.life.fuse.calls(), 1, "writes nothing more");
}

/// One is held up before any of its calls for longer than its lease, and another one does everything meanwhile.
#[tokio::test]
async fn a_worker_that_is_overtaken_at_any_call_harms_nothing() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let world = World::new().await;
        let mut number = 0;
        loop {
            number += 1;
            let case = Case::new(&world, number as usize).await;
            let sync = update(&world, &case, kind).await;
            let (slow, other, id) = (world.another_worker(), world.another_worker(), sync.id.to_string());
            let deadline = || Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)));
            let meanwhile = async {
                clock::advance(400);
                other.work(Noun::SecretSync, &id, deadline()).await.unwrap();
            };
            let deed = slow.work(Noun::SecretSync, &id, deadline());
            let (_, was_held) = world.life.gate.at(number, deed, meanwhile).await;
            world.recover(sync.id).await;
            // What the slow one had begun to send arrives; whatever of it is stale is seen by the next look.
            world.want_sync(sync.id, false).await;
            world.recover(sync.id).await;
            follows(&world, &case, &sync, &format!("{kind} overtaken at {number}")).await;
            if !was_held {
                break;
            }
        }
        let calls = number - 1;
        assert!(calls > 8, "{kind}: {calls}");
        matrix::tell(&format!("overtaken, {}", named(kind)), calls, calls as usize, "converges");
    }
}

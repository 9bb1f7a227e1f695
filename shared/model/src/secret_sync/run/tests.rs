#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::lease::LeaseLost;

const LEASE: Duration = Duration::from_secs(60);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_767_323_045 + seconds)
}

fn fresh() -> SecretSyncRun {
    SecretSyncRun::new(SecretSyncId::random(), ProjectId::random(), true)
}

fn claimed(run: &SecretSyncRun, now: i64, token: &str) -> (SecretSyncRun, Work) {
    let Claim::Work { next, work } = run.claim(at(now), token, LEASE) else { unreachable!("{run:?}") };
    (*next, work)
}

fn stored(finished: Finished) -> SecretSyncRun {
    match finished {
        Finished::Store(next) => *next,
        Finished::Delete => unreachable!("the sync goes"),
    }
}

fn failure(key: &str) -> KeyFailure {
    KeyFailure { secret_key: key.into(), error: "too long".into() }
}

#[test]
fn a_new_sync_wants_nothing_and_shows_nothing() {
    let run = fresh();
    assert_eq!(run.claim(at(0), "a", LEASE), Claim::Nothing(None));
    assert_eq!((run.sync_status(), run.import_status(), run.removal_status()), (None, None, None));
}

#[test]
fn a_sync_that_is_wanted_is_pending_then_running_then_over() {
    let run = fresh().queue_sync(at(0));
    assert_eq!((run.sync_status(), run.due_at), (Some(JobStatus::Pending), Some(at(0))));
    let (run, work) = claimed(&run, 1, "a");
    assert_eq!((work.job, work.attempt, work.first, work.allow_deletions), (Job::Sync, 1, true, false));
    assert_eq!(run.sync_status(), Some(JobStatus::Running));
    assert_eq!(run.due_at, Some(at(61)), "whoever dies is missed when the lease ends");
    let run = stored(run.finish("a", at(2), &Outcome::succeeded()).unwrap());
    assert_eq!(run.sync_status(), Some(JobStatus::Succeeded));
    assert_eq!((run.sync.at, run.sync.job_id.as_deref(), run.sync.message), (Some(at(2)), Some("a"), None));
    assert_eq!((run.due_at, run.first_sync_done, run.lease), (None, true, None));
    assert!(!claimed(&fresh_again(&run.id, run.project_id), 3, "b").1.first);
}

/// The state of a sync whose first run is over, and that is wanted again.
fn fresh_again(id: &SecretSyncId, project: ProjectId) -> SecretSyncRun {
    SecretSyncRun { first_sync_done: true, ..SecretSyncRun::new(*id, project, true) }.queue_sync(at(0))
}

#[test]
fn nobody_else_gets_work_while_a_lease_lasts_and_whoever_lost_it_stores_nothing() {
    let (run, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    assert_eq!(run.claim(at(59), "b", LEASE), Claim::Busy(at(60)));
    let renewed = run.renew("a", at(50), LEASE).unwrap();
    assert_eq!(renewed.claim(at(109), "b", LEASE), Claim::Busy(at(110)));
    let (taken, work) = claimed(&run, 60, "b");
    assert_eq!((work.attempt, taken.sync.job_id.as_deref()), (2, Some("a")), "it is the same job");
    assert_eq!(taken.finish("a", at(61), &Outcome::succeeded()), Err(LeaseLost));
    assert_eq!(taken.renew("a", at(61), LEASE), Err(LeaseLost));
    assert_eq!(taken.retry("a", at(61), LEASE, "x"), Err(LeaseLost));
    assert_eq!(taken.pause("a", at(61), vec![]), Err(LeaseLost));
    assert_eq!(fresh().finish("a", at(0), &Outcome::succeeded()), Err(LeaseLost));
}

#[test]
fn what_is_wanted_while_a_run_goes_on_is_the_next_run() {
    let (run, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    let run = run.woken(at(5));
    assert_eq!(run.due_at, Some(at(7)));
    let run = stored(run.finish("a", at(6), &Outcome::succeeded()).unwrap());
    assert_eq!((run.due_at, run.sync_status()), (Some(at(6)), Some(JobStatus::Pending)));
    let (run, _) = claimed(&run, 6, "b");
    let run = stored(run.finish("b", at(7), &Outcome::succeeded()).unwrap());
    assert_eq!((run.due_at, run.sync.job_id.as_deref()), (None, Some("b")));
}

#[test]
fn a_change_of_the_source_starts_a_run_only_where_that_was_asked_for() {
    let manual = SecretSyncRun { auto: false, ..fresh() };
    let woken = manual.woken(at(0));
    assert_eq!(woken.sync_status(), None);
    assert_eq!(woken.claim(at(2), "a", LEASE), Claim::Nothing(Some(Box::new(manual.clone()))));
    let asked = manual.want_sync(at(0), true).unwrap();
    assert!(claimed(&asked, 0, "a").1.allow_deletions);
    assert_eq!(claimed(&fresh().woken(at(0)), 2, "a").1.job, Job::Sync);
}

#[test]
fn the_permission_to_delete_is_for_one_run() {
    let (run, work) = claimed(&fresh().want_sync(at(0), true).unwrap(), 0, "a");
    assert!(work.allow_deletions);
    // It also holds for the next attempt of the same run.
    let run = run.retry("a", at(1), LEASE, "throttled").unwrap();
    let (run, work) = claimed(&run, 61, "b");
    assert!(work.allow_deletions);
    let run = stored(run.finish("b", at(62), &Outcome::succeeded()).unwrap()).woken(at(63));
    assert!(!claimed(&run, 65, "c").1.allow_deletions);
}

#[test]
fn a_sync_is_tried_five_times_and_then_has_failed() {
    let mut run = fresh().queue_sync(at(0));
    for attempt in 1..=SYNC_ATTEMPTS {
        let now = i64::from(attempt) * 1_000;
        let (begun, work) = claimed(&run, now, "a");
        assert_eq!(work.attempt, attempt);
        run = begun.retry("a", at(now + 1), Duration::from_secs(10), "AWS is throttling").unwrap();
        if attempt < SYNC_ATTEMPTS {
            assert_eq!(run.sync_status(), Some(JobStatus::Pending));
            assert_eq!(run.sync.message.as_deref(), Some("AWS is throttling"));
            assert_eq!(run.claim(at(now + 10), "b", LEASE), Claim::NotBefore(at(now + 11)));
        }
    }
    assert_eq!((run.sync_status(), run.due_at), (Some(JobStatus::Failed), None));
    assert!(!run.first_sync_done);
}

#[test]
fn an_import_is_tried_once() {
    let run = fresh().want_import(at(0), ImportBehavior::PrioritizeSource).unwrap();
    assert_eq!(run.import_status(), Some(JobStatus::Pending));
    let (run, work) = claimed(&run, 0, "a");
    assert_eq!(work.job, Job::Import(ImportBehavior::PrioritizeSource));
    assert_eq!(run.import_status(), Some(JobStatus::Running));
    let run = run.retry("a", at(1), LEASE, "no").unwrap();
    assert_eq!((run.import_status(), run.import.message.as_deref()), (Some(JobStatus::Failed), Some("no")));
    assert_eq!(run.sync_status(), None);
}

#[test]
fn a_removal_is_tried_again_while_time_may_mend_it() {
    let mut run = fresh().want_removal(at(0), Removal::ThenDelete).unwrap();
    for attempt in 1..=SYNC_ATTEMPTS {
        let now = i64::from(attempt) * 100;
        assert_eq!(run.removal_status(), Some(JobStatus::Pending), "{attempt}");
        let (claimed, work) = claimed(&run, now, "a");
        assert_eq!((work.job, work.attempt), (Job::Remove(Removal::ThenDelete), attempt));
        run = claimed.retry("a", at(now + 1), LEASE, "AWS is throttling").unwrap();
    }
    assert_eq!((run.removal_status(), run.due_at), (Some(JobStatus::Failed), None));
    assert_eq!(run.removal.message.as_deref(), Some("AWS is throttling"));
}

#[test]
fn workers_that_die_again_and_again_are_not_sent_for_ever() {
    for (wanted, deaths) in [
        (fresh().queue_sync(at(0)), SYNC_ATTEMPTS + 1),
        (fresh().want_removal(at(0), Removal::Keep).unwrap(), SYNC_ATTEMPTS + 1),
        (fresh().want_import(at(0), ImportBehavior::PrioritizeSource).unwrap(), 2),
    ] {
        let mut run = wanted;
        for death in 0..deaths {
            run = claimed(&run, i64::from(death) * 100, "a").0;
        }
        let Claim::GivenUp(next) = run.claim(at(100_000), "b", LEASE) else { unreachable!("{run:?}") };
        let states = [&next.sync, &next.import, &next.removal];
        let state = states.into_iter().find(|state| state.status.is_some()).unwrap();
        assert_eq!(state.status, Some(JobStatus::Failed));
        assert!(state.message.as_deref().unwrap().contains(&format!("{deaths} times")), "{state:?}");
        assert_eq!((next.due_at, next.current, next.lease), (None, None, None));
    }
}

#[test]
fn a_long_run_goes_on_as_the_same_attempt_without_the_keys_that_failed() {
    let (run, _) = claimed(&fresh().want_sync(at(0), true).unwrap(), 0, "a");
    let run = run.pause("a", at(50), vec![failure("A")]).unwrap();
    assert_eq!((run.sync_status(), run.due_at), (Some(JobStatus::Running), Some(at(50))));
    assert_eq!(run.want_sync(at(50), false), Err(Refused::Running("sync")));
    let (run, work) = claimed(&run, 51, "b");
    assert_eq!((work.attempt, work.failures, work.allow_deletions), (1, vec![failure("A")], true));
    // A new attempt tries them again.
    let run = run.retry("b", at(52), LEASE, "x").unwrap();
    assert_eq!(claimed(&run, 200, "c").1.failures, vec![]);
}

#[test]
fn a_run_with_more_failed_keys_than_can_be_remembered_ends() {
    let (run, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    let failures: Vec<_> = (0..=MOST_FAILURES).map(|n| failure(&n.to_string())).collect();
    let over = run.pause("a", at(1), failures.clone()).unwrap();
    assert_eq!((over.sync_status(), over.failures.len()), (Some(JobStatus::Failed), MOST_FAILURES));
    assert!(run.pause("a", at(1), failures[1..].to_vec()).unwrap().current.is_some());
}

#[test]
fn a_first_sync_is_over_when_it_went_through_even_if_keys_failed() {
    let (run, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    let stopped = stored(run.finish("a", at(1), &Outcome::failed("no folder")).unwrap());
    assert!(!stopped.first_sync_done);
    let through = Outcome::failed_keys("A failed", vec![failure("A")]);
    let through = stored(run.finish("a", at(1), &through).unwrap());
    assert!(through.first_sync_done);
    assert_eq!(
        (through.sync_status(), through.failures.as_slice()),
        (Some(JobStatus::Failed), &[failure("A")][..])
    );
    // In another place it is a first sync again.
    let moved = through.amended(true, true);
    assert!(!moved.first_sync_done && moved.failures.is_empty());
    assert!(through.amended(false, false).first_sync_done);
}

#[test]
fn a_message_is_cut_between_characters() {
    let (run, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    let run = stored(run.finish("a", at(1), &Outcome::failed("ä".repeat(2_000))).unwrap());
    assert_eq!(run.sync.message.unwrap().chars().count(), LONGEST_MESSAGE);
}

#[test]
fn people_are_refused_while_a_job_goes_on_but_not_while_one_waits_or_is_dead() {
    let (running, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    assert_eq!(running.want_sync(at(1), false), Err(Refused::Running("sync")));
    assert_eq!(running.want_import(at(1), ImportBehavior::PrioritizeSource), Err(Refused::Running("sync")));
    assert_eq!(running.want_removal(at(1), Removal::ThenDelete), Err(Refused::Running("sync")));
    let waiting = running.retry("a", at(1), Duration::from_secs(900), "x").unwrap();
    let sooner = waiting.want_sync(at(2), false).unwrap();
    assert_eq!(claimed(&sooner, 2, "b").1.attempt, 2);
    assert!(running.want_sync(at(60), false).is_ok(), "its worker is dead");
    assert!(running.queue_sync(at(1)).wants_sync, "a change of the definition is never refused");
}

#[test]
fn a_removal_calls_off_whatever_would_push_again() {
    let (run, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    let waiting = run.retry("a", at(1), Duration::from_secs(900), "throttled").unwrap().woken(at(2));
    let run = waiting.want_removal(at(3), Removal::Keep).unwrap();
    assert_eq!(
        (run.sync_status(), run.removal_status()),
        (Some(JobStatus::Failed), Some(JobStatus::Pending))
    );
    assert_eq!(run.want_import(at(3), ImportBehavior::PrioritizeSource), Err(Refused::Running("removal")));
    let (run, work) = claimed(&run, 3, "b");
    assert_eq!(work.job, Job::Remove(Removal::Keep));
    let run = stored(run.finish("b", at(4), &Outcome::succeeded()).unwrap());
    assert_eq!((run.removal_status(), run.due_at), (Some(JobStatus::Succeeded), None));
}

#[test]
fn a_sync_that_is_to_go_goes_with_its_removal_and_takes_no_more_orders() {
    let run = fresh().want_removal(at(0), Removal::ThenDelete).unwrap();
    assert!(run.is_going());
    assert_eq!(run.want_sync(at(1), false), Err(Refused::Going));
    let (run, _) = claimed(&run, 1, "a");
    assert!(run.is_going());
    assert_eq!(run.finish("a", at(2), &Outcome::succeeded()), Ok(Finished::Delete));
    let stays = stored(run.finish("a", at(2), &Outcome::failed("denied")).unwrap());
    assert!(!stays.is_going());
    assert_eq!(stays.removal_status(), Some(JobStatus::Failed));
    assert!(stays.want_removal(at(3), Removal::ThenDelete).is_ok());
}

#[test]
fn a_deleted_sync_is_purged_and_its_worker_loses_the_lease() {
    let (run, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    let deleted = run.deleted(at(1));
    assert_eq!(deleted.claim(at(1), "b", LEASE), Claim::Purge);
    assert_eq!(deleted.woken(at(2)).claim(at(4), "b", LEASE), Claim::Purge);
    assert_eq!(deleted.finish("a", at(2), &Outcome::succeeded()), Err(LeaseLost));
}

#[test]
fn the_state_reads_back_from_its_stored_form() {
    let (run, _) = claimed(&fresh().want_removal(at(0), Removal::ThenDelete).unwrap(), 0, "a");
    let run = run.pause("a", at(1), vec![failure("A")]).unwrap().woken(at(2));
    let stored = serde_json::to_value(&run).unwrap();
    assert_eq!(serde_json::from_value::<SecretSyncRun>(stored).unwrap(), run);
    // The wake writes these two by name, and the fence reads this one.
    let (run, _) = claimed(&fresh().queue_sync(at(0)).woken(at(1)), 1, "a");
    let stored = serde_json::to_value(run.woken(at(3))).unwrap();
    assert_eq!(stored["source_changed_at"], at(3).to_string());
    assert_eq!(stored["due_at"], at(5).to_string());
    assert_eq!(stored["lease"]["holder"], "a");
}

/// Anything that can happen to a sync.
#[derive(Debug, Clone, Copy)]
enum Step {
    Wake,
    Queue,
    WantSync(bool),
    WantImport,
    WantRemoval,
    Claim,
    Succeed,
    Fail,
    Retry,
    Pause,
    Auto(bool),
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Wake),
        Just(Step::Queue),
        any::<bool>().prop_map(Step::WantSync),
        Just(Step::WantImport),
        Just(Step::WantRemoval),
        Just(Step::Claim),
        Just(Step::Claim),
        Just(Step::Succeed),
        Just(Step::Fail),
        Just(Step::Retry),
        Just(Step::Pause),
        any::<bool>().prop_map(Step::Auto),
        (0_u16..200).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Whatever happens: work that is wanted is due, work that is begun is due, and every wish is satisfied by a claim after
    /// it or said to have failed.
    #[test]
    fn nothing_that_is_wanted_is_ever_forgotten(steps in prop::collection::vec(step(), 1..60)) {
        let (mut run, mut now, mut token) = (fresh(), 0_i64, String::new());
        // When the source changed or a sync was asked for, and no claim has read it since.
        let mut unread = false;
        for (n, step) in steps.into_iter().enumerate() {
            let result = match step {
                Step::Wake => { unread |= run.auto; Ok(run.woken(at(now))) }
                Step::Queue => { unread = true; Ok(run.queue_sync(at(now))) }
                Step::WantSync(allow) => {
                    let wanted = run.want_sync(at(now), allow);
                    unread |= wanted.is_ok();
                    wanted.map_err(|_| LeaseLost)
                }
                Step::WantImport => run.want_import(at(now), ImportBehavior::PrioritizeDestination).map_err(|_| LeaseLost),
                Step::WantRemoval => {
                    let wanted = run.want_removal(at(now), Removal::Keep);
                    unread &= wanted.is_err();
                    wanted.map_err(|_| LeaseLost)
                }
                Step::Claim => {
                    token = n.to_string();
                    match run.claim(at(now), &token, LEASE) {
                        Claim::Work { next, work } => {
                            prop_assert!(!run.is_leased(at(now)));
                            unread &= work.job != Job::Sync;
                            Ok(*next)
                        }
                        Claim::GivenUp(next) => Ok(*next),
                        Claim::Nothing(next) => {
                            prop_assert!(!unread, "a claim found nothing");
                            Ok(next.map_or(run.clone(), |next| *next))
                        }
                        Claim::Busy(until) => { prop_assert!(until > at(now)); Err(LeaseLost) }
                        Claim::NotBefore(until) => { prop_assert!(until > at(now)); Err(LeaseLost) }
                        Claim::Purge => { prop_assert!(false, "nobody deleted it"); Err(LeaseLost) }
                    }
                }
                Step::Succeed => run.finish(&token, at(now), &Outcome::succeeded()).map(stored),
                Step::Fail => run.finish(&token, at(now), &Outcome::failed("x")).map(stored),
                Step::Retry => run.retry(&token, at(now), Duration::from_secs(100), "x"),
                Step::Pause => run.pause(&token, at(now), vec![]),
                Step::Auto(auto) => {
                    unread &= auto == run.auto || run.wants_sync;
                    Ok(run.amended(auto, false))
                }
                Step::Wait(seconds) => { now += i64::from(seconds); Err(LeaseLost) }
            };
            if let Ok(next) = result {
                run = next;
            }
            if run.wants_anything() || run.current.is_some() {
                prop_assert!(run.due_at.is_some(), "{step:?} left work that nobody looks for: {run:?}");
            }
            if unread {
                prop_assert!(run.wants_anything(), "{step:?} forgot a wish: {run:?}");
            }
            prop_assert!(run.lease.is_none() || run.current.is_some());
        }
    }
}

#[test]
fn what_aws_refused_a_first_sync_may_be_adopted_until_it_fails_no_more_and_nothing_joins_it() {
    let refused = |keys: &[&str]| Outcome {
        refused: keys.iter().map(ToString::to_string).collect(),
        ..Outcome::failed_keys("AWS refused", keys.iter().map(|key| failure(key)).collect())
    };
    let again = |run: &SecretSyncRun, second: i64, outcome: &Outcome| {
        let (run, work) = claimed(&run.queue_sync(at(second)), second, "a");
        (stored(run.finish("a", at(second + 1), outcome).unwrap()), work)
    };
    let (first, work) = again(&fresh(), 0, &refused(&["A", "B"]));
    assert!(work.first && first.first_sync_done);
    let (second, work) = again(&first, 10, &refused(&["B", "LATER"]));
    assert_eq!((work.first, work.unadopted), (false, vec!["A".to_owned(), "B".to_owned()]));
    // A run that stopped before it was through says nothing of any key.
    let (third, work) = again(&second, 20, &Outcome::failed("no folder"));
    assert_eq!(work.unadopted, ["B"]);
    let (fourth, work) = again(&third, 30, &Outcome::succeeded());
    assert_eq!((work.unadopted, fourth.unadopted.len()), (vec!["B".to_owned()], 0));
    assert!(first.amended(true, true).unadopted.is_empty(), "another place is a first sync of all");
}

#[test]
fn the_ledger_is_complete_after_an_orderly_end_and_not_after_a_death() {
    let (run, work) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    assert!(!work.settled);
    let over = stored(run.finish("a", at(1), &Outcome::succeeded()).unwrap());
    let (begun, work) = claimed(&over.queue_sync(at(2)), 2, "b");
    assert!(work.settled);
    let paused = begun.pause("b", at(3), Vec::new()).unwrap();
    assert!(claimed(&paused, 4, "c").1.settled, "the next message of the same run");
    let (died, work) = claimed(&begun, 200, "d");
    assert!(!work.settled, "whoever died may not have written down what it made");
    let given_up = begun.want_removal(at(200), Removal::Keep).unwrap();
    assert!(!given_up.settled);
    let unclear = Outcome { settled: false, ..Outcome::failed_keys("A failed", vec![failure("A")]) };
    let over = stored(died.finish("d", at(201), &unclear).unwrap());
    assert!(!claimed(&over.queue_sync(at(202)), 202, "e").1.settled);
}

#[test]
fn a_run_that_saw_a_part_looks_again_until_it_saw_everything() {
    let (run, _) = claimed(&fresh().queue_sync(at(0)), 0, "a");
    let paused = run.pause_looking("a", at(1), Vec::new()).unwrap();
    assert!(paused.current.as_ref().unwrap().looks_on);
    let (run, _) = claimed(&paused, 2, "b");
    let paused = run.pause("b", at(3), Vec::new()).unwrap();
    assert!(!paused.current.as_ref().unwrap().looks_on);
}

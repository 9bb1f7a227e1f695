//! What is to happen to a sync, and what came of it.

use std::time::Duration;

use proptest::prelude::*;

use crate::Timestamp;
use crate::certificate_sync::run::{
    Claim, Finished, Job, JobStatus, LONGEST_LOOK, Outcome, Refused, Removal, SETTLING, SYNC_ATTEMPTS, Work,
};
use crate::certificate_sync::slot::Intent;
use crate::certificate_sync::{CertificateSyncRun, Held, Slot, Wanted};
use crate::id::{CertificateId, CertificateSlotId, CertificateSyncId, ProjectId};
use crate::lease::LeaseLost;

const LEASE: Duration = Duration::from_secs(60);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_767_323_045 + seconds)
}

fn fresh() -> CertificateSyncRun {
    CertificateSyncRun::new(CertificateSyncId::random(), ProjectId::random(), true)
}

fn claimed(run: &CertificateSyncRun, now: i64, token: &str) -> (CertificateSyncRun, Work) {
    let Claim::Work { next, work } = run.claim(at(now), token, LEASE) else { unreachable!("{run:?}") };
    (*next, work)
}

fn stored(finished: Result<Finished, LeaseLost>) -> CertificateSyncRun {
    match finished.unwrap() {
        Finished::Store(next) => *next,
        Finished::Delete => unreachable!("the sync goes"),
    }
}

fn looking(seconds: u64) -> Outcome {
    Outcome { look_again: Some(Duration::from_secs(seconds)), ..Outcome::succeeded() }
}

#[test]
fn a_change_is_pending_then_running_then_over() {
    let run = fresh();
    assert_eq!((run.sync_status(), run.claim(at(0), "a", LEASE)), (None, Claim::Nothing(None)));
    let run = run.woken(at(0));
    assert_eq!((run.sync_status(), run.due_at), (Some(JobStatus::Pending), Some(at(0).plus(SETTLING))));
    let (run, work) = claimed(&run, 2, "a");
    assert_eq!((work.job, work.attempt, work.follows()), (Job::Sync, 1, true));
    assert_eq!((run.sync_status(), run.due_at), (Some(JobStatus::Running), Some(at(62))));
    let run = stored(run.finish("a", at(3), &Outcome::succeeded()));
    assert_eq!((run.sync_status(), run.sync.at, run.due_at), (Some(JobStatus::Succeeded), Some(at(3)), None));
}

#[test]
fn what_is_wanted_while_a_run_goes_on_is_the_next_run() {
    let (run, _) = claimed(&fresh().woken(at(0)), 2, "a");
    let run = stored(run.woken(at(5)).finish("a", at(6), &looking(100)));
    assert_eq!((run.due_at, run.sync_status()), (Some(at(6)), Some(JobStatus::Pending)));
}

#[test]
fn whoever_lost_the_lease_stores_nothing() {
    let (run, _) = claimed(&fresh().woken(at(0)), 0, "a");
    assert_eq!(run.claim(at(59), "b", LEASE), Claim::Busy(at(60)));
    let (taken, work) = claimed(&run, 60, "b");
    assert_eq!(work.attempt, 2);
    assert_eq!(taken.finish("a", at(61), &Outcome::succeeded()), Err(LeaseLost));
    assert_eq!(taken.retry("a", at(61), LEASE, "x"), Err(LeaseLost));
    assert_eq!(taken.pause("a", at(61)), Err(LeaseLost));
    assert_eq!(taken.deleted(at(61)).finish("b", at(62), &Outcome::succeeded()), Err(LeaseLost));
}

#[test]
fn what_time_mends_is_looked_at_again_and_the_sync_has_succeeded_meanwhile() {
    let (run, _) = claimed(&fresh().woken(at(0)), 2, "a");
    let run = stored(run.finish("a", at(3), &looking(30)));
    assert_eq!((run.sync_status(), run.due_at, run.looks), (Some(JobStatus::Succeeded), Some(at(33)), 1));
    let Claim::Nothing(None) = run.claim(at(20), "b", LEASE) else { unreachable!("too early") };
    let (run, work) = claimed(&run, 33, "b");
    assert_eq!((work.job, work.looks), (Job::Sync, 1));
    let run = stored(run.finish("b", at(34), &Outcome::succeeded()));
    assert_eq!((run.due_at, run.looks, run.look_at), (None, 0, None));
    let (run, _) = claimed(&fresh().woken(at(0)), 2, "a");
    let run = stored(run.finish("a", at(3), &looking(u64::from(u32::MAX))));
    assert_eq!(run.due_at, Some(at(3).plus(LONGEST_LOOK)));
}

#[test]
fn looks_are_counted_anew_for_whatever_is_wanted_next() {
    type Want = fn(&CertificateSyncRun) -> CertificateSyncRun;
    let wishes: [Want; 3] = [
        |run| run.woken(at(100)),
        |run| run.want_sync(at(100), false).unwrap(),
        |run| run.want_removal(at(100), Removal::Keep).unwrap(),
    ];
    for want in wishes {
        let (run, _) = claimed(&fresh().woken(at(0)), 2, "a");
        let mut run = stored(run.finish("a", at(3), &looking(30)));
        for look in 1..5 {
            let (begun, work) = claimed(&run, 100 * i64::from(look), "b");
            assert_eq!(work.looks, look, "nothing was wanted between");
            run = stored(begun.finish("b", at(100 * i64::from(look)), &looking(30)));
        }
        let (begun, work) = claimed(&want(&run), 1_000, "c");
        assert_eq!(work.looks, 0);
        assert_eq!(stored(begun.finish("c", at(1_001), &looking(30))).looks, 1);
    }
}

#[test]
fn a_sync_that_does_not_follow_by_itself_looks_and_carries_nothing_new() {
    let manual = CertificateSyncRun { auto: false, ..fresh() };
    let woken = manual.woken(at(0));
    assert_eq!(woken.sync_status(), None);
    assert_eq!(woken.claim(at(2), "a", LEASE), Claim::Nothing(Some(Box::new(manual.clone()))));
    let (run, work) = claimed(&manual.want_sync(at(0), false).unwrap(), 0, "a");
    assert!(work.follows());
    let run = stored(run.finish("a", at(1), &looking(30)));
    let woken = run.woken(at(5));
    let Claim::Nothing(Some(run)) = woken.claim(at(7), "b", LEASE) else { unreachable!("{woken:?}") };
    assert_eq!(run.due_at, Some(at(31)), "the look that is to come stays");
    let (run, work) = claimed(&run, 31, "b");
    assert_eq!((work.job, work.follows()), (Job::Look, false));
    assert_eq!(run.sync_status(), Some(JobStatus::Succeeded), "a look tells nothing of itself");
    let wanted = run.queue_sync(at(32)).retry("b", at(32), LEASE, "x").unwrap();
    assert_eq!(claimed(&wanted, 92, "c").1.job, Job::Sync, "what is wanted meanwhile is done with it");
}

#[test]
fn a_sync_is_tried_five_times_and_a_worker_that_dies_once_more_and_then_every_six_hours() {
    let mut run = fresh().woken(at(0));
    for attempt in 1..=SYNC_ATTEMPTS {
        let now = i64::from(attempt) * 1_000;
        let (begun, work) = claimed(&run, now, "a");
        assert_eq!(work.attempt, attempt);
        run = begun.retry("a", at(now + 1), Duration::from_secs(10), "AWS is throttling").unwrap();
        if attempt < SYNC_ATTEMPTS {
            assert_eq!(run.claim(at(now + 10), "b", LEASE), Claim::NotBefore(at(now + 11)));
        }
    }
    let later = at(i64::from(SYNC_ATTEMPTS) * 1_000 + 1).plus(LONGEST_LOOK);
    assert_eq!((run.sync_status(), run.due_at), (Some(JobStatus::Failed), Some(later)));
    let (begun, work) = claimed(&run, 30_000, "c");
    assert_eq!((work.job, work.attempt), (Job::Sync, 1));
    assert_eq!(stored(begun.finish("c", at(30_001), &Outcome::succeeded())).due_at, None);
    let by_hand = fresh().amended(false).want_sync(at(0), false).unwrap();
    let (begun, _) = claimed(&by_hand, 1, "a");
    let failed = stored(begun.finish("a", at(2), &Outcome::failed("denied")));
    assert_eq!(failed.due_at, None, "whoever asked for it asks again");
    let mut run = fresh().woken(at(0));
    for death in 0..=SYNC_ATTEMPTS {
        run = claimed(&run, i64::from(death) * 100, "a").0;
    }
    let Claim::GivenUp(next) = run.claim(at(100_000), "b", LEASE) else { unreachable!("{run:?}") };
    let later = Some(at(100_000).plus(LONGEST_LOOK));
    assert_eq!((next.sync_status(), next.due_at, next.lease), (Some(JobStatus::Failed), later, None));
}

#[test]
fn a_pause_is_no_attempt_and_the_permission_to_delete_is_for_one_run() {
    let (run, work) = claimed(&fresh().want_sync(at(0), true).unwrap(), 0, "a");
    assert!(work.allow_deletions);
    let run = run.pause("a", at(50)).unwrap();
    assert_eq!((run.sync_status(), run.due_at), (Some(JobStatus::Running), Some(at(50))));
    assert_eq!(run.want_sync(at(50), false), Err(Refused::Running("sync")));
    let (run, work) = claimed(&run, 51, "b");
    assert_eq!((work.attempt, work.allow_deletions), (1, true));
    let run = stored(run.finish("b", at(52), &Outcome::succeeded())).woken(at(53));
    assert!(!claimed(&run, 55, "c").1.allow_deletions);
}

#[test]
fn to_wait_for_a_moment_that_is_known_is_no_attempt_and_for_its_holder_alone() {
    let mut run = fresh().woken(at(0));
    for wait in 0..i64::from(2 * SYNC_ATTEMPTS) {
        let (begun, work) = claimed(&run, 100 * (wait + 1), "a");
        assert_eq!(work.attempt, 1);
        let (now, until) = (at(100 * (wait + 1) + 1), at(100 * (wait + 1) + 60));
        assert_eq!(begun.wait("b", now, until, "not listed yet"), Err(LeaseLost));
        run = begun.wait("a", now, until, "not listed yet").unwrap();
        assert_eq!((run.sync_status(), run.due_at), (Some(JobStatus::Pending), Some(until)));
        assert_eq!(run.claim(now, "c", LEASE), Claim::NotBefore(until));
    }
}

#[test]
fn a_removal_waits_for_what_is_in_use_and_takes_the_sync_with_it_at_its_end() {
    let (begun, _) = claimed(&fresh().woken(at(0)), 2, "a");
    assert_eq!(begun.want_removal(at(3), Removal::ThenDelete), Err(Refused::Running("sync")));
    let waiting = begun.retry("a", at(3), LEASE, "throttled").unwrap();
    let run = waiting.want_removal(at(4), Removal::ThenDelete).unwrap();
    assert_eq!(
        (run.sync_status(), run.removal_status()),
        (Some(JobStatus::Failed), Some(JobStatus::Pending))
    );
    assert!(run.is_going());
    assert_eq!(run.want_sync(at(4), false), Err(Refused::Going));
    let mut run = run;
    for look in 0..10 {
        let (begun, work) = claimed(&run, 100 * (look + 1), "b");
        assert_eq!((work.job, work.attempt), (Job::Remove(Removal::ThenDelete), 1), "waiting is no failure");
        assert_eq!(i64::from(work.looks), look);
        run = stored(begun.finish("b", at(100 * (look + 1)), &looking(50)));
        assert!(run.is_going());
    }
    let (run, _) = claimed(&run, 2_000, "b");
    assert_eq!(run.finish("b", at(2_001), &Outcome::succeeded()), Ok(Finished::Delete));
    let failed = stored(run.finish("b", at(2_001), &Outcome::failed("denied")));
    assert_eq!((failed.is_going(), failed.removal.message.as_deref()), (false, Some("denied")), "it stays");
}

#[test]
fn a_removal_that_failed_is_not_followed_by_a_sync_that_would_undo_it() {
    for (removal, auto) in [Removal::Keep, Removal::ThenDelete].into_iter().zip([true, false]) {
        let run = fresh().amended(auto).want_removal(at(0), removal).unwrap();
        let (begun, _) = claimed(&run, 1, "a");
        let in_use = Outcome { failure: Some("in use by others".to_owned()), ..looking(60) };
        let run = stored(begun.finish("a", at(2), &in_use));
        assert_eq!((run.removal_status(), run.is_going()), (Some(JobStatus::Failed), false));
        assert_eq!((run.look_at, run.looks, run.due_at), (None, 0, None));
        assert_eq!(run.claim(at(100_000), "b", LEASE), Claim::Nothing(None));
        assert!(run.want_removal(at(100_001), removal).is_ok(), "who wants the rest to go asks again");
    }
}

#[test]
fn what_is_deleted_is_purged_whatever_else_is_wanted() {
    let (run, _) = claimed(&fresh().woken(at(0)), 2, "a");
    let gone = run.deleted(at(3)).woken(at(4));
    assert_eq!(gone.claim(at(4), "b", LEASE), Claim::Purge);
    assert!(gone.due_at.is_some());
}

proptest! {
    /// Any order of wishes, claims, deaths and ends: work that is wanted is due, and nothing that is leased is lost.
    #[test]
    fn what_is_wanted_or_begun_is_always_due(steps in proptest::collection::vec((0_u8..9, 0_i64..90), 0..40)) {
        let mut run = fresh();
        let mut now = 0;
        for (step, wait) in steps {
            now += wait;
            let time = at(now);
            let token = now.to_string();
            let holder = run.lease.as_ref().map(|lease| lease.token.clone()).unwrap_or_default();
            let next = match step {
                0 => run.woken(time),
                1 => run.want_sync(time, false).unwrap_or_else(|_| run.clone()),
                2 => run.want_removal(time, Removal::Keep).unwrap_or_else(|_| run.clone()),
                3 => match run.finish(&holder, time, &looking(30)) {
                    Ok(Finished::Store(next)) => *next,
                    Ok(Finished::Delete) | Err(_) => run.clone(),
                },
                4 => run.retry(&holder, time, LEASE, "x").unwrap_or_else(|_| run.clone()),
                5 => run.pause(&holder, time).unwrap_or_else(|_| run.clone()),
                6 => run.amended(!run.auto),
                _claim => match run.claim(time, &token, LEASE) {
                    Claim::Work { next, .. } | Claim::GivenUp(next) | Claim::Nothing(Some(next)) => *next,
                    Claim::Busy(_) | Claim::NotBefore(_) | Claim::Nothing(None) | Claim::Purge => run.clone(),
                },
            };
            run = next;
            let open = run.current.is_some() || run.wants_anything() || run.look_at.is_some();
            prop_assert!(!open || run.due_at.is_some(), "{:?}", run);
        }
    }
}

#[test]
fn a_sync_that_failed_before_it_came_to_a_certificate_is_that_certificates_failure() {
    let failed = |seconds| {
        let (run, _) = claimed(&fresh().woken(at(seconds)), seconds, "a");
        stored(run.finish("a", at(seconds + 1), &Outcome::failed("refused")))
    };
    let run = failed(10);
    let slot = Slot {
        id: CertificateSlotId::random(),
        certificate_sync_id: run.id,
        wanted: Wanted::attached(CertificateId::random(), at(5)),
        held: Held::default(),
    };
    assert_eq!(run.failed_before(&slot), Some("refused"));
    assert_eq!(run.woken(at(20)).failed_before(&slot), None, "another one is to come");
    assert_eq!(failed(1).failed_before(&slot), None, "it was before the change");
    let intent = Some(Intent::Add { listener_arn: "listener".into(), arn: "arn".into() });
    let begun = Slot { held: Held { intent, ..Held::default() }, ..slot };
    assert_eq!(run.failed_before(&begun), None, "it came to it");
}

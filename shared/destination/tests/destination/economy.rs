//! How many calls a run makes, how many at once, and how long it takes: on a clock that the test moves.

use std::time::Duration;

use destination::Quotas;
use testkit::account::Account;

use crate::sync::{Sync, borrowed, many, simulated, writes};

const CALL: Duration = Duration::from_millis(20);

fn total(account: &Account) -> usize {
    account.calls().len()
}

#[test]
fn a_thousand_secrets_take_the_calls_that_they_must_ten_at_a_time() {
    simulated(async |clock| {
        let keys = many(1_000);
        for (place, unchanged) in [("one-to-one", 60), ("/app/", 100)] {
            let mut sync = Sync::of(&clock, place);
            sync.account.set_latency(CALL);
            let start = clock.now();
            assert!(sync.first(&borrowed(&keys)).await.unwrap().is_clean());
            let (took, calls) = ((clock.now() - start), total(&sync.account));
            assert_eq!(sync.there().len(), 1_000);
            assert!(sync.account.most_at_once() <= 10, "{}", sync.account.most_at_once());
            let ideal = CALL * u32::try_from(calls).unwrap() / 10;
            assert!(took <= ideal.mul_f64(1.3), "{place}: {calls} calls in {took:?}, ideally {ideal:?}");

            for _ in 0..2 {
                sync.account.forget_calls();
                let report = sync.later(&borrowed(&keys)).await.unwrap();
                assert_eq!((report.plan.unchanged.len(), writes(&sync.account)), (1_000, 0));
                assert!(total(&sync.account) <= unchanged, "{place}: {:?}", sync.account.counts());
            }
        }
    });
}

#[test]
fn foreign_things_beside_cost_an_unchanged_run_nothing_at_secrets_manager() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        for n in 0..500 {
            sync.account.put_secret(&format!("foreign-{n}"), testkit::account::Secret::of("x"));
        }
        sync.first(&[("A", "1")]).await.unwrap();
        sync.account.forget_calls();
        sync.later(&[("A", "1")]).await.unwrap();
        assert_eq!(total(&sync.account), 2, "{:?}", sync.account.counts());
    });
}

#[test]
fn one_document_takes_two_calls() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "many-to-one");
        let keys = many(1_000);
        assert!(sync.first(&borrowed(&keys)).await.unwrap().is_clean());
        sync.account.forget_calls();
        sync.later(&borrowed(&keys)).await.unwrap();
        assert_eq!(total(&sync.account), 2, "{:?}", sync.account.counts());
    });
}

#[test]
fn at_three_a_second_no_key_fails_and_no_second_is_lost() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.quotas = Quotas::default();
        sync.account.set_latency(CALL);
        sync.account.set_quota("ssm:PutParameter", 3.0);
        let keys = many(1_000);
        let start = clock.now();
        let report = sync.first(&borrowed(&keys)).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert_eq!(sync.there().len(), 1_000);
        assert!(
            (clock.now() - start) <= Duration::from_secs(334).mul_f64(1.05),
            "{:?}",
            (clock.now() - start)
        );
        assert_eq!(sync.account.counts()["ssm:PutParameter"], 1_000, "none was throttled");
    });
}

#[test]
fn a_quota_that_others_use_up_slows_the_run_down_and_fails_nobody() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        // Told ten, and AWS gives three.
        sync.quotas = Quotas { parameter_store_writes: 10.0, ..Quotas::default() };
        sync.account.set_latency(CALL);
        sync.account.set_quota("ssm:PutParameter", 3.0);
        let keys = many(300);
        let start = clock.now();
        let report = sync.first(&borrowed(&keys)).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert!((clock.now() - start) <= Duration::from_secs(130), "{:?}", (clock.now() - start));
        let calls = sync.account.counts()["ssm:PutParameter"];
        assert!(calls < 450, "{calls} calls for 300 parameters");
    });
}

#[test]
fn writes_to_secrets_manager_leave_at_fifty_a_second() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.quotas = Quotas::default();
        sync.account.set_quota("secretsmanager:CreateSecret", 50.0);
        let keys = many(500);
        let start = clock.now();
        assert!(sync.first(&borrowed(&keys)).await.unwrap().is_clean());
        assert_eq!(sync.account.counts()["secretsmanager:CreateSecret"], 500);
        assert!((clock.now() - start) <= Duration::from_secs(11), "{:?}", (clock.now() - start));
    });
}

#[test]
fn two_syncs_of_one_account_share_its_quota() {
    simulated(async |clock| {
        let (mut one, mut other) = (Sync::of(&clock, "/one/"), Sync::of(&clock, "/two/"));
        other.account = one.account.clone();
        other.config = one.config.clone();
        one.quotas = Quotas::default();
        let pace = one.pace();
        one.account.set_quota("ssm:PutParameter", 3.0);
        let keys = many(60);
        let start = clock.now();
        let publish = |sync: &mut Sync| {
            let destinations = destination::Destinations::new(&sync.config, pace.clone());
            destinations.open(&sync.place(), Account::credentials(), None)
        };
        let (left, right) = (publish(&mut one), publish(&mut other));
        let plan = |sync: Sync| {
            let keys = keys.clone();
            async move {
                let wanted = model::secret_sync::plan::wanted(
                    &sync.place(),
                    keys.into_iter().map(|(key, value)| {
                        let value = secrecy::SecretString::from(value);
                        (
                            key,
                            Ok(model::secret_sync::plan::Content { value, metadata: Vec::new(), version: 1 }),
                        )
                    }),
                );
                sync.planned(model::secret_sync::plan::Run::default(), &wanted).await.unwrap().0
            }
        };
        let (one_plan, other_plan) = (plan(one.clone()).await, plan(other.clone()).await);
        use futures::StreamExt as _;
        let (lefts, rights) =
            tokio::join!(left.publish(&one_plan.steps).count(), right.publish(&other_plan.steps).count());
        assert_eq!((lefts, rights, one.account.counts()["ssm:PutParameter"]), (60, 60, 120));
        assert!((clock.now() - start) <= Duration::from_secs(42), "{:?}", (clock.now() - start));
    });
}

#[test]
fn when_the_time_is_over_nothing_new_begins_and_the_next_run_goes_on() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.quotas = Quotas::default();
        sync.until = Some((clock.now() + Duration::from_secs(10)).into());
        let keys = many(100);
        let report = sync.first(&borrowed(&keys)).await.unwrap();
        assert!(report.failures.is_empty());
        assert!((60..=75).contains(&report.not_started), "{}", report.not_started);
        assert!(clock.now() <= sync.until.unwrap().into_std() + Duration::from_secs(1));
        assert_eq!(sync.ledger.len(), 100 - report.not_started);
        sync.until = None;
        sync.account.forget_calls();
        assert!(sync.first(&borrowed(&keys)).await.unwrap().is_clean());
        assert_eq!(sync.account.counts()["ssm:PutParameter"], report.not_started);
    });
}

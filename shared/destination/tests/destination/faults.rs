//! Throttling, failures, resets and lost answers.

use std::time::Duration;

use testkit::account::{Fault, Secret, THROTTLED};

use crate::sync::{PLACES, Sync, borrowed, many, simulated};

#[test]
fn a_minute_of_throttling_fails_no_key() {
    simulated(async |clock| {
        for place in PLACES {
            for code in
                ["ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"]
            {
                let mut sync = Sync::of(&clock, place);
                sync.quotas =
                    destination::Quotas { parameter_store_writes: 10.0, ..destination::Quotas::default() };
                sync.account.set_faults(move |call| {
                    (call.at < Duration::from_secs(60)).then_some(Fault::Error(400, code, "Rate exceeded"))
                });
                let keys = many(25);
                let start = clock.now();
                let report = sync.first(&borrowed(&keys)).await.unwrap();
                assert!(report.is_clean(), "{place} {:?}", report.texts());
                assert!(
                    (clock.now() - start) < Duration::from_secs(180),
                    "{place} {:?}",
                    (clock.now() - start)
                );
                assert_eq!(sync.there().len(), if place == "many-to-one" { 1 } else { 25 });
            }
        }
    });
}

#[test]
fn every_call_may_fail_once_in_every_way() {
    simulated(async |clock| {
        for place in PLACES {
            for fault in [
                THROTTLED,
                Fault::Reset,
                Fault::LostAnswer,
                Fault::Error(500, "InternalServiceError", "sorry"),
                Fault::Error(503, "ServiceUnavailable", "sorry"),
                Fault::Error(400, "TooManyUpdates", "There are concurrent updates"),
            ] {
                let mut sync = Sync::of(&clock, place);
                let seen = std::sync::Mutex::new(std::collections::BTreeSet::new());
                let told = fault.clone();
                sync.account.put_secret("foreign", Secret::of("untouched"));
                // Each call, by its action and body, fails the first time.
                sync.account.set_faults(move |call| {
                    seen.lock()
                        .unwrap()
                        .insert(format!("{} {}", call.action, call.body))
                        .then(|| told.clone())
                });
                for keys in
                    [vec![("A", "1"), ("B", "2"), ("C", "3")], vec![("A", "1"), ("B", "changed"), ("D", "4")]]
                {
                    let report = sync.run(true, &keys).await.unwrap();
                    assert!(report.is_clean(), "{place} {fault:?} {:?}", report.texts());
                }
                let mut there = sync.there();
                assert_eq!(there.remove("foreign").as_deref(), Some("untouched"));
                let expected: Vec<(String, String)> = if place == "many-to-one" {
                    vec![("all".into(), r#"{"A":"1","B":"changed","D":"4"}"#.into())]
                } else {
                    [("A", "1"), ("B", "changed"), ("D", "4")]
                        .map(|(key, value)| (sync.name(key), value.to_owned()))
                        .into()
                };
                assert_eq!(there.into_iter().collect::<Vec<_>>(), expected, "{place} {fault:?}");
                sync.account.mend();
                sync.account.forget_calls();
                assert!(
                    sync.later(&[("A", "1"), ("B", "changed"), ("D", "4")]).await.unwrap().plan.is_settled()
                );
            }
        }
    });
}

#[test]
fn an_aws_that_stays_unwell_is_not_asked_for_each_of_a_thousand() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.account.set_faults(|call| {
            (call.action == "ssm:PutParameter").then_some(Fault::Error(500, "InternalServerError", "sorry"))
        });
        let keys = many(1_000);
        let start = clock.now();
        let report = sync.first(&borrowed(&keys)).await.unwrap();
        assert!((clock.now() - start) < Duration::from_secs(120), "{:?}", (clock.now() - start));
        assert!(report.later >= 3 && report.later <= 20 && report.not_started > 900, "{report:?}");
        assert!(report.texts()[0].contains("ssm:PutParameter on /app/KEY_"), "{:?}", report.texts());
    });
}

#[test]
fn expired_credentials_are_a_matter_of_another_run() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        let expired = Fault::Error(
            400,
            "ExpiredTokenException",
            "The security token included in the request is expired",
        );
        sync.account.set_faults(move |_| Some(expired.clone()));
        let error = sync.first(&[("A", "1")]).await.unwrap_err();
        assert_eq!(error.disposition(), destination::Disposition::Later);
        assert!(error.to_string().contains("expired"), "{error}");
        assert!(sync.account.calls().len() <= 2, "asked once each, of list and values");
    });
}

#[test]
fn an_answer_that_is_not_awss_is_no_answer() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.account.set_faults(|_| Some(Fault::Answer(serde_json::json!("a captive portal"))));
        let error = sync.first(&[("A", "1")]).await.unwrap_err();
        assert!(error.to_string().contains("not one of AWS's"), "{error}");
    });
}

#[test]
fn no_error_repeats_a_value() {
    simulated(async |clock| {
        const CANARY: &str = "canary";
        for place in PLACES {
            let mut sync = Sync::of(&clock, place);
            // Validation of AWS's, with the value in its words.
            sync.account.set_faults(|call| {
            let is_write = call.body.to_string().contains(CANARY);
            is_write.then_some(Fault::Error(
                400,
                "ValidationException",
                "1 validation error detected: Value 'canary' at 'value' failed; Parameter value: (canary) is bad",
            ))
        });
            let report = sync.first(&[("A", CANARY)]).await.unwrap();
            assert_eq!(report.failures.len(), 1);
            assert!(
                !format!("{report:?} {:?}", report.texts()).contains(CANARY),
                "{place} {:?}",
                report.texts()
            );
            assert!(report.texts()[0].contains("ValidationException"), "{:?}", report.texts());
        }
    });
}

//! Throttling, lost answers and deadlines, as every call has them.

use std::time::Duration;

use placement::{AcmDeed, At, BalancerDeed, Class, Pace, Quotas};
use serde_json::json;
use testkit::aws::Answer;
use testkit::clock::SimulatedClock;

use crate::aws::{
    Aws, CERTIFICATE, LISTENER, Ticking, at, connection, error, key, material, ok, placements, region,
    simulated, xml, xml_error,
};

fn failed() -> Answer {
    Answer { status: 500, body: json!({ "__type": "InternalFailure", "message": "sorry" }).to_string() }
}

fn soon(clock: &SimulatedClock, seconds: u64) -> At {
    At { until: Some(clock.now() + Duration::from_secs(seconds)), ..at() }
}

#[test]
fn an_import_that_may_be_done_is_not_made_again_and_one_over_a_certificate_is() {
    simulated(async |clock| {
        let done = ok(&json!({ "CertificateArn": CERTIFICATE }));
        let throttled = error("ThrottlingException", "Rate exceeded");
        let aws = Aws::in_turn(&clock, vec![throttled.clone(), failed(), done.clone()]);
        let key = key();
        let doubtful = aws.acm(AcmDeed::Import).await.import(&material(&key), &[]).await.unwrap_err();
        assert!(doubtful.may_be_done() && doubtful.is_passing(), "{doubtful}");
        assert_eq!(aws.asked().len(), 2, "throttling is surely nothing, a failure is not");

        let aws = Aws::in_turn(&clock, vec![throttled, failed(), done]);
        aws.acm(AcmDeed::Replace(&[CERTIFICATE])).await.replace(CERTIFICATE, &material(&key)).await.unwrap();
        assert_eq!(aws.asked().len(), 3);

        let aws = Aws::of(&clock, |_| ok(&json!({})));
        let lacking = aws.acm(AcmDeed::Import).await.import(&material(&key), &[]).await.unwrap_err();
        assert!(lacking.may_be_done() && lacking.to_string().contains("lacks the ARN"), "{lacking}");
    });
}

#[test]
fn throttling_and_failures_of_load_balancing_pass() {
    simulated(async |clock| {
        for throttling in ["Throttling", "ThrottlingException", "RequestLimitExceeded"] {
            let aws = Aws::in_turn(
                &clock,
                vec![
                    xml_error(400, throttling, "Rate exceeded"),
                    xml_error(503, "ServiceUnavailable", "later"),
                    xml("AddListenerCertificates", ""),
                ],
            );
            aws.load_balancers(BalancerDeed::Look).await.add(LISTENER, CERTIFICATE).await.unwrap();
            assert_eq!(aws.asked().len(), 3, "{throttling}");
        }
    });
}

#[test]
fn no_attempt_begins_after_the_deadline() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| error("ThrottlingException", "Rate exceeded"));
        let start = clock.now();
        let at = soon(&clock, 5);
        let acm = aws.placements.acm(&connection(), &region(), AcmDeed::Look, at).await.unwrap();
        let late = acm.list().await.unwrap_err();
        assert!(clock.now() - start <= Duration::from_secs(5));
        assert_eq!((late.class(), late.is_passing(), late.may_be_done()), (Class::Passing, true, false));
    });
}

#[test]
fn an_answer_that_is_not_awss_is_no_answer() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| Answer { status: 200, body: "a captive portal".into() });
        let at = soon(&clock, 2);
        let balancers =
            aws.placements.load_balancers(&connection(), &region(), BalancerDeed::Look, at).await.unwrap();
        let added = balancers.add(LISTENER, CERTIFICATE).await.unwrap_err();
        assert!(added.to_string().contains("not one of AWS's"), "{added}");
        let changed = balancers.set_default(LISTENER, CERTIFICATE).await.unwrap_err();
        assert!(changed.to_string().contains("not one of AWS's"), "{changed}");
        let nobody = balancers.certificates(LISTENER).await.unwrap_err();
        assert!(nobody.to_string().contains("not one of AWS's"), "{nobody}");
    });
}

#[test]
fn a_connection_that_does_not_open_says_so_in_awss_words() {
    simulated(async |clock| {
        let (config, _) = testkit::aws::scripted(|_| {
            xml_error(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole")
        });
        let pace = Pace::on(std::sync::Arc::new(Ticking(clock.clone())), Quotas::default());
        let placements = placements(&config, pace);
        let refused =
            placements.acm(&connection(), &region(), AcmDeed::Look, at()).await.map(drop).unwrap_err();
        assert_eq!(refused.class(), Class::Denied);
        assert!(refused.to_string().contains("not authorized to perform: sts:AssumeRole"), "{refused}");
    });
}

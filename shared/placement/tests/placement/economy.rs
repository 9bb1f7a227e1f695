//! What calls cost the customer's quotas.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::join_all;
use placement::{AcmDeed, BalancerDeed, Quotas};
use serde_json::json;
use testkit::clock::SimulatedClock;

use crate::aws::{Aws, CERTIFICATE, LISTENER, key, material, ok, xml};

fn busiest_second(times: &[Instant]) -> usize {
    let within = |start: &Instant| {
        times.iter().filter(|at| **at >= *start && **at < *start + Duration::from_secs(1)).count()
    };
    times.iter().map(within).max().unwrap_or_default()
}

/// An AWS that keeps when it was asked.
fn watched(processes: u32) -> (SimulatedClock, Aws, Arc<Mutex<Vec<Instant>>>) {
    let clock = SimulatedClock::default();
    let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let (seen, watch) = (Arc::clone(&times), clock.clone());
    let aws = Aws::paced(&clock, Quotas { processes, are_off: false }, move |request| {
        seen.lock().unwrap().push(watch.now());
        match request.parameter("Action") {
            Some(action) => xml(&action, ""),
            None => ok(&json!({ "CertificateArn": CERTIFICATE, "CertificateSummaryList": [] })),
        }
    });
    (clock, aws, times)
}

#[test]
fn imports_leave_one_a_second_new_ones_and_others_together_and_processes_share() {
    for (processes, seconds) in [(1, 19), (5, 95)] {
        let (clock, aws, times) = watched(processes);
        let start = clock.now();
        clock.run(async {
            let acm = aws.acm(AcmDeed::Import).await;
            let key = key();
            let material = material(&key);
            let (new, over) = (0..10)
                .map(|_| (acm.import(&material, &[]), acm.replace(CERTIFICATE, &material)))
                .unzip::<_, _, Vec<_>, Vec<_>>();
            let (new, over) = futures::join!(join_all(new), join_all(over));
            assert!(new.iter().all(Result::is_ok) && over.iter().all(Result::is_ok));
        });
        assert_eq!(busiest_second(&times.lock().unwrap()), 1);
        let took = clock.now() - start;
        assert!((took.as_secs_f64() - f64::from(seconds)).abs() < 1.0, "{processes}: {took:?}");
    }
}

#[test]
fn looking_at_load_balancers_and_changing_them_keep_to_half_of_what_aws_allows() {
    let (clock, aws, times) = watched(1);
    clock.run(async {
        let balancers = aws.load_balancers(BalancerDeed::Look).await;
        let looks = (0..30).map(|_| balancers.certificates(LISTENER));
        assert!(join_all(looks).await.iter().all(Result::is_ok));
        assert_eq!(busiest_second(&times.lock().unwrap()), 5);
        times.lock().unwrap().clear();
        let changes = (0..10).map(|_| balancers.add(LISTENER, CERTIFICATE));
        assert!(join_all(changes).await.iter().all(Result::is_ok));
        assert_eq!(busiest_second(&times.lock().unwrap()), 2);
    });
}

#[test]
fn a_session_is_opened_once_for_each_deed() {
    let (clock, aws, _) = watched(1);
    clock.run(async {
        let connection = crate::aws::connection();
        for _ in 0..3 {
            for deed in [AcmDeed::Look, AcmDeed::Import, AcmDeed::Replace(&[CERTIFICATE])] {
                let _ = aws.placements.acm(&connection, &crate::aws::region(), deed, crate::aws::at()).await;
            }
        }
        assert_eq!(aws.policies().len(), 3);
    });
}

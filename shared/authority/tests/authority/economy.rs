//! What calls cost the customer's quotas.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use authority::private_ca::Fetched;
use authority::{Deed, Quotas};
use futures::future::join_all;
use serde_json::json;
use testkit::clock::SimulatedClock;

use crate::aws::{Aws, CA, at, ca, connection, error, ok, simulated};

#[test]
fn what_an_authority_is_is_asked_once_a_minute() {
    simulated(async |clock| {
        let described = json!({ "CertificateAuthority": {
            "Status": "ACTIVE", "CertificateAuthorityConfiguration": { "KeyAlgorithm": "RSA_2048", "SigningAlgorithm": "SHA256WITHRSA" },
        } });
        let aws = Aws::of(&clock, move |_| ok(&described));
        let connection = connection();
        for (after, calls) in [(0, 1), (30, 1), (29, 1), (1, 2), (1, 2)] {
            clock.clone().sleep(Duration::from_secs(after)).await;
            let authority = aws.authorities.private_ca(&connection, &ca(), Deed::Issue, at()).await.unwrap();
            assert!(authority.facts().await.unwrap().is_active());
            assert_eq!(aws.asked().len(), calls, "{after}");
        }
        // Whoever wants to know it now asks now.
        let authority = aws.authorities.private_ca(&connection, &ca(), Deed::Look, at()).await.unwrap();
        authority.describe().await.unwrap();
        assert_eq!(aws.asked().len(), 3);
        assert_eq!(aws.policies().len(), 2, "sessions are remembered: one for each deed");
    });
}

fn busiest_second(times: &[Instant]) -> usize {
    let within = |start: &Instant| {
        times.iter().filter(|at| **at >= *start && **at < *start + Duration::from_secs(1)).count()
    };
    times.iter().map(within).max().unwrap_or_default()
}

/// So many processes that each fetch `count` certificates at once, which stay in progress: the calls a second that AWS sees.
fn fetched(processes: u32, count: usize) -> (usize, Duration) {
    let clock = SimulatedClock::default();
    let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let (seen, watch) = (Arc::clone(&times), clock.clone());
    let script = Arc::new(move |_: &testkit::aws::Request| {
        seen.lock().unwrap().push(watch.now());
        error("RequestInProgressException", "The certificate is still being issued")
    });
    let worlds: Vec<Aws> = (0..processes)
        .map(|_| {
            let script = Arc::clone(&script);
            Aws::paced(&clock, Quotas { processes, are_off: false }, move |request| script(request))
        })
        .collect();
    let start = clock.now();
    clock.run(async {
        let connection = connection();
        let one = async |aws: &Aws, number: usize| {
            let authority = aws.authorities.private_ca(&connection, &ca(), Deed::Issue, at()).await.unwrap();
            let fetched = authority.fetch(&format!("{CA}/certificate/{number}")).await.unwrap();
            assert_eq!(fetched, Fetched::InProgress);
        };
        let all = worlds.iter().flat_map(|aws| (0..count).map(move |number| (aws, number)));
        join_all(all.map(|(aws, number)| one(aws, number))).await;
    });
    let times = times.lock().unwrap();
    assert_eq!(times.len(), usize::try_from(processes).unwrap() * count);
    (busiest_second(&times), clock.now() - start)
}

#[test]
fn a_thousand_certificates_in_flight_are_fetched_within_half_the_quota() {
    // AWS answers 75 GetCertificate a second in an account and region.
    for (processes, count) in [(1, 1_000), (5, 200), (20, 50)] {
        let (busiest, took) = fetched(processes, count);
        assert!(busiest <= 37, "{processes}: {busiest} in one second");
        assert!(took < Duration::from_secs(60), "{processes}: {took:?}: the half is made use of");
    }
}

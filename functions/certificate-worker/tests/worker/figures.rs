//! What a thousand requests in flight cost the customer's quotas, on simulated time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use authority::{Pace, Quotas};
use certificate_worker::CertificateWorker;
use futures::future::join_all;
use job::{Deadline, handle};
use model::certificate::KeyAlgorithm;
use model::certificate::order::{KeyOrigin, Order};
use model::id::CertificateRequestId;
use serde_json::json;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::sim::Sim;
use crate::world::World;

/// The mapping's MaximumConcurrency, and its batch.
const WORKERS: u32 = 5;
const BATCH: usize = 10;

/// AWS answers 75 GetCertificate, 25 IssueCertificate and 20 DescribeCertificateAuthority a second; half of each is ours.
const HALVES: [(&str, usize); 3] = [
    ("acm-pca:GetCertificate", 37),
    ("acm-pca:IssueCertificate", 12),
    ("acm-pca:DescribeCertificateAuthority", 10),
];

/// With a thousand: `cargo bench -p certificate-worker --bench figures`.
#[tokio::test]
async fn requests_in_flight_stay_within_half_the_quotas_and_none_is_paid_twice() {
    crowd(100).await;
}

/// So many requests at once, each of which the authority takes twelve seconds for.
pub(crate) async fn crowd(count: usize) {
    let sim = Sim::default();
    let pace = || Pace::on(Arc::new(sim.clone()), Quotas { processes: WORKERS, are_off: false });
    let world = World::with(pace(), |config| sim.through(config)).await;
    clock::follow(&sim.clock);
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    world.pki.set_issuing_time(Duration::from_secs(12));
    let key = x509::PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    for _ in 0..count {
        // Whose key is elsewhere: the figure is about calls, not about the making of keys.
        let order = world.private_order(authority);
        let csr = x509::certificate_request(&order.spec, &key).unwrap();
        world.ask(&Order { key: KeyOrigin::Csr(csr), ..order }).await;
    }
    let started = clock::now();
    let workers: Vec<CertificateWorker> = (0..WORKERS).map(|_| world.paced(pace())).collect();
    sim.run(async {
        for round in 0.. {
            let due = world.safe.certificate_orders_due(clock::now(), 1_000).await.unwrap();
            let of = |index: usize| due.chunks(BATCH).skip(index).step_by(workers.len());
            let all = workers.iter().enumerate().map(|(index, worker)| async move {
                for batch in of(index) {
                    look(worker, batch).await;
                }
            });
            join_all(all).await;
            let left = world.safe.certificate_orders_of(world.project).await.unwrap();
            if left.iter().all(|order| order.progress.has_ended()) {
                break;
            }
            assert!(round < 60, "they never end");
            sim.clock.clone().sleep(Duration::from_secs(60)).await;
        }
    })
    .await;
    let issued = world.pki.issued(&arn);
    let tokens: BTreeSet<_> = issued.iter().map(|one| one.token.clone()).collect();
    assert_eq!((issued.len(), tokens.len()), (count, count), "none twice");
    assert_eq!(world.spent(authority).await, i64::try_from(count).unwrap());
    for (action, half) in HALVES {
        let (most, calls) = (world.pki.most_in_a_second(action), world.pki.count(action));
        println!("{action:<38} {calls:>6} calls, {most:>3} in the busiest second; half the quota is {half}");
        assert!(most <= half, "{action}: {most} in a second");
    }
    let took = clock::now().since(started).as_secs();
    println!("{count} certificates of 12 s each by {WORKERS} workers: {took} s");
    assert!(world.pki.count("acm-pca:GetCertificate") <= count * 6);
}

async fn look(worker: &CertificateWorker, ids: &[CertificateRequestId]) {
    let record = |id: &CertificateRequestId| {
        json!({
            "messageId": id.to_string(), "body": json!({ "certificateRequestId": id }).to_string(),
            "attributes": { "MessageGroupId": id.to_string(), "ApproximateReceiveCount": "1" }, "eventSource": "aws:sqs",
        })
    };
    let records: Vec<_> = ids.iter().map(record).collect();
    let deadline = Deadline::new(clock::now, clock::now().plus(Duration::from_secs(120)));
    let answer = handle(worker, json!({ "Records": records }), deadline, "i").await.unwrap();
    assert!(answer.batch_item_failures.is_empty());
}

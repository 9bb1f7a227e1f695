//! Many at once.

use futures::future::join_all;
use job::Worker as _;
use model::message::Noun;
use testkit::pki::PrivateCa;

use crate::world::World;

#[tokio::test]
async fn two_workers_at_once_ask_for_one_certificate() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await.to_string();
    let other = world.another();
    let both = tokio::join!(
        world.worker.work(Noun::CertificateRequest, &id, World::deadline()),
        other.work(Noun::CertificateRequest, &id, World::deadline()),
    );
    let words = [both.0.unwrap(), both.1.unwrap()];
    assert!(words.contains(&"issued"), "{words:?}");
    assert_eq!(world.pki.count("acm-pca:IssueCertificate"), 1, "{words:?}");
    assert_eq!((world.pki.issued(&arn).len(), world.heard("CertificateIssued")), (1, 1));
}

#[tokio::test]
async fn a_budget_holds_however_many_are_at_work() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), Some(5)).await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(world.ask(&world.private_order(authority)).await.to_string());
    }
    let workers = [world.another(), world.another(), world.another()];
    let looks = ids.iter().zip(workers.iter().cycle());
    let looks = looks.map(|(id, worker)| worker.work(Noun::CertificateRequest, id, World::deadline()));
    let words: Vec<_> = join_all(looks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(words.iter().filter(|word| **word == "issued").count(), 5, "{words:?}");
    assert_eq!(words.iter().filter(|word| **word == "failed").count(), 7, "{words:?}");
    assert_eq!((world.pki.issued(&arn).len(), world.spent(authority).await), (5, 5));
}

//! Renewals: what the clock orders, and the order itself.

use std::time::Duration;

use model::certificate::Certificate;
use model::id::CertificateId;
use testkit::fuse::Fault;
use testkit::matrix::moments;
use testkit::pki::PrivateCa;

use super::{everywhere, recover};
use crate::clock;
use crate::world::{DAY, HOUR, World};

impl World {
    /// From now on it is renewed by itself.
    pub(super) async fn renews(&self, id: CertificateId) {
        let renewing = |certificate: &Certificate| (Some(certificate.configured(true, None)), ());
        self.safe.amend_certificate(id, clock::now(), None, renewing).await.unwrap();
    }

    /// A private certificate that is due for its renewal.
    pub(super) async fn due_for_renewal(&self) -> (CertificateId, String) {
        let (authority, arn) = self.private_ca(PrivateCa::default(), None).await;
        let id = self.ask(&self.private_order(authority)).await;
        self.work(id).await.unwrap();
        let old = self.certificate(id).await.0.id;
        clock::advance(Duration::from_secs(25 * DAY));
        // The end is near, which a look of its own tells.
        assert_eq!(self.look(old).await.unwrap(), "told");
        self.renews(old).await;
        (old, arn)
    }

    /// It was renewed once, and by no more than one certificate.
    pub(super) async fn was_renewed_once(&self, id: CertificateId, arn: &str, what: &str) {
        let old = self.safe.certificate(id).await.unwrap().unwrap();
        let new = old.renewed_by.unwrap_or_else(|| panic!("{what}: it was not renewed: {:?}", old.life));
        let new = self.safe.certificate(new).await.unwrap().unwrap();
        assert_eq!((new.renewed_from, old.life.renewing), (Some(id), None), "{what}");
        assert!(new.facts.not_after > old.facts.not_after, "{what}");
        assert_eq!(self.pki.issued(arn).len(), 2, "{what}: paid twice");
        assert_eq!(self.safe.certificate_orders_of(self.project).await.unwrap().len(), 2, "{what}");
    }
}

/// The look that orders a renewal.
async fn ordered_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let (old, arn) = world.due_for_renewal().await;
    world.life.arm(fault);
    let _ = world.look(old).await;
    let calls = world.life.calls();
    world.life.arm(Fault::None);
    world.worker = world.another();
    world.pass(3 * HOUR, 600).await;
    world.was_renewed_once(old, &arn, &format!("{fault:?}")).await;
    calls
}

/// The order that a renewal is, from a private CA.
async fn private_renewed_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let (old, arn) = world.due_for_renewal().await;
    assert_eq!(world.look(old).await.unwrap(), "renewal ordered");
    let order = world.safe.certificate(old).await.unwrap().unwrap().life.renewing.unwrap();
    world.life.arm(fault);
    let _ = world.work(order).await;
    let calls = world.life.calls();
    clock::advance(Duration::from_secs(1));
    recover(&mut world, order).await;
    world.was_renewed_once(old, &arn, &format!("{fault:?}")).await;
    calls
}

/// The look that tells that a certificate is about to end.
async fn told_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await;
    world.work(id).await.unwrap();
    let id = world.certificate(id).await.0.id;
    clock::advance(Duration::from_secs(17 * DAY));
    world.life.arm(fault);
    let _ = world.look(id).await;
    let calls = world.life.calls();
    world.life.arm(Fault::None);
    world.worker = world.another();
    world.pass(2 * HOUR, 600).await;
    let heard = world.heard("CertificateExpiring");
    assert!((1..=2).contains(&heard), "{fault:?}: told {heard} times");
    calls
}

/// Renews a certificate of ACM's, with a sync that has it.
async fn public_renewed_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    let id = world.ask(&world.public_order(authority, &["example.com"])).await;
    world.settle(id, HOUR).await;
    let (old, _) = world.certificate(id).await;
    world.renews(old.id).await;
    clock::advance(Duration::from_secs(140 * DAY));
    assert_eq!(world.look(old.id).await.unwrap(), "renewal ordered");
    let old = world.safe.certificate(old.id).await.unwrap().unwrap();
    let order = old.life.renewing.unwrap();
    let sync = world.sync_of(old.id).await;
    world.pki.forget_calls();
    world.life.arm(fault);
    let _ = world.work(order).await;
    let calls = world.life.calls();
    clock::advance(Duration::from_secs(1));
    recover(&mut world, order).await;
    let (new, _) = world.certificate(order).await;
    let slot = world.slot_of(sync).await.wanted;
    assert_eq!((slot.certificate_id, slot.previous, slot.revision), (new.id, Some(old.id), 2), "{fault:?}");
    let due = world.safe.certificate_sync_run(sync).await.unwrap().unwrap().due_at;
    assert!(due.is_some(), "{fault:?}: nobody would carry it there");
    assert!(new.facts.not_after > old.facts.not_after && new.arn == old.arn, "{fault:?}");
    let old = world.safe.certificate(old.id).await.unwrap().unwrap();
    assert_eq!((old.renewed_by, new.renewed_from), (Some(new.id), Some(old.id)), "{fault:?}");
    assert!(world.pki.count("acm:RenewCertificate") <= 2, "{fault:?}");
    assert_eq!(world.pki.certificates().len(), 1, "{fault:?}");
    calls
}

#[tokio::test]
async fn a_death_around_every_call_of_a_look_that_orders_a_renewal_orders_one() {
    everywhere("order a renewal by the clock", 2, moments, ordered_although).await;
}

#[tokio::test]
async fn a_death_around_every_call_of_a_private_renewal_is_made_good() {
    everywhere("renew by a private CA", 15, moments, private_renewed_although).await;
}

#[tokio::test]
async fn a_death_around_every_call_of_a_public_renewal_is_made_good() {
    everywhere("renew by ACM, under the same ARN", 15, moments, public_renewed_although).await;
}

#[tokio::test]
async fn a_death_around_every_call_of_a_notice_is_made_good() {
    everywhere("tell that the end is near", 1, moments, told_although).await;
}

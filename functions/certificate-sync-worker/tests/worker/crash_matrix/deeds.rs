//! What people and renewals ask for.

use model::id::{CertificateSlotId, CertificateSyncId};
use testkit::fuse::Fault;
use testkit::matrix::{Faults, moments};

use super::{deaths_and_lost_answers, everywhere};
use crate::world::World;

/// What is done while the process dies.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// A first deploy onto two listeners, as their default.
    Deploy,
    /// A renewal under the same ARN.
    Renew,
    /// A renewal with another kind of key, while the certificate is the default.
    Rekey,
    /// The certificate before the renewal comes back.
    RollBack,
    /// A certificate that is served already becomes the default.
    Default,
    /// The default is given back to what was there.
    GiveBack,
    /// Everything is taken away.
    Detach,
}

/// Asks for the deed, after everything that comes before it.
async fn begin(world: &World, sync: CertificateSyncId, slot: CertificateSlotId, deed: Deed) {
    if !matches!(deed, Deed::Deploy) {
        world.succeed(sync).await;
    }
    match deed {
        Deed::Deploy => {}
        Deed::Renew => world.renew(sync, slot, world.issue("www.example.com").await).await,
        Deed::Rekey => world.renew(sync, slot, world.issue_rsa("www.example.com").await).await,
        Deed::RollBack => {
            world.renew(sync, slot, world.issue("www.example.com").await).await;
            world.succeed(sync).await;
            world.roll_back(sync, slot).await;
        }
        Deed::Default => world.set_default(sync, Some(slot)).await,
        Deed::GiveBack => world.set_default(sync, None).await,
        Deed::Detach => world.detach(sync, slot).await,
    }
}

async fn on_listeners(deed: Deed, fault: Fault) -> u32 {
    let mut world = World::new().await;
    let (balancer, listeners) = world.listeners(2);
    let sync = world.elb(&balancer, &listeners).await;
    let before: Vec<_> = listeners.iter().map(|one| world.fleet.listener(one)).collect();
    let certificates = world.fleet.certificates();
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    if !matches!(deed, Deed::Default) {
        world.set_default(sync, Some(slot)).await;
    }
    begin(&world, sync, slot, deed).await;
    world.life.arm(fault);
    let _ = world.work(sync).await;
    let calls = world.life.calls();
    world.recover(sync).await;
    for listener in &listeners {
        assert!(world.fleet.gaps(listener, "old.example.com").is_empty(), "{deed:?} {fault:?}");
    }
    if matches!(deed, Deed::Detach) {
        let after: Vec<_> = listeners.iter().map(|one| world.fleet.listener(one)).collect();
        assert_eq!(after, before, "{fault:?}");
        assert_eq!(world.fleet.certificates(), certificates, "{fault:?}");
        assert!(world.slots(sync).await.is_empty(), "{fault:?}");
        return calls;
    }
    world.succeed(sync).await;
    let arn = world.placed(sync, slot).await;
    let wanted = world.slot(sync, slot).await.wanted.certificate_id;
    let wanted = world.certificate(wanted).await.facts.fingerprint_sha256.clone();
    assert_eq!(world.fleet.certificate(&arn).unwrap().fingerprint, wanted, "{deed:?} {fault:?}");
    for listener in &listeners {
        let there = world.fleet.listener(listener).unwrap();
        assert!(world.fleet.gaps(listener, "www.example.com").is_empty(), "{deed:?} {fault:?}");
        let foreign = before[0].as_ref().unwrap().default.clone().unwrap();
        let (default, mut meant) = match deed {
            Deed::GiveBack => (foreign, vec![arn.clone()]),
            Deed::Deploy | Deed::Renew | Deed::Rekey | Deed::RollBack | Deed::Default | Deed::Detach => {
                (arn.clone(), vec![arn.clone(), foreign])
            }
        };
        assert_eq!(there.default, Some(default), "{deed:?} {fault:?}");
        let mut sni = there.sni;
        sni.sort();
        meant.sort();
        assert_eq!(sni, meant, "{deed:?} {fault:?}");
    }
    let ours: Vec<_> = world.fleet.certificates();
    assert_eq!(ours.len(), certificates.len() + 1, "{deed:?} {fault:?}: something stays that nobody knows");
    calls
}

async fn in_acm(deed: Deed, fault: Fault) -> u32 {
    let mut world = World::new().await;
    let sync = world.acm().await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    begin(&world, sync, slot, deed).await;
    world.life.arm(fault);
    let _ = world.work(sync).await;
    let calls = world.life.calls();
    world.recover(sync).await;
    if matches!(deed, Deed::Detach) {
        assert!(world.fleet.certificates().is_empty() && world.slots(sync).await.is_empty(), "{fault:?}");
        return calls;
    }
    world.succeed(sync).await;
    let wanted = world.slot(sync, slot).await.wanted.certificate_id;
    let facts = world.certificate(wanted).await.facts.clone();
    let certificates = world.fleet.certificates();
    let [there] = certificates.as_slice() else { panic!("{deed:?} {fault:?}: {certificates:#?}") };
    assert_eq!(there.fingerprint, facts.fingerprint_sha256, "{deed:?} {fault:?}");
    let name = format!("Drawbridge-{}", wanted.uuid().simple());
    assert_eq!(there.tags.get("InfisicalCertificate"), Some(&name), "{deed:?} {fault:?}");
    calls
}

async fn on_two_listeners(operation: &str, least: u32, faults: Faults, deed: Deed) {
    let operation = format!("{operation}, two listeners");
    everywhere(&operation, least, faults, async |fault| on_listeners(deed, fault).await).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_a_first_deploy_is_made_good() {
    let operation = "import and attach as the default";
    on_two_listeners(operation, 25, deaths_and_lost_answers, Deed::Deploy).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_a_renewal_is_made_good() {
    on_two_listeners("renew", 10, deaths_and_lost_answers, Deed::Renew).await;
    on_two_listeners("roll back", 10, moments, Deed::RollBack).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_a_renewal_with_another_key_is_made_good() {
    on_two_listeners("renew with another kind of key", 25, deaths_and_lost_answers, Deed::Rekey).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_another_default_is_made_good() {
    on_two_listeners("make it the default", 10, moments, Deed::Default).await;
    on_two_listeners("give the default back", 10, moments, Deed::GiveBack).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_a_removal_is_made_good() {
    on_two_listeners("detach", 20, deaths_and_lost_answers, Deed::Detach).await;
}

#[tokio::test]
async fn a_death_at_every_call_with_acm_is_made_good() {
    let (both, deaths): (Faults, Faults) = (deaths_and_lost_answers, moments);
    for (operation, faults, deed) in [
        ("import, ACM", both, Deed::Deploy),
        ("renew, ACM", both, Deed::Renew),
        ("renew with another kind of key, ACM", both, Deed::Rekey),
        ("roll back, ACM", deaths, Deed::RollBack),
        ("detach, ACM", both, Deed::Detach),
    ] {
        everywhere(operation, 8, faults, async |fault| in_acm(deed, fault).await).await;
    }
}

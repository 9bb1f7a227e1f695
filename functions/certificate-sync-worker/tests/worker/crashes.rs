//! A process that dies, at every call.

use testkit::fuse::Fault;

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
    /// Everything is taken away.
    Detach,
}

async fn on_listeners(deed: Deed, fault: Fault) -> u32 {
    let mut world = World::new().await;
    let (balancer, listeners) = world.listeners(2);
    let sync = world.elb(&balancer, &listeners).await;
    let before: Vec<_> = listeners.iter().map(|one| world.fleet.listener(one)).collect();
    let certificates = world.fleet.certificates();
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.set_default(sync, Some(slot)).await;
    if !matches!(deed, Deed::Deploy) {
        world.succeed(sync).await;
    }
    match deed {
        Deed::Deploy => {}
        Deed::Renew => world.renew(sync, slot, world.issue("www.example.com").await).await,
        Deed::Rekey => world.renew(sync, slot, world.issue_rsa("www.example.com").await).await,
        Deed::Detach => world.detach(sync, slot).await,
    }
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
        assert_eq!(there.default.as_ref(), Some(&arn), "{deed:?} {fault:?}");
        assert!(world.fleet.gaps(listener, "www.example.com").is_empty(), "{deed:?} {fault:?}");
        let foreign = before[0].as_ref().unwrap().default.clone().unwrap();
        let mut sni = there.sni;
        sni.sort();
        let mut meant = vec![arn.clone(), foreign];
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
    if !matches!(deed, Deed::Deploy) {
        world.succeed(sync).await;
    }
    match deed {
        Deed::Deploy => {}
        Deed::Renew => world.renew(sync, slot, world.issue("www.example.com").await).await,
        Deed::Rekey => world.renew(sync, slot, world.issue_rsa("www.example.com").await).await,
        Deed::Detach => world.detach(sync, slot).await,
    }
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

async fn everywhere(least: u32, attempt: impl AsyncFn(Fault) -> u32) {
    let calls = attempt(Fault::None).await;
    assert!(calls > least, "{calls}");
    for number in 1..=calls {
        attempt(Fault::Die(number)).await;
        attempt(Fault::LoseAnswer(number)).await;
    }
    attempt(Fault::DieAfter(calls)).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_a_first_deploy_is_made_good() {
    everywhere(25, async |fault| on_listeners(Deed::Deploy, fault).await).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_a_renewal_is_made_good() {
    everywhere(10, async |fault| on_listeners(Deed::Renew, fault).await).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_a_renewal_with_another_key_is_made_good() {
    everywhere(25, async |fault| on_listeners(Deed::Rekey, fault).await).await;
}

#[tokio::test]
async fn a_death_at_every_call_of_a_removal_is_made_good() {
    everywhere(20, async |fault| on_listeners(Deed::Detach, fault).await).await;
}

#[tokio::test]
async fn a_death_at_every_call_with_acm_is_made_good() {
    for deed in [Deed::Deploy, Deed::Renew, Deed::Rekey, Deed::Detach] {
        everywhere(8, async |fault| in_acm(deed, fault).await).await;
    }
}

//! Single moments, each with its rule.

use std::time::Duration;

use super::aws::listener;
use super::world::{World, defined};
use crate::certificate::KeyAlgorithm::{EcP256, Rsa2048};
use crate::certificate::KeyUsage;
use crate::certificate_sync::plan::{Action, Guard, Plan, Rule};
use crate::certificate_sync::{Destination, DestinationConfig, ownership};
use crate::id::CertificateSlotId;

fn acm() -> World {
    World::new(Destination::AwsCertificateManager, 1)
}

fn balancer(listeners: usize) -> World {
    World::new(Destination::AwsElasticLoadBalancer, listeners)
}

/// One certificate in ACM, whose list will not have it for a while.
fn unlisted() -> (World, CertificateSlotId) {
    let mut world = acm();
    (world.pace, world.aws.lag) = (Duration::from_secs(1), Duration::from_secs(60));
    let slot = world.attach(EcP256);
    world.run(None).unwrap();
    assert!(!world.aws.list(world.now).contains_key(&arn(&world, slot)));
    (world, slot)
}

fn arn(world: &World, slot: CertificateSlotId) -> String {
    world.slot(slot).held.placed.as_ref().unwrap().arn.clone()
}

fn serial(world: &World, arn: &str) -> String {
    world.aws.acm[arn].serial_number.clone()
}

fn wanted_serial(world: &World, slot: CertificateSlotId) -> String {
    world.certificates[&world.slot(slot).wanted.certificate_id].facts.serial_number.clone()
}

fn define(world: &mut World, numbers: &[usize]) {
    if let DestinationConfig::AwsElasticLoadBalancer { listeners, .. } = &mut world.sync.destination {
        *listeners = numbers.iter().copied().map(defined).collect();
    }
}

fn take_default(world: &mut World, number: usize, takes: Option<bool>) {
    if let DestinationConfig::AwsElasticLoadBalancer { listeners, .. } = &mut world.sync.destination {
        listeners[number].set_as_default = takes;
    }
}

fn deletes(plan: &Plan) -> usize {
    plan.steps.iter().filter(|step| matches!(step.action, Action::Delete { .. })).count()
}

fn rules(plan: &Plan) -> Vec<&Rule> {
    plan.failures.iter().map(|failure| &failure.rule).collect()
}

#[test]
fn what_may_have_been_imported_is_found_before_its_slot_is_forgotten() {
    let mut world = acm();
    (world.pace, world.aws.lag) = (Duration::from_secs(25), Duration::from_secs(60));
    let (slot, before) = (world.attach(EcP256), world.aws.acm.len());
    assert!(world.run(Some(2)).is_err(), "the answer to the import is lost");
    assert_eq!((world.aws.acm.len(), &world.slot(slot).held.placed), (before + 1, &None));
    world.detach(slot);
    let plan = world.run(None).unwrap();
    assert!(matches!(rules(&plan)[..], [Rule::NotSeenYet(_)]), "{plan:?}");
    let _ = world.converge();
    assert_eq!(world.aws.acm.len(), before, "it is nobody's");
}

#[test]
fn what_the_list_lacks_is_deleted_by_the_same_rules_as_what_it_has() {
    let (mut world, slot) = unlisted();
    let there = arn(&world, slot);
    world.detach(slot);
    world.run(None).unwrap();
    assert!(!world.aws.acm.contains_key(&there), "its tag says that it is ours");

    for value in [None, Some("00000000-0000-4000-8000-000000000000")] {
        let (mut world, slot) = unlisted();
        let there = arn(&world, slot);
        let tags = &mut world.aws.acm.get_mut(&there).unwrap().tags;
        tags.remove(ownership::CERTIFICATE_SYNC);
        tags.extend(value.map(|value| (ownership::CERTIFICATE_SYNC.to_owned(), value.to_owned())));
        world.detach(slot);
        let plan = world.run(None).unwrap();
        assert_eq!(rules(&plan), [&Rule::NotOurs { arn: there.clone(), another: value.is_some() }]);
        assert!(world.aws.acm.contains_key(&there));
    }

    let (mut world, slot) = unlisted();
    let there = arn(&world, slot);
    world.may_tag = false;
    world.detach(slot);
    let plan = world.run(None).unwrap();
    assert_eq!((rules(&plan), deletes(&plan)), (vec![&Rule::TagsUnknown(there)], 0));
}

#[test]
fn what_the_list_lacks_stays_where_it_is_used_or_nothing_is_removed() {
    let (mut world, slot) = unlisted();
    let there = arn(&world, slot);
    world.aws.elsewhere.insert(there.clone());
    world.detach(slot);
    let plan = world.run(None).unwrap();
    assert!(
        matches!(rules(&plan)[..], [Rule::InUse { arn, by }] if *arn == there && !by.is_empty()),
        "{plan:#?}"
    );
    assert_eq!(deletes(&plan), 0);

    let (mut world, slot) = unlisted();
    let there = arn(&world, slot);
    world.sync.options.can_remove_certificates = false;
    world.renew(slot, Rsa2048);
    for _ in 0..4 {
        assert_eq!(deletes(&world.run(None).unwrap()), 0);
    }
    assert_ne!(arn(&world, slot), there);
    assert!(world.aws.acm.contains_key(&there));
}

#[test]
fn a_new_arn_for_another_root_takes_the_old_one_away_without_a_word() {
    let mut world = acm();
    world.sync.options.preserve_arn = false;
    let slot = world.attach(EcP256);
    let _ = world.converge();
    let before = arn(&world, slot);
    world.sync.options.include_root_ca = true;
    let plan = world.run(None).unwrap();
    assert_eq!(rules(&plan), [] as [&Rule; 0]);
    assert!(!world.aws.acm.contains_key(&before));
}

/// Uses may be added to an ARN, and none taken away: <https://docs.aws.amazon.com/acm/latest/userguide/import-reimport.html>
#[test]
fn an_arn_is_kept_while_its_uses_grow_and_left_when_one_goes() {
    let mut world = acm();
    let slot = world.attach(EcP256);
    let _ = world.converge();
    let first = arn(&world, slot);
    let renew_for = |world: &mut World, uses: &[KeyUsage]| {
        world.renew(slot, EcP256);
        let id = world.slot(slot).wanted.certificate_id;
        let facts = &mut world.certificates.get_mut(&id).unwrap().facts;
        facts.key_usages = uses.iter().copied().collect();
        let _ = world.converge();
        arn(world, slot)
    };
    let both = [KeyUsage::DigitalSignature, KeyUsage::KeyAgreement];
    assert_eq!(renew_for(&mut world, &both), first);
    let second = renew_for(&mut world, &both[..1]);
    assert_ne!(second, first);
    assert!(!world.aws.acm.contains_key(&first), "the old one went when the new one was there");
    assert_eq!(renew_for(&mut world, &both[..1]), second);
}

#[test]
fn a_listener_that_is_gone_or_plain_stops_no_renewal_on_the_others() {
    for key in [EcP256, Rsa2048] {
        for is_plain in [true, false] {
            let mut world = balancer(2);
            let slot = world.attach(EcP256);
            world.default = Some(slot);
            let _ = world.converge();
            if is_plain {
                world.aws.turn(&listener(1), world.now);
            } else {
                define(&mut world, &[0, 7]);
                world.aws.let_listener_down(&listener(1));
            }
            world.renew(slot, key);
            let other = world.attach(EcP256);
            let plan = world.converge();
            assert_eq!(serial(&world, &arn(&world, slot)), wanted_serial(&world, slot));
            let serving = &world.aws.listeners[&listener(0)];
            assert_eq!(serving.default, arn(&world, slot));
            assert!(serving.listed.contains(&serving.default));
            let rule = if is_plain {
                Rule::PlainListener(listener(1), "HTTP".to_owned())
            } else {
                Rule::NoListener(listener(7))
            };
            assert_eq!(rules(&plan), [&rule, &rule], "of both");
            assert_eq!(world.slot(other).held.placed, None, "nothing new is begun");
        }
    }
}

#[test]
fn a_load_balancer_without_room_stops_no_renewal_in_place() {
    let mut world = balancer(2);
    let slot = world.attach(EcP256);
    let _ = world.converge();
    world.aws.crowd(world.now);
    // The default that would be put into the list has no room there.
    world.default = Some(slot);
    world.renew(slot, EcP256);
    let other = world.attach(EcP256);
    let defaults: Vec<String> = world.aws.listeners.values().map(|one| one.default.clone()).collect();
    let plan = world.converge();
    assert_eq!(serial(&world, &arn(&world, slot)), wanted_serial(&world, slot));
    let now: Vec<String> = world.aws.listeners.values().map(|one| one.default.clone()).collect();
    assert_eq!(now, defaults);
    assert_eq!(world.slot(other).held.placed, None, "nothing new is imported");
    let [Rule::NoRoom { has: 25, limit: 25, .. }, Rule::NoRoom { .. }] = rules(&plan)[..] else {
        panic!("{plan:#?}")
    };
    let words = plan.failures[0].rule.to_string();
    assert!(words.contains("more than 25 already") && !words.contains("have the quota raised"), "{words}");

    // What is taken off is not put back, and renewed all the same.
    world.default = None;
    let there = arn(&world, slot);
    for number in 0..2 {
        world.aws.listeners.get_mut(&listener(number)).unwrap().listed.remove(&there);
        world.aws.forget_up(slot, &listener(number));
    }
    let foreign = world.aws.foreign(world.now);
    world.aws.listeners.get_mut(&listener(0)).unwrap().listed.insert(foreign);
    world.renew(slot, EcP256);
    let plan = world.converge();
    assert_eq!(serial(&world, &there), wanted_serial(&world, slot));
    assert!(
        matches!(rules(&plan)[..], [Rule::NoRoom { .. }, Rule::NoRoom { .. }]),
        "told once of each: {plan:#?}"
    );
    // Another key needs room beside the old one.
    world.renew(slot, Rsa2048);
    let imports = world.aws.writes["import"];
    let _ = world.converge();
    assert_eq!(world.aws.writes["import"], imports);
    // With room, everything is made up for.
    world.aws.crowd(world.now);
    let plan = world.converge();
    assert_eq!(rules(&plan), [] as [&Rule; 0]);
    assert_eq!(serial(&world, &arn(&world, slot)), wanted_serial(&world, slot));
}

#[test]
fn a_listener_that_takes_no_default_keeps_its_own_and_gets_it_back() {
    let mut world = balancer(3);
    let before: Vec<String> = world.aws.listeners.values().map(|one| one.default.clone()).collect();
    take_default(&mut world, 0, Some(true));
    take_default(&mut world, 1, Some(false));
    let slot = world.attach(EcP256);
    world.default = Some(slot);
    let _ = world.converge();
    let there = arn(&world, slot);
    let defaults = |world: &World| -> Vec<String> {
        world.aws.listeners.values().map(|one| one.default.clone()).collect()
    };
    assert_eq!(defaults(&world), [there.clone(), before[1].clone(), there.clone()]);
    assert!(world.aws.listeners.values().all(|one| one.listed.contains(&there)), "by name they all do");

    take_default(&mut world, 0, Some(false));
    take_default(&mut world, 1, Some(true));
    let _ = world.converge();
    assert_eq!(defaults(&world), [before[0].clone(), there.clone(), there]);
    assert!(!world.aws.listeners[&listener(0)].listed.contains(&before[0]), "no more than it had");
}

/// So many certificates in ACM, of which so many are detached.
fn detached(all: usize, gone: usize) -> World {
    let mut world = acm();
    let slots: Vec<_> = (0..all).map(|_| world.attach(EcP256)).collect();
    let _ = world.converge();
    for slot in slots.into_iter().take(gone) {
        world.detach(slot);
    }
    world.allows_deletions = false;
    world.attach(EcP256);
    world.aws.writes.clear();
    world
}

#[test]
fn a_run_that_would_delete_too_much_does_nothing_at_all() {
    let mut world = detached(12, 11);
    let plan = world.run(None).unwrap();
    assert_eq!(plan.guard, Guard::Stops { deletions: 11, owned: 12 });
    assert!(world.aws.writes.is_empty(), "not even the import: {:?}", world.aws.writes);
    for (all, gone) in [(12, 10), (55, 11)] {
        let mut world = detached(all, gone);
        let plan = world.run(None).unwrap();
        assert_eq!(plan.guard, Guard::Passes, "{gone} of {all}");
        assert_eq!((world.aws.writes["delete"], world.aws.writes["import"]), (gone, 1));
    }
}

#[test]
fn who_may_delete_as_much_as_that_does() {
    let (mut allowed, mut disabled, mut removed) = (detached(12, 11), detached(12, 11), detached(12, 11));
    allowed.allows_deletions = true;
    disabled.sync.options.disable_deletion_guard = Some(true);
    removed.removes = true;
    for (mut world, deletions) in [(allowed, 11), (disabled, 11), (removed, 12)] {
        assert_eq!(world.run(None).unwrap().guard, Guard::Passes);
        assert_eq!(world.aws.writes["delete"], deletions);
    }
    let mut guarded = detached(12, 11);
    guarded.sync.options.disable_deletion_guard = Some(false);
    assert!(guarded.run(None).unwrap().guard.stops());
}

#[test]
fn what_the_list_lacks_counts_among_what_is_owned() {
    let mut world = detached(55, 11);
    world.aws.lag = Duration::from_secs(86_400);
    world.aws.acm.values_mut().for_each(|stored| stored.created_at = world.now);
    assert_eq!(world.plan().guard, Guard::Passes);
}

//! What must hold in every history, whoever interferes and wherever processes die.

use std::time::Duration;

use proptest::prelude::*;

use super::aws::listener;
use super::world::{World, defined};
use crate::certificate::KeyAlgorithm;
use crate::certificate_sync::plan::view::LIST_LAGS;
use crate::certificate_sync::{Destination, DestinationConfig, Standing, ownership};
use crate::id::CertificateSlotId;

const KEYS: [KeyAlgorithm; 2] = [KeyAlgorithm::EcP256, KeyAlgorithm::Rsa2048];

/// What people do. Numbers choose among what there is.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Attach(usize),
    Renew(usize, usize),
    Rollback(usize),
    Revoke(usize),
    Detach(usize),
    AttachAgain(usize),
    Default(usize),
    NoDefault,
    Keeps(bool),
    PreservesArn(bool),
    Roots(bool),
    Listeners(usize),
    Takes(usize, Option<bool>),
    Removes(bool),
    /// Others change the account.
    Others(Meddling),
}

#[derive(Debug, Clone, Copy)]
enum Meddling {
    Default(usize),
    TakeOff(usize, usize),
    Use(usize, usize, bool),
    UseElsewhere(usize),
    ImportOver(usize),
    Delete(usize),
    /// A sync's tag is taken away.
    Untag(usize),
    /// A listener speaks HTTP, or HTTPS again.
    Plain(usize),
    /// The load balancer has as many certificates as it may have, or only those of before.
    Crowd,
}

fn ours() -> impl Strategy<Value = Deed> {
    let number = 0usize..8;
    prop_oneof![
        3 => number.clone().prop_map(Deed::Attach),
        4 => (number.clone(), number.clone()).prop_map(|(slot, key)| Deed::Renew(slot, key)),
        2 => number.clone().prop_map(Deed::Rollback),
        1 => number.clone().prop_map(Deed::Revoke),
        2 => number.clone().prop_map(Deed::Detach),
        1 => number.clone().prop_map(Deed::AttachAgain),
        3 => number.clone().prop_map(Deed::Default),
        1 => Just(Deed::NoDefault),
        1 => any::<bool>().prop_map(Deed::Keeps),
        1 => any::<bool>().prop_map(Deed::PreservesArn),
        1 => any::<bool>().prop_map(Deed::Roots),
        1 => number.clone().prop_map(Deed::Listeners),
        1 => (number, any::<Option<bool>>()).prop_map(|(place, takes)| Deed::Takes(place, takes)),
        1 => any::<bool>().prop_map(Deed::Removes),
    ]
}

fn theirs() -> impl Strategy<Value = Deed> {
    let number = 0usize..8;
    let two = (number.clone(), number.clone());
    prop_oneof![
        number.clone().prop_map(Meddling::Default),
        two.clone().prop_map(|(slot, place)| Meddling::TakeOff(slot, place)),
        (number.clone(), number.clone(), any::<bool>())
            .prop_map(|(slot, place, is_default)| Meddling::Use(slot, place, is_default)),
        number.clone().prop_map(Meddling::UseElsewhere),
        number.clone().prop_map(Meddling::ImportOver),
        number.clone().prop_map(Meddling::Delete),
        number.clone().prop_map(Meddling::Untag),
        number.prop_map(Meddling::Plain),
        Just(Meddling::Crowd),
    ]
    .prop_map(Deed::Others)
}

impl World {
    fn some(&self, number: usize) -> Option<CertificateSlotId> {
        let slots: Vec<_> = self.slots.keys().copied().collect();
        slots.get(number % slots.len().max(1)).copied()
    }

    fn some_attached(&self, number: usize) -> Option<CertificateSlotId> {
        self.some(number).filter(|slot| self.slot(*slot).wanted.is_attached())
    }

    fn do_it(&mut self, deed: Deed) {
        match deed {
            Deed::Attach(key) if self.slots.len() < 4 => drop(self.attach(KEYS[key % 2])),
            Deed::Attach(_) => {}
            Deed::Renew(slot, key) => {
                if let Some(slot) = self.some_attached(slot) {
                    // Mostly the same key.
                    self.renew(slot, KEYS[usize::from(key == 0)]);
                }
            }
            Deed::Rollback(slot) => {
                if let Some(slot) = self.some_attached(slot) {
                    let now = self.now;
                    let slot = self.slots.get_mut(&slot).unwrap();
                    slot.wanted = slot.wanted.rolled_back(now).unwrap_or(slot.wanted);
                }
            }
            Deed::Revoke(slot) => {
                if let Some(slot) = self.some_attached(slot) {
                    self.revoke(slot);
                }
            }
            Deed::Detach(slot) => {
                if let Some(slot) = self.some_attached(slot) {
                    self.detach(slot);
                }
            }
            Deed::AttachAgain(slot) => {
                if let Some(slot) = self.some(slot).filter(|slot| !self.slot(*slot).wanted.is_attached()) {
                    self.attach_again(slot);
                }
            }
            Deed::Default(slot) => self.default = self.some_attached(slot),
            Deed::NoDefault => self.default = None,
            Deed::Keeps(keeps) => self.sync.options.can_remove_certificates = !keeps,
            Deed::PreservesArn(preserves) => self.sync.options.preserve_arn = preserves,
            Deed::Roots(roots) => self.sync.options.include_root_ca = roots,
            Deed::Listeners(count) => {
                if let DestinationConfig::AwsElasticLoadBalancer { listeners, .. } =
                    &mut self.sync.destination
                {
                    *listeners = (0..=count % self.aws.listeners.len()).map(defined).collect();
                }
            }
            Deed::Takes(place, takes) => {
                if let DestinationConfig::AwsElasticLoadBalancer { listeners, .. } =
                    &mut self.sync.destination
                {
                    let place = place % listeners.len();
                    listeners[place].set_as_default = takes;
                }
            }
            Deed::Removes(removes) => self.removes = removes,
            Deed::Others(meddling) => {
                self.meddle(meddling);
                self.aws.others_as_they_are();
            }
        }
    }

    fn meddle(&mut self, meddling: Meddling) {
        let place = |number: usize| listener(number % 3);
        let now = self.now;
        match meddling {
            Meddling::Default(number) if self.aws.plain.contains(&place(number)) => {}
            Meddling::Default(number) => {
                let foreign = self.aws.foreign(now);
                self.aws.listeners.get_mut(&place(number)).unwrap().default = foreign;
                self.aws.let_listener_down(&place(number));
            }
            Meddling::TakeOff(slot, number) => {
                let Some(slot) = self.some(slot) else { return };
                let Some(placed) = self.slot(slot).held.placed.clone() else { return };
                self.aws.listeners.get_mut(&place(number)).unwrap().listed.remove(&placed.arn);
                self.aws.forget_up(slot, &place(number));
            }
            Meddling::Use(slot, number, is_default) => {
                let Some(slot) = self.some(slot) else { return };
                let Some(placed) = self.slot(slot).held.placed.clone() else { return };
                let is_issued = self.aws.acm.get(&placed.arn).is_some_and(|one| one.is_issued);
                if !is_issued || self.aws.plain.contains(&place(number)) {
                    return;
                }
                self.aws.let_listener_down(&place(number));
                let serving = self.aws.listeners.get_mut(&place(number)).unwrap();
                if is_default {
                    serving.default = placed.arn;
                } else {
                    serving.listed.insert(placed.arn);
                }
            }
            Meddling::UseElsewhere(slot) => {
                let Some(slot) = self.some(slot) else { return };
                let Some(placed) = self.slot(slot).held.placed.clone() else { return };
                if !self.aws.elsewhere.remove(&placed.arn) {
                    self.aws.elsewhere.insert(placed.arn);
                }
            }
            Meddling::ImportOver(slot) => {
                let Some(slot) = self.some(slot) else { return };
                let Some(placed) = self.slot(slot).held.placed.clone() else { return };
                if let Some(stored) = self.aws.acm.get_mut(&placed.arn) {
                    stored.serial_number = "meddled".into();
                    stored.imported_at = now;
                    stored.not_after = now.plus(std::time::Duration::from_secs(400 * 86_400));
                }
            }
            Meddling::Delete(slot) => {
                let Some(slot) = self.some(slot) else { return };
                let Some(placed) = self.slot(slot).held.placed.clone() else { return };
                if !self.aws.is_used(&placed.arn) {
                    self.aws.acm.remove(&placed.arn);
                }
            }
            Meddling::Untag(slot) => {
                let Some(slot) = self.some(slot) else { return };
                let Some(placed) = self.slot(slot).held.placed.clone() else { return };
                if let Some(stored) = self.aws.acm.get_mut(&placed.arn) {
                    stored.tags.remove(ownership::CERTIFICATE_SYNC);
                }
            }
            Meddling::Plain(number) => self.aws.turn(&place(number), now),
            Meddling::Crowd => self.aws.crowd(now),
        }
    }

    /// Everything is detached, and nothing is left of it.
    fn take_all_away(&mut self) {
        self.sync.options.can_remove_certificates = true;
        self.sync.options.include_root_ca = false;
        self.removes = false;
        self.aws.elsewhere.clear();
        for slot in self.slots.keys().copied().collect::<Vec<_>>() {
            self.detach(slot);
        }
        let _ = self.converge();
    }
}

#[derive(Debug, Clone, Copy)]
struct Manner {
    destination: Destination,
    may_tag: bool,
    /// Whether runs follow one another faster than ACM's list follows them.
    hurries: bool,
}

/// A deed, the moments that each process lives which dies over it, and whether the next deed waits until all is done.
type Chapter = (Deed, Vec<u32>, bool);

fn history(
    destination: Destination,
    deeds: impl Strategy<Value = Deed>,
) -> impl Strategy<Value = (Manner, Vec<Chapter>)> {
    let deaths = prop::collection::vec(0u32..30, 0..3);
    let manner = (any::<bool>(), any::<bool>()).prop_map(move |(may_tag, hurries)| Manner {
        destination,
        may_tag,
        hurries,
    });
    (manner, prop::collection::vec((deeds, deaths, prop::bool::weighted(0.7)), 1..14))
}

fn live(manner: Manner, chapters: &[Chapter]) -> World {
    let mut world = World::new(manner.destination, 3);
    world.may_tag |= manner.may_tag;
    if manner.hurries {
        (world.pace, world.aws.lag) = (Duration::from_secs(25), LIST_LAGS);
    }
    world.look_after();
    for (deed, deaths, is_awaited) in chapters {
        world.do_it(*deed);
        world.look_after();
        for moments in deaths {
            let _ = world.run(Some(*moments));
        }
        if *is_awaited {
            let _ = world.converge();
        }
        world.is_hasty |= !is_awaited;
    }
    let _ = world.converge();
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn on_load_balancers_everything_converges_and_nothing_is_ever_missing(
        (manner, deeds) in
            history(Destination::AwsElasticLoadBalancer, prop_oneof![4 => ours(), 1 => theirs()])
    ) {
        let _ = live(manner, &deeds);
    }

    #[test]
    fn in_acm_everything_converges_and_what_others_use_stays(
        (manner, deeds) in
            history(Destination::AwsCertificateManager, prop_oneof![3 => ours(), 1 => theirs()])
    ) {
        let _ = live(manner, &deeds);
    }

    #[test]
    fn when_all_is_detached_everything_is_as_before(
        (manner, deeds) in history(Destination::AwsElasticLoadBalancer, ours())
    ) {
        let mut world = live(manner, &deeds);
        let before = World::new(manner.destination, 3).aws;
        world.take_all_away();
        prop_assert!(world.slots.values().all(|slot| slot.wanted.standing == Standing::Left), "{:#?}", world.slots);
        let left: Vec<_> = world.slots.values().flat_map(|slot| slot.arns()).map(str::to_owned).collect();
        prop_assert_eq!(left, Vec::<String>::new());
        prop_assert_eq!(world.aws.listeners, before.listeners);
        prop_assert_eq!(world.aws.acm, before.acm);
    }
}

#[test]
fn a_default_that_others_are_to_have_after_a_death_leaves_what_was_there_before_served() {
    let before = World::new(Destination::AwsElasticLoadBalancer, 3).aws;
    for moments in 0..40 {
        let mut world = World::new(Destination::AwsElasticLoadBalancer, 3);
        for deed in [Deed::Attach(0), Deed::Default(0)] {
            let _ = world.converge();
            world.do_it(deed);
            world.look_after();
        }
        let _ = world.run(Some(moments));
        for deed in [Deed::Attach(0), Deed::Default(1)] {
            world.do_it(deed);
            world.look_after();
        }
        let _ = world.converge();
        world.take_all_away();
        assert_eq!(world.aws.listeners, before.listeners, "{moments} moments");
    }
}

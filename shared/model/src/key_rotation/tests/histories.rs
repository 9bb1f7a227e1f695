//! Random histories, in which people and deaths come between any two steps.

use proptest::prelude::*;

use super::iam::{Death, World};
use super::*;

#[derive(Debug, Clone)]
enum Event {
    Work(Death),
    Pass(i64),
    Want(Wanted),
    HumanCreates,
    HumanDeletes,
    Uses(usize),
    HumanRevives,
}

fn events() -> impl Strategy<Value = Event> {
    let manual = |ignores_use| Wanted::Rotation { trigger: Trigger::Manual, ignores_use };
    prop_oneof![
        12 => Just(Event::Work(Death::None)),
        3 => Just(Event::Work(Death::Before)),
        3 => Just(Event::Work(Death::After)),
        8 => prop_oneof![Just(1), Just(11), Just(130), Just(700), Just(HOUR), Just(DAY), Just(7 * DAY), Just(31 * DAY)]
            .prop_map(Event::Pass),
        2 => any::<bool>().prop_map(move |ignores_use| Event::Want(manual(ignores_use))),
        1 => Just(Event::Want(Wanted::Rollback)),
        1 => Just(Event::HumanCreates),
        1 => Just(Event::HumanDeletes),
        2 => (0..2_usize).prop_map(Event::Uses),
        1 => Just(Event::HumanRevives),
    ]
}

impl World {
    fn meet(&mut self, event: &Event) {
        match event {
            Event::Work(death) => drop(self.work(*death)),
            Event::Pass(seconds) => self.pass(*seconds),
            Event::Want(wanted) => self.stored = self.stored.wanting(*wanted),
            Event::HumanCreates => self.human_creates(),
            Event::HumanDeletes => self.human_deletes(),
            Event::Uses(which) => self.somebody_uses(*which),
            Event::HumanRevives => self.human_revives(),
        }
    }

    /// Works without dying for `seconds`, waiting as long as it is told to.
    fn run(&mut self, seconds: i64) {
        let end = self.now.plus(std::time::Duration::from_secs(seconds.unsigned_abs()));
        while self.now < end {
            let step = self.work(Death::None);
            if step == Step::Idle {
                self.now = end;
            } else if let Step::WaitUntil(at) = step {
                assert!(at > self.now, "it waits for what is past");
                self.now = at.min(end);
            } else {
                // Each step takes some time, so that none can go on for ever.
                self.pass(1);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_happens_a_published_key_works_and_no_foreign_key_is_touched(
        foreign in 0..3_usize, given in 0..3_usize, tells_use in any::<bool>(), slow in any::<bool>(),
        own in any::<bool>(),
        history in proptest::collection::vec(events(), 1..160),
    ) {
        let mut world = World::new(foreign, given);
        if own {
            world = world.of_own_key();
        }
        world.tells_use = tells_use;
        if slow {
            world.slowness = std::time::Duration::from_secs(700);
        }
        for event in &history {
            world.meet(event);
        }
        // In peace, everything that the rotation ever made is its own again, and the schedule is kept.
        world.human_deletes();
        world.slowness = std::time::Duration::from_secs(8);
        world.run(3 * DAY);
        let published = world.publications.len();
        world.run(62 * DAY);
        for held in &world.keys {
            prop_assert!(world.stored.keys.iter().any(|own| own.id == held.id), "{} is nobody's: {:?}", held.id, world.stored);
        }
        prop_assert!(world.in_the_secrets.is_some());
        prop_assert!(world.publications.len() > published, "nothing was rotated in two months: {:?}", world.stored);
    }
}

#[test]
fn a_year_of_rotations_is_on_time_and_every_previous_key_works_for_nearly_an_interval() {
    let mut world = World::new(0, 0);
    world.run(365 * DAY);
    assert_eq!(world.publications.len(), 13);
    for pair in world.publications.windows(2) {
        let [before, after] = pair else { panic!("windows of two") };
        let since_midnight = after.unix_seconds().rem_euclid(DAY);
        assert!(since_midnight < 60, "published {since_midnight} s after midnight");
        assert!(after.since(*before).as_secs().abs_diff(30 * 86_400) < 86_400);
    }
}

#[test]
fn a_key_in_constant_use_is_never_taken_away_and_the_rotation_says_so() {
    let mut world = World::new(0, 0);
    world.run(DAY);
    world.run(31 * DAY);
    assert_eq!((world.publications.len(), world.keys.len()), (2, 2));
    for _ in 0..40 * 24 {
        // Somebody never reads the secrets again.
        world.somebody_uses(0);
        world.run(HOUR);
    }
    assert_eq!(world.publications.len(), 2);
    assert!(world.keys.iter().all(|held| held.is_active));
    let said = world.stored.message.clone().unwrap();
    assert!(world.stored.status == RotationStatus::Failed && said.contains("still in use"), "{said}");
    world.run(3 * DAY);
    assert_eq!(world.publications.len(), 3, "once it is quiet, it goes on");
}

#[test]
fn a_death_at_every_step_of_a_rotation_is_made_good() {
    for death in [Death::Before, Death::After] {
        for dies_at in 0..14 {
            let mut world = World::new(0, 0);
            world.run(DAY);
            world.run(31 * DAY);
            let manual = Wanted::Rotation { trigger: Trigger::Manual, ignores_use: false };
            world.stored = world.stored.wanting(manual);
            let mut steps = 0;
            while world.publications.len() < 3 {
                assert!(steps < 200, "{death:?} at {dies_at}: it never ends");
                let step = world.work(if steps == dies_at { death } else { Death::None });
                if let Step::WaitUntil(at) = step {
                    world.now = at;
                } else {
                    world.pass(1);
                }
                steps += 1;
            }
            world.run(62 * DAY);
            let unknown =
                world.keys.iter().filter(|held| !world.stored.keys.iter().any(|own| own.id == held.id));
            assert_eq!(unknown.count(), 0, "{death:?} at {dies_at}");
        }
    }
}

//! Random histories, in which AWS answers as it likes and processes die between any two things.

use proptest::prelude::*;

use super::world::{Answer, Death, World};
use super::*;

#[derive(Debug, Clone)]
enum Event {
    Work(Answer, Death),
    Pass(u64),
    StalledCallArrives,
}

fn events() -> impl Strategy<Value = Event> {
    let answer = prop_oneof![
        5 => Just(Answer::Given),
        2 => Just(Answer::LostAfter),
        1 => Just(Answer::LostBefore),
        1 => Just(Answer::Throttled),
        1 => Just(Answer::Refused),
    ];
    let death = prop_oneof![
        6 => Just(Death::None),
        1 => Just(Death::Before),
        1 => Just(Death::Stalled),
        2 => Just(Death::After),
    ];
    prop_oneof![
        10 => (answer, death).prop_map(|(answer, death)| Event::Work(answer, death)),
        6 => prop_oneof![
            Just(1), Just(5), Just(31), Just(100), Just(239), Just(241), Just(700), Just(3_000), Just(3_590), Just(3_700),
            Just(90_000)
        ].prop_map(Event::Pass),
        2 => Just(Event::StalledCallArrives),
    ]
}

impl World {
    fn live(&mut self, history: &[Event]) {
        for event in history {
            match event {
                Event::Work(answer, death) => drop(self.work(*answer, *death)),
                Event::Pass(seconds) => self.pass(*seconds),
                Event::StalledCallArrives => self.stalled_call_arrives(),
            }
            assert!(self.made.len() <= 1, "AWS made {:?}", self.made);
            assert!(self.renewals <= 1);
        }
    }

    /// What holds of every order that has ended.
    fn is_honest(&mut self) {
        let message = self.order.progress.message.clone();
        match self.order.progress.status() {
            OrderStatus::Pending => panic!("it never ends: {:?}", self.order.progress),
            OrderStatus::Issued => assert_eq!((self.spent, message), (1, None)),
            OrderStatus::Failed => {
                assert!(message.is_some_and(|message| !message.is_empty()));
                assert!(self.spent == 1 || !self.is_charged(), "{:?}", self.order.progress);
            }
        }
        assert_eq!(
            (&self.order.lease, self.order.due_at, &self.order.progress.made_key),
            (&None, None, &None)
        );
    }
}

const WEEKS: u64 = 15 * 86_400;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_private_ca_is_paid_once_and_the_order_ends(
        csr in any::<bool>(), history in proptest::collection::vec(events(), 1..80),
    ) {
        let mut world = World::new(order(AuthorityType::AwsPca));
        if csr {
            world.order.key = KeyOrigin::Csr("csr".to_owned());
        }
        world.live(&history);
        world.run(WEEKS);
        world.is_honest();
        let span = world.paid_calls.first().zip(world.paid_calls.last()).map(|(first, last)| last.since(*first));
        // Calls that AWS clearly refused are none.
        if world.made.len() == 1 && world.order.progress.certificate_id().is_none() {
            prop_assert!(span.unwrap() <= world.window(), "{:?}", world.paid_calls);
        }
    }

    #[test]
    fn whatever_happens_acm_is_paid_once_and_the_order_ends(
        validates in any::<bool>(), history in proptest::collection::vec(events(), 1..120),
    ) {
        let mut world = World::new(order(AuthorityType::AwsAcmPublicCa));
        world.validates = validates;
        world.live(&history);
        world.run(WEEKS);
        world.is_honest();
    }

    #[test]
    fn whatever_happens_a_renewal_is_asked_for_once_and_the_order_ends(
        validates in any::<bool>(), history in proptest::collection::vec(events(), 1..120),
    ) {
        let mut world = World::new(renewal());
        world.validates = validates;
        world.live(&history);
        world.run(WEEKS);
        world.is_honest();
    }
}

#[test]
fn a_death_at_every_step_is_made_good() {
    let orders = [order(AuthorityType::AwsPca), order(AuthorityType::AwsAcmPublicCa), renewal()];
    for order in orders {
        for death in [Death::Before, Death::After] {
            for dies_at in 0..9 {
                let mut world = World::new(order.clone());
                let mut steps = 0;
                while !world.order.progress.has_ended() {
                    assert!(steps < 500, "{death:?} at {dies_at}: {:?}", world.order.progress);
                    let dies = if steps == dies_at { death } else { Death::None };
                    if let Step::WaitUntil(at) = world.work(Answer::Given, dies) {
                        world.now = at;
                    } else {
                        world.pass(1);
                    }
                    steps += 1;
                }
                assert_eq!(world.order.progress.status(), OrderStatus::Issued, "{death:?} at {dies_at}");
                assert_eq!(world.spent, 1);
            }
        }
    }
}

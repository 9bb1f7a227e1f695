//! Private CA's machine, step by step.

use super::world::{Answer, Death, World};
use super::*;

fn names(steps: &[Step]) -> Vec<&'static str> {
    steps.iter().map(Step::name).collect()
}

#[test]
fn a_certificate_takes_one_call_besides_looking_whether_it_is_there() {
    let mut world = World::new(order(AuthorityType::AwsPca));
    let steps = world.run(60);
    assert_eq!(names(&steps), ["make key", "issue", "fetch", "fetch", "fetch", "fetch"]);
    assert_eq!(world.order.progress.status(), OrderStatus::Issued);
    let mut world =
        World::new(Order { key: KeyOrigin::Csr("theirs".into()), ..order(AuthorityType::AwsPca) });
    world.slowness = Duration::ZERO;
    let steps = world.run(60);
    assert!(
        matches!(&steps[0], Step::Issue { csr, token, .. } if csr == "theirs" && token.len() == 32),
        "{steps:?}"
    );
    assert_eq!(names(&steps), ["issue", "fetch"]);
}

#[test]
fn a_call_without_an_answer_is_repeated_for_four_minutes_and_then_told() {
    let mut world = World::new(order(AuthorityType::AwsPca));
    world.work(Answer::Given, Death::None);
    while world.now < at(240) {
        let step = world.work(Answer::LostAfter, Death::None);
        if let Step::WaitUntil(until) = step {
            world.now = until;
        } else {
            assert!(matches!(step, Step::Issue { before, .. } if before == at(240)), "{step:?}");
        }
    }
    assert!(world.paid_calls.len() > 5, "{:?}", world.paid_calls);
    world.run(60);
    let message = world.order.progress.message.clone().unwrap();
    assert!(
        message.contains("gave no answer") && message.contains("request the certificate anew"),
        "{message}"
    );
    assert_eq!((world.spent, world.made.len()), (1, 1));
}

#[test]
fn a_clear_refusal_ends_it_in_awss_words_and_gives_the_place_back() {
    let mut world = World::new(order(AuthorityType::AwsPca));
    world.work(Answer::Given, Death::None);
    world.work(Answer::Refused, Death::None);
    assert_eq!(world.order.progress.status(), OrderStatus::Failed);
    assert_eq!(world.order.progress.message.as_deref(), Some("not authorized to perform it"));
    assert_eq!(world.spent, 0);
}

#[test]
fn a_refusal_of_a_repeat_says_nothing_about_the_first_call() {
    let mut world = World::new(order(AuthorityType::AwsPca));
    world.work(Answer::Given, Death::None);
    world.work(Answer::LostAfter, Death::None);
    world.pass(10);
    world.work(Answer::Refused, Death::None);
    assert!(
        matches!(world.order.progress.stage, Stage::Paying { calls: 2, .. }),
        "{:?}",
        world.order.progress
    );
    world.pass(20);
    world.work(Answer::Given, Death::None);
    world.run(60);
    assert_eq!((world.order.progress.status(), world.made.len()), (OrderStatus::Issued, 1));
}

#[test]
fn throttling_before_anything_was_issued_begins_anew_with_the_same_place() {
    let mut world = World::new(order(AuthorityType::AwsPca));
    world.work(Answer::Given, Death::None);
    for _ in 0..20 {
        let step = world.work(Answer::Throttled, Death::None);
        if let Step::WaitUntil(until) = step {
            world.now = until;
        } else {
            assert!(matches!(step, Step::Issue { .. }), "{step:?}");
            assert_eq!(world.order.progress.stage, Stage::Ready);
        }
    }
    assert_eq!((world.spent, world.made.len()), (1, 0));
    world.run(3_600);
    assert_eq!((world.order.progress.status(), world.spent), (OrderStatus::Issued, 1));
}

#[test]
fn what_is_refused_after_throttling_ends_it_and_gives_the_place_back() {
    let mut world = World::new(order(AuthorityType::AwsPca));
    world.work(Answer::Given, Death::None);
    world.work(Answer::Throttled, Death::None);
    assert_eq!((world.spent, &world.order.progress.stage), (1, &Stage::Ready));
    let refused = world.order.troubled(&Trouble::Refused("the authority is DISABLED".into()), at(60));
    assert_eq!((refused.progress.status(), &refused.progress.paid), (OrderStatus::Failed, &None));
}

#[test]
fn what_cannot_be_requested_in_a_day_is_given_up_and_costs_nothing() {
    let mut world = World::new(order(AuthorityType::AwsPca));
    world.work(Answer::Given, Death::None);
    while world.now < at(86_400) {
        if let Step::WaitUntil(until) = world.work(Answer::Throttled, Death::None) {
            world.now = until;
        }
    }
    world.run(60);
    let message = world.order.progress.message.clone().unwrap();
    assert!(message.contains("in time (Rate exceeded)"), "{message}");
    assert_eq!(world.spent, 0);
}

#[test]
fn a_permission_that_is_missing_after_the_paid_call_can_still_be_granted() {
    let mut world = World::new(order(AuthorityType::AwsPca));
    world.work(Answer::Given, Death::None);
    world.work(Answer::Given, Death::None);
    for _ in 0..20 {
        if let Step::WaitUntil(until) = world.work(Answer::Refused, Death::None) {
            world.now = until;
        }
    }
    assert_eq!(world.order.progress.status(), OrderStatus::Pending);
    assert_eq!(world.order.progress.message.as_deref(), Some("not authorized to perform it"));
    world.run(5 * 3_600);
    assert_eq!(world.order.progress.status(), OrderStatus::Issued);
}

#[test]
fn a_process_that_dies_is_followed_by_another_when_its_lease_is_over() {
    let span = Duration::from_secs(60);
    let held = order(AuthorityType::AwsPca).claim(at(0), "a", span).unwrap();
    assert_eq!(held.claim(at(59), "b", span), Err(Busy { until: at(60) }));
    assert!(!held.is_due(at(59)) && held.is_due(at(60)));
    assert_eq!(held.claim(at(60), "b", span).unwrap().held("a"), Err(LeaseLost));
    let waits = held.ordered("arn".into(), at(1)).in_progress(at(1)).released(at(1));
    assert_eq!((waits.lease, waits.due_at), (None, Some(at(2))));
}

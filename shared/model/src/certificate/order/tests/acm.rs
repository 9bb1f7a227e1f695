//! ACM's machine, step by step.

use super::world::{Answer, Death, World};
use super::*;

fn acm() -> World {
    World::new(order(AuthorityType::AwsAcmPublicCa))
}

fn names(steps: &[Step]) -> Vec<&'static str> {
    steps.iter().map(Step::name).collect()
}

#[test]
fn names_are_placed_before_anything_is_paid_and_wildcard_and_apex_share_a_record() {
    let mut world = acm();
    world.slowness = Duration::ZERO;
    let steps = world.run(60);
    assert_eq!(names(&steps), ["place names", "request", "describe", "record", "describe", "export"]);
    let Step::Request { names, .. } = &steps[1] else { panic!("{steps:?}") };
    assert_eq!(names, &["a.example.com", "*.a.example.com", "b.example.com"]);
    let Step::Record { batches } = &steps[3] else { panic!("{steps:?}") };
    let [(_, records)] = batches.as_slice() else { panic!("one batch for one zone: {batches:?}") };
    assert_eq!(
        records.iter().map(|record| record.name.as_str()).collect::<Vec<_>>(),
        ["_x.a.example.com", "_x.b.example.com"]
    );
    assert_eq!(world.order.progress.status(), OrderStatus::Issued);
}

#[test]
fn a_name_goes_to_the_longest_zone_that_holds_it() {
    let zones = [zone("example.com"), zone("a.example.com."), zone("example.org")];
    let names = ["x.a.example.com", "*.a.example.com", "b.example.com", "example.org"].map(str::to_owned);
    let places = place(&names, &zones).unwrap();
    let zones_of: Vec<&str> = places.iter().map(|place| place.zone.name.as_str()).collect();
    assert_eq!(zones_of, ["a.example.com", "a.example.com", "example.com", "example.org"]);
    let outside = ["b.example.com", "notexample.com", "example.net"].map(str::to_owned);
    let refused = place(&outside, &zones).unwrap_err();
    assert!(
        matches!(&refused, Failure::OutsideZones { names, .. } if names == &["notexample.com", "example.net"])
    );
    assert!(refused.to_string().contains("nothing was requested"));
    let private = Zone { is_private: true, ..zone("example.com") };
    assert!(place(&names, &[private]).unwrap_err().to_string().contains("is private"));
}

#[test]
fn a_request_whose_answer_was_lost_is_looked_for_when_its_token_is_over() {
    for (answer, found) in [(Answer::LostAfter, true), (Answer::LostBefore, false)] {
        let mut world = acm();
        world.work(Answer::Given, Death::None);
        world.work(answer, Death::None);
        world.pass(50 * 60);
        let Step::Search { since, names } = world.order.next(world.now) else { panic!("it looks for it") };
        assert!(since < at(0) && names.len() == 3);
        world.work(Answer::Given, Death::None);
        assert_eq!(world.order.progress.stage == Stage::Ready, !found);
        world.run(3_600);
        assert_eq!(
            (world.order.progress.status(), world.made.len(), world.spent),
            (OrderStatus::Issued, 1, 1)
        );
    }
}

#[test]
fn several_that_could_be_the_lost_one_are_told_and_none_is_taken() {
    let mut world = acm();
    world.work(Answer::Given, Death::None);
    world.work(Answer::LostAfter, Death::None);
    let searched = world.order.searched(&["arn:1".into(), "arn:2".into()], at(4_000));
    let message = searched.progress.message.clone().unwrap();
    assert!(message.contains("arn:1, arn:2"), "{message}");
    assert!(searched.progress.paid.is_some());
}

#[test]
fn a_delegation_that_never_validates_ends_with_the_name_servers_to_check() {
    let mut world = acm();
    world.validates = false;
    let steps = world.run(5 * 86_400);
    let message = world.order.progress.message.clone().unwrap();
    assert!(message.contains("ns-1.example.com, ns-2.example.com"), "{message}");
    assert_eq!((world.order.progress.status(), world.spent), (OrderStatus::Failed, 0));
    let looks = steps.iter().filter(|step| matches!(step, Step::Describe { .. })).count();
    assert!(looks < 1_000, "{looks} looks in three days");
    let writes = steps.iter().filter(|step| matches!(step, Step::Record { .. })).count();
    assert!((11..=13).contains(&writes), "the records are written again every six hours: {writes}");
}

fn seen(state: SeenState) -> Seen {
    let renewal = SeenRenewal::None;
    Seen { state, reason: None, records: Vec::new(), is_complete: false, serial_number: None, renewal }
}

#[test]
fn a_refusal_comes_by_acms_own_name_and_costs_nothing() {
    let ordered = order(AuthorityType::AwsAcmPublicCa).paying(at(0)).ordered("arn:1".into(), at(1));
    let refused =
        ordered.described(&Seen { reason: Some("CAA_ERROR".into()), ..seen(SeenState::Failed) }, at(2));
    assert_eq!(refused.progress.message.as_deref(), Some("ACM did not issue the certificate: CAA_ERROR"));
    assert_eq!((&refused.progress.paid, refused.progress.arn().map(String::as_str)), (&None, Some("arn:1")));
    let revoked = ordered.described(&seen(SeenState::Other("REVOKED".into())), at(2));
    assert!(revoked.progress.paid.is_some(), "it was issued once");
}

#[test]
fn a_renewal_that_aws_made_by_itself_is_only_exported() {
    let renewal = renewal();
    let ready = renewal.placed(Vec::new());
    let other = Seen { serial_number: Some("02".into()), ..seen(SeenState::Issued) };
    let exportable = ready.described(&other, at(1));
    assert_eq!(exportable.next(at(1)), Step::Export { arn: "arn:of:the:old".into() });
    assert_eq!(exportable.progress.paid, None);
}

#[test]
fn a_renewal_that_aws_is_at_is_not_asked_for() {
    let renewal = renewal();
    let pending =
        Seen { serial_number: Some("01".into()), renewal: SeenRenewal::Pending, ..seen(SeenState::Issued) };
    let mut order = renewal.placed(Vec::new()).described(&pending, at(1)).recorded(at(2));
    for second in 3..100 {
        assert!(!matches!(order.next(at(second)), Step::Renew { .. }));
        order = order.described(&pending, at(second));
    }
    assert_eq!(order.progress.paid, None);
}

#[test]
fn a_renewal_is_asked_for_once_its_records_are_there() {
    let mut world = World::new(renewal());
    let steps = world.run(600);
    assert_eq!(names(&steps)[..5], ["place names", "describe", "record", "renew", "describe"]);
    assert_eq!((world.order.progress.status(), world.renewals, world.spent), (OrderStatus::Issued, 1, 1));
}

#[test]
fn a_renewal_that_failed_says_why() {
    let order = renewal().placed(Vec::new()).paying(at(0)).ordered("arn:of:the:old".into(), at(0));
    let failed = Seen {
        renewal: SeenRenewal::Failed("DOMAIN_VALIDATION_DENIED".into()),
        serial_number: Some("01".into()),
        ..seen(SeenState::Issued)
    };
    let early = order.described(&failed, at(60));
    assert_eq!(early.progress.status(), OrderStatus::Pending, "it may be the failure of an earlier one");
    let late = order.described(&failed, at(121));
    assert!(late.progress.message.clone().unwrap().contains("DOMAIN_VALIDATION_DENIED"));
    assert_eq!(late.progress.paid, None);
}

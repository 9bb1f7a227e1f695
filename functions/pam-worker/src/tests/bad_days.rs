//! Roles that refuse, an AWS that is busy, things that are gone, two workers at once.

use testkit::cloud::{ADMIN, BRIDGE, READONLY};
use testkit::later;

use super::world::{KEPT, World};

#[tokio::test]
async fn a_role_that_refuses_is_asked_again_later_and_the_record_tells_why() {
    let counted = testkit::metrics();
    let world = World::new().await;
    let ada = world.terminated(READONLY, "ada@example.com", 0).await;
    world.cloud.change(BRIDGE, |role| role.manages_roles = false);
    let (mut due_at, mut pause) = (KEPT, 900);
    for failures in 1..=3 {
        assert_eq!(world.tick(due_at - 1).await.due, 0);
        let report = world.tick(due_at).await;
        assert_eq!((report.advanced, report.failed), (0, vec![format!("{} AccessDenied", ada.id)]));
        let deny = world.stored(&ada).await.termination.clone().unwrap();
        assert_eq!(
            (deny.failures, deny.remove_after, deny.removed),
            (failures, later(due_at + pause), false)
        );
        let why = deny.last_failure.unwrap();
        assert!(why.contains(BRIDGE) && why.contains("iam:DeleteRolePolicy"), "{why}");
        assert_eq!(counted.sum_of("Failures", "console-access"), u64::from(failures));
        due_at += pause;
        pause *= 2;
    }
    assert_eq!(world.policies(READONLY), [ada.deny_policy_name()]);

    world.cloud.change(BRIDGE, |role| role.manages_roles = true);
    assert_eq!(world.tick(due_at).await.advanced, 1);
    let deny = world.stored(&ada).await.termination.clone().unwrap();
    assert_eq!((deny.removed, deny.last_failure, world.policies(READONLY).len()), (true, None, 0));
    let mut actions = world.trail.actions().await.unwrap();
    actions.sort();
    let failed = "pam-session.remove-deny-failed production/readonly".to_owned();
    assert_eq!(
        actions,
        ["pam-session.remove-deny production/readonly".to_owned(), failed.clone(), failed.clone(), failed]
    );
}

#[tokio::test]
async fn a_role_that_may_change_itself_does_where_its_resources_role_may_not() {
    let world = World::new().await;
    for (seconds, who) in [(0, "ada@example.com"), (1, "bob@example.com")] {
        world.terminated(READONLY, who, seconds).await;
    }
    world.cloud.change(BRIDGE, |role| role.manages_roles = false);
    world.cloud.change(READONLY, |role| role.manages_roles = true);
    let report = world.tick(KEPT + 1).await;
    assert_eq!((report.advanced, report.failed.len(), world.policies(READONLY).len()), (2, 0, 0));
}

#[tokio::test]
async fn a_way_in_that_is_closed_is_told_for_every_deny_of_the_role() {
    let world = World::new().await;
    let ada = world.terminated(READONLY, "ada@example.com", 0).await;
    let bob = world.terminated(READONLY, "bob@example.com", 0).await;
    world.cloud.state().roles.remove(BRIDGE);
    let report = world.tick(KEPT).await;
    assert_eq!((report.advanced, report.failed.len()), (0, 2));
    for session in [ada, bob] {
        let deny = world.stored(&session).await.termination.clone().unwrap();
        assert_eq!(deny.remove_after, later(KEPT + 900));
        assert!(deny.last_failure.unwrap().contains("sts:AssumeRole"));
    }
}

#[tokio::test]
async fn throttling_and_failures_stop_that_role_alone_and_for_a_minute() {
    let counted = testkit::metrics();
    for (action, status, code) in [
        ("DeleteRolePolicy", 400, "Throttling"),
        ("DeleteRolePolicy", 500, "ServiceFailure"),
        ("AssumeRole", 400, "Throttling"),
    ] {
        let world = World::new().await;
        let ada = world.terminated(READONLY, "ada@example.com", 0).await;
        for person in 0..4 {
            world.terminated(READONLY, &format!("person{person}@example.com"), 1).await;
        }
        world.cloud.state().faults.insert(action.into(), (status, code));
        let before = world.cloud.calls(action).len();
        let report = world.tick(KEPT + 1).await;
        assert_eq!((report.due, report.advanced, report.failed.len()), (5, 0, 5), "{action} {code}");
        assert_eq!(
            world.cloud.calls(action).len() - before,
            1,
            "{action} {code}: one was told to wait for all"
        );
        let deny = world.stored(&ada).await.termination.clone().unwrap();
        assert_eq!((deny.failures, deny.remove_after), (1, later(KEPT + 61)), "{action} {code}");

        assert_eq!(counted.sum("Failures"), 0, "nobody need mend it");
        world.cloud.state().faults.clear();
        assert_eq!(world.tick(KEPT + 60).await.due, 0);
        assert_eq!(world.tick(KEPT + 61).await.advanced, 5, "{action} {code}");
        world.nobody_was_let_go_early();
    }
}

#[tokio::test]
async fn one_roles_trouble_is_not_anothers() {
    let world = World::new().await;
    world.terminated(READONLY, "ada@example.com", 0).await;
    let bob = world.terminated(ADMIN, "bob@example.com", 0).await;
    // The other role's resource role is gone from under it.
    let stored = world.stored(&bob).await;
    let mut elsewhere = bob.clone();
    elsewhere.resource_role_arn = "arn:aws:iam::123456789012:role/gone".parse().unwrap();
    world.commit(store::Change::new(later(1)).replace(&stored, &elsewhere)).await;
    let report = world.tick(KEPT).await;
    assert_eq!((report.due, report.advanced, report.failed.len()), (2, 1, 1));
    assert_eq!((world.policies(READONLY).len(), world.policies(ADMIN).len()), (0, 1));
}

#[tokio::test]
async fn a_policy_that_somebody_else_removed_counts_as_removed() {
    let world = World::new().await;
    let ada = world.terminated(READONLY, "ada@example.com", 0).await;
    world.cloud.change(READONLY, |role| role.policies.clear());
    assert_eq!(world.tick(KEPT).await.advanced, 1);
    assert!(world.stored(&ada).await.termination.clone().unwrap().removed);
}

#[tokio::test]
async fn two_ticks_at_once_do_everything_once() {
    let world = World::new().await;
    for person in 0..20 {
        let role = if person % 2 == 0 { READONLY } else { ADMIN };
        world.terminated(role, &format!("person{person}@example.com"), 0).await;
    }
    let other = world.cold(|cloud| {
        let cloud = cloud.clone();
        testkit::aws::scripted(move |request| cloud.answer(request)).0
    });
    let (one, two) = tokio::join!(world.tick(KEPT), world.tick_of(&other, KEPT));
    assert_eq!((one.failed, two.failed), (Vec::new(), Vec::new()));
    assert!(one.advanced + two.advanced >= 20, "{} and {}", one.advanced, two.advanced);
    assert_eq!(
        (world.policies(READONLY).len(), world.policies(ADMIN).len(), world.outstanding().await),
        (0, 0, 0)
    );
    assert_eq!(world.trail.actions().await.unwrap().len(), 20, "each removal is noted once");
    world.nobody_was_let_go_early();
}

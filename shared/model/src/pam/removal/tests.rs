#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::pam::session::tests::{active, at, ended, opening};

/// A session whose credentials work until 901, with a Deny since 200.
fn denied() -> PamSession {
    active().terminating(at(200), "Root").unwrap()
}

#[test]
fn a_deny_is_due_when_everything_that_it_ends_has_ended_and_not_before() {
    let session = denied().terminated(at(201), "Root").unwrap();
    let due_at = session.termination.clone().unwrap().remove_after;
    assert!(due_at >= at(200 + 3_600), "credentials that AWS gave at that moment live an hour");
    assert!(!session.deny_is_due(due_at.minus(Duration::from_millis(1))));
    assert!(session.deny_is_due(due_at));
    assert!(!session.without_deny().deny_is_due(due_at));
    for never in [opening(), active(), ended()] {
        assert!(!never.deny_is_due(at(1_000_000)));
    }
}

#[test]
fn a_deny_is_never_due_while_its_own_sessions_credentials_work() {
    let mut session = denied();
    session.termination.as_mut().unwrap().remove_after = at(300);
    assert!(!session.deny_is_due(at(900)));
    assert!(session.deny_is_due(at(901)));
}

#[test]
fn a_deny_may_be_there_from_its_intent_until_it_is_seen_gone() {
    assert!(!active().may_have_deny());
    assert!(denied().may_have_deny() && denied().terminating(at(210), "Root").unwrap().may_have_deny());
    assert!(denied().with_deny_kept(at(5_000), Setback::Lasting, "no").may_have_deny());
    assert!(!denied().without_deny().may_have_deny());
}

#[test]
fn pauses_grow_to_their_longest_and_stay_there() {
    for (setback, failures, seconds) in [
        (Setback::Passing, 1, 60),
        (Setback::Passing, 2, 120),
        (Setback::Passing, 4, 480),
        (Setback::Passing, 5, 900),
        (Setback::Passing, 33, 900),
        (Setback::Passing, u32::MAX, 900),
        (Setback::Lasting, 1, 900),
        (Setback::Lasting, 7, 57_600),
        (Setback::Lasting, 8, 86_400),
        (Setback::Lasting, 40, 86_400),
    ] {
        assert_eq!(setback.pause(failures).as_secs(), seconds, "{setback:?} {failures}");
    }
}

#[test]
fn a_deny_that_was_kept_says_why_until_it_is_gone() {
    let reason = "\u{1f511}".repeat(400);
    let kept = denied().with_deny_kept(at(5_000), Setback::Passing, &reason);
    let deny = kept.termination.clone().unwrap();
    assert_eq!((deny.failures, deny.remove_after, deny.removed), (1, at(5_060), false));
    assert_eq!(deny.last_failure.unwrap().len(), 1_000);
    let again = kept.with_deny_kept(at(5_060), Setback::Lasting, "no");
    let deny = again.termination.clone().unwrap();
    assert_eq!((deny.failures, deny.remove_after), (2, at(5_060 + 1_800)));
    let gone = again.without_deny().termination.unwrap();
    assert_eq!((gone.removed, gone.last_failure), (true, None));
    let undenied = active();
    assert_eq!(undenied.with_deny_kept(at(1), Setback::Lasting, "no"), undenied);
}

#[test]
fn a_record_is_not_forgotten_before_its_deny() {
    assert_eq!(active().forgotten_at(), active().kept_until);
    assert_eq!(denied().forgotten_at(), at(200 + 30 * 86_400));
    assert_eq!(denied().without_deny().forgotten_at(), active().kept_until);
    let mut long = denied();
    long.kept_until = at(400 * 86_400);
    assert_eq!(long.forgotten_at(), at(400 * 86_400));
}

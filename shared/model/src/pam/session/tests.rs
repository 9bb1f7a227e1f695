#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::pam::NotInThatState;

pub(in crate::pam) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_767_323_045 + seconds)
}

pub(in crate::pam) fn opening() -> PamSession {
    PamSession {
        id: PamSessionId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        resource_id: PamResourceId::random(),
        resource_name: "production-aws".into(),
        resource_role_arn: "arn:aws:iam::123456789012:role/bridge".parse().unwrap(),
        region: None,
        account_id: PamAccountId::random(),
        account_name: "readonly".into(),
        target_role_arn: "arn:aws:iam::123456789012:role/readonly".parse().unwrap(),
        actor: SessionActor {
            kind: ActorKind::User,
            id: "ada@example.com".into(),
            name: "Ada".into(),
            email: Some("ada@example.com".into()),
            source_ip: "203.0.113.7".into(),
            user_agent: "test".into(),
        },
        session_name: SessionName::of_person("ada@example.com").unwrap(),
        duration: SessionDuration::SHORTEST,
        access_method: AccessMethod::Web,
        reason: None,
        requested_at: at(0),
        kept_until: at(86_400),
        state: SessionState::Opening,
        termination: None,
    }
}

pub(in crate::pam) fn active() -> PamSession {
    opening().activated(at(1), at(901)).unwrap()
}

pub(in crate::pam) fn ended() -> PamSession {
    active().ended(at(100)).unwrap()
}

fn terminated() -> PamSession {
    active().terminated(at(100), "Root").unwrap()
}

fn failed() -> PamSession {
    opening().failed(at(2), "AWS said no").unwrap()
}

#[test]
fn a_recording_is_over_with_its_session_and_when_that_is_forgotten() {
    let config = crate::recording::RecordingConfig {
        id: crate::id::RecordingConfigId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        connection_id: crate::id::ConnectionId::random(),
        place: crate::recording::Place {
            bucket: "recordings-of-acme".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
            key_prefix: None,
        },
    };
    let recording = crate::recording::Recording::of_pam_session(&opening(), &config);
    let ended_at = |session: Option<&PamSession>, seconds: i64| {
        recording.clone().seen_at(at(seconds), session).ended.map(|ended| ended.at)
    };
    for (session, seconds, over) in [
        (opening(), 59, None),
        (opening(), 60, Some(60)),
        (active(), 900, None),
        (active(), 901, Some(901)),
        (terminated(), 101, Some(100)),
        (failed(), 3, Some(2)),
    ] {
        assert_eq!(ended_at(Some(&session), seconds), over.map(at), "{session:?} after {seconds} s");
    }
    assert_eq!((ended_at(None, 959), ended_at(None, 960)), (None, Some(at(960))));
    assert!(recording.depends_on_session(at(959)) && !recording.depends_on_session(at(960)));
    let said = recording.end(None, at(50)).unwrap().unwrap();
    assert_eq!(said.clone().seen_at(at(2_000), Some(&terminated())), said, "what was said counts");
    assert!(!said.depends_on_session(at(51)));
}

#[test]
fn time_alone_closes_what_nobody_closed() {
    use SessionStatus::{Active, Ended, Failed, Starting, Terminated};
    for (session, seconds, status, over) in [
        (opening(), 0, Starting, None),
        (opening(), 59, Starting, None),
        (opening(), 60, Failed, Some(60)),
        (opening(), 90_000, Failed, Some(60)),
        (active(), 1, Active, None),
        (active(), 900, Active, None),
        (active(), 901, Ended, Some(901)),
        (ended(), 101, Ended, Some(100)),
        (terminated(), 101, Terminated, Some(100)),
        (terminated(), 90_000, Terminated, Some(100)),
        (failed(), 3, Failed, Some(2)),
    ] {
        assert_eq!(session.status(at(seconds)), status, "{session:?}");
        assert_eq!(session.ended_at(at(seconds)), over.map(at), "{session:?}");
        assert_eq!(session.failure(at(seconds)).is_some(), status == Failed);
    }
}

#[test]
fn each_step_follows_only_from_the_states_that_it_may() {
    let states = [opening(), active(), ended(), terminated(), failed()];
    let allowed = |step: fn(&PamSession) -> bool| states.iter().map(step).collect::<Vec<_>>();
    assert_eq!(allowed(|s| s.activated(at(3), at(903)).is_ok()), [true, false, false, false, false]);
    assert_eq!(allowed(|s| s.failed(at(3), "x").is_ok()), [true, true, false, false, false]);
    assert_eq!(allowed(|s| s.ended(at(3)).is_ok()), [false, true, false, false, false]);
    assert_eq!(allowed(|s| s.terminating(at(200), "Root").is_ok()), [false, true, true, false, false]);
    assert_eq!(allowed(|s| s.terminated(at(200), "Root").is_ok()), [false, true, true, false, false]);
    assert_eq!(allowed(|s| s.is_live(at(200))), [false, true, true, false, false]);
    assert_eq!(allowed(|s| s.is_live(at(901))), [false; 5]);
}

#[test]
fn a_session_that_missed_its_deadline_is_not_opened_any_more() {
    assert_eq!(opening().activated(at(60), at(960)), Err(NotInThatState("failed")));
    assert_eq!(active().ended(at(901)), Err(NotInThatState("ended")));
    assert_eq!(active().terminating(at(901), "Root"), Err(NotInThatState("ended")));
}

#[test]
fn saying_that_one_is_done_does_not_protect_from_termination() {
    let session = ended().terminating(at(200), "Root").unwrap().terminated(at(201), "Root").unwrap();
    assert_eq!(session.status(at(202)), SessionStatus::Terminated);
}

#[test]
fn a_deny_outlives_every_session_that_it_ends_and_no_policy_name_is_too_long() {
    let session = active().terminating(at(200), "Root").unwrap();
    let deny = session.termination.clone().unwrap();
    assert!(deny.remove_after > at(200 + 3_600) && !deny.removed);
    assert!(session.deny_policy_name().len() <= 128);
}

#[test]
fn every_state_is_stored_and_read_back() {
    for session in
        [opening(), active(), ended(), terminated(), failed(), active().terminating(at(9), "Root").unwrap()]
    {
        let stored = serde_json::to_value(&session).unwrap();
        assert_eq!(serde_json::from_value::<PamSession>(stored).unwrap(), session);
    }
}

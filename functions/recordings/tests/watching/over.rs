//! Sessions of console access that are over although nobody said so.

use std::time::Duration;

use model::Timestamp;
use model::id::{PamAccountId, PamResourceId, PamSessionId, RecordingConfigId};
use model::pam::{AccessMethod, PamSession, SessionDuration, SessionName, SessionState};
use model::recording::{Given, Recording, RecordingConfig, Sha256};
use serde_json::json;
use store::Change;

use crate::aws::WRAPPED;
use crate::world::World;

fn ago(seconds: u64) -> Timestamp {
    testkit::now().minus(Duration::from_secs(seconds))
}

impl World {
    /// A session of console access that was asked for so many seconds ago, for 15 minutes.
    fn session(&self, asked_ago: u64) -> PamSession {
        PamSession {
            id: PamSessionId::random(),
            organization_id: self.organization,
            project_id: self.project,
            resource_id: PamResourceId::random(),
            resource_name: "production".into(),
            resource_role_arn: "arn:aws:iam::123456789012:role/bridge".parse().unwrap(),
            region: None,
            account_id: PamAccountId::random(),
            account_name: "readonly".into(),
            target_role_arn: "arn:aws:iam::123456789012:role/readonly".parse().unwrap(),
            actor: self.unrecorded().actor,
            session_name: SessionName::of_person("ada@example.com").unwrap(),
            duration: SessionDuration::SHORTEST,
            access_method: AccessMethod::Web,
            reason: None,
            requested_at: ago(asked_ago),
            kept_until: testkit::now(),
            state: SessionState::Opening,
            termination: None,
        }
    }

    /// Stores the session, if that is not forgotten, and its recording.
    async fn recorded_of(&self, session: &PamSession, is_forgotten: bool, given: Option<Given>) -> Recording {
        let config = RecordingConfig {
            id: RecordingConfigId::random(),
            organization_id: self.organization,
            project_id: self.project,
            connection_id: self.connection,
            place: self.unrecorded().place,
        };
        let recording = Recording { given, ..Recording::of_pam_session(session, &config) };
        let change = Change::new(testkit::now()).create(&recording);
        self.commit(if is_forgotten { change } else { change.create(session) }).await;
        recording
    }
}

fn given() -> Given {
    Given {
        to: "identity:gateway".into(),
        name: "gateway".into(),
        at: testkit::now(),
        wrapped_key: WRAPPED.into(),
        upload_token_sha256: Sha256::of("token"),
    }
}

#[tokio::test]
async fn a_session_that_expired_was_terminated_or_never_opened_is_over_for_watchers_and_gateways() {
    let world = World::new().await;
    let open = |asked_ago: u64| {
        let started = ago(asked_ago.saturating_sub(1));
        world.session(asked_ago).activated(started, started.plus(Duration::from_secs(900))).unwrap()
    };
    for (what, session, is_forgotten, is_over) in [
        ("just asked for", world.session(10), false, false),
        ("never opened", world.session(61), false, true),
        ("open", open(10), false, false),
        ("expired", open(902), false, true),
        ("terminated", open(10).terminated(ago(1), "Root").unwrap(), false, true),
        ("failed", world.session(10).failed(ago(9), "AWS said no").unwrap(), false, true),
        ("forgotten", open(86_400), true, true),
    ] {
        let recording = world.recorded_of(&session, is_forgotten, Some(given())).await;
        let (status, answer) = world.play(&recording, "").await;
        assert_eq!((status, &answer["sessionComplete"]), (200, &json!(is_over)), "{what}: {answer}");
        assert_eq!(answer["manifest"]["complete"], is_over, "{what}");

        let waiting = PamSession { id: PamSessionId::random(), ..session };
        world.recorded_of(&waiting, is_forgotten, None).await;
        let path = format!("/api/v1/pam/sessions/{}/credentials", waiting.id);
        let (status, answer) = world.get(world.member, &path).await;
        let is_refused = answer["message"].as_str().is_some_and(|words| words.contains("has ended"));
        assert_eq!((status == 400, is_refused), (is_over, is_over), "{what}: {status} {answer}");
    }
}

#[tokio::test]
async fn a_list_says_of_a_session_whose_time_is_over_that_it_ended() {
    let world = World::new().await;
    world.recorded_of(&world.session(86_400), true, Some(given())).await;
    let path = format!("/api/v1/pam/recordings?projectId={}", world.project);
    let (_, answer) = world.get(world.member, &path).await;
    let shown = &answer["sessions"][0];
    assert_eq!((&shown["status"], &shown["recording"]["status"]), (&json!("ended"), &json!("ended")));
    assert_eq!(shown["endedAt"], json!(ago(86_400 - 960)));
}

//! Sessions that are recorded: asked for with an access, seen and ended with or without a session of console access.

use model::id::{ConnectionId, IdentityId, PamSessionId, RecordingConfigId};
use model::membership::ActorKind;
use model::pam::SessionActor;
use model::permission::Role;
use model::recording::{Given, Place, Recording, RecordingConfig, Sha256};
use serde_json::{Value, json};
use store::{Bookkeeping, Change};
use testkit::cloud::READONLY;
use testkit::event::{Event, event};
use testkit::fuse::{Fault, Fuse};
use testkit::later;

use super::world::{ADA, BOB, World, access, person, root};

fn place(bucket: &str) -> Place {
    Place { bucket: bucket.parse().unwrap(), region: "us-east-1".parse().unwrap(), key_prefix: None }
}

impl World {
    async fn write(&self, change: Change) {
        self.store.keep_count(Bookkeeping(change)).await.unwrap();
    }

    async fn configure(&self) {
        let config = RecordingConfig {
            id: RecordingConfigId::random(),
            organization_id: self.ctx.organization,
            project_id: self.project,
            connection_id: ConnectionId::random(),
            place: place("of-its-own-time"),
        };
        self.write(Change::new(testkit::now()).create(&config)).await;
    }

    /// A machine that may record, and has the key of `session`.
    async fn give(&self, session: PamSessionId) -> IdentityId {
        let gateway = IdentityId::random();
        self.join(ActorKind::Identity, &gateway.to_string(), Role::Member).await;
        let read = self.store.recording(session).await.unwrap().unwrap();
        let given = Given {
            to: format!("identity:{gateway}"),
            name: "gateway".into(),
            at: testkit::now(),
            wrapped_key: "d3JhcHBlZA==".into(),
            upload_token_sha256: Sha256::of("token"),
        };
        let next = Recording { given: Some(given), ..read.value.clone() };
        self.write(Change::new(testkit::now()).replace(&read, &next)).await;
        gateway
    }

    /// Of an account that is none of console access.
    async fn elsewhere(&self) -> PamSessionId {
        let recording = Recording {
            session_id: PamSessionId::random(),
            organization_id: self.ctx.organization,
            project_id: self.project,
            account_type: "ssh".into(),
            account_name: "root".into(),
            resource_name: None,
            actor: SessionActor {
                kind: ActorKind::User,
                id: ADA.into(),
                name: ADA.into(),
                email: Some(ADA.into()),
                source_ip: "203.0.113.7".into(),
                user_agent: "test".into(),
            },
            reason: None,
            connection_id: ConnectionId::random(),
            place: place("recordings"),
            requested_at: testkit::now(),
            lasts_until: None,
            given: None,
            began_at: None,
            ended: None,
        };
        self.write(Change::new(testkit::now()).create(&recording)).await;
        recording.session_id
    }
}

fn recorded_access() -> Value {
    json!({ "path": "production/readonly", "reason": "INC-1", "record": true })
}

fn get(id: PamSessionId) -> Event {
    event("GET", &format!("/api/v1/pam/sessions/{id}"))
}

fn end(id: PamSessionId, body: &Value) -> Event {
    event("POST", &format!("/api/v1/pam/sessions/{id}/end")).body(body)
}

#[tokio::test]
async fn an_access_that_is_recorded_makes_its_recording_with_it() {
    let world = World::furnished().await;
    let (status, refused) = world.send(access(ADA, &recorded_access())).await;
    assert_eq!(status, 400);
    assert!(refused["message"].as_str().unwrap().contains("no recording configuration"), "{refused}");
    assert!(world.sessions(testkit::now()).await.is_empty(), "nobody was let in");

    world.configure().await;
    let answer = world.ok(access(ADA, &recorded_access())).await;
    let id: PamSessionId = answer["sessionId"].as_str().unwrap().parse().unwrap();
    let recording = world.store.recording(id).await.unwrap().unwrap();
    assert_eq!(
        (recording.account_type.as_str(), recording.path()),
        ("aws-iam", "production/readonly".to_owned())
    );
    assert_eq!(recording.actor.id, ADA);
    let session = world.ok(person(get(id), ADA)).await["session"].clone();
    assert_eq!(session["targetRoleArn"], READONLY);
    assert_eq!(
        (&session["recording"]["status"], &session["recording"]["bucket"]),
        (&json!("starting"), &json!("of-its-own-time"))
    );
    let without = world.ok(access(ADA, &json!({ "path": "production/readonly" }))).await;
    let without: PamSessionId = without["sessionId"].as_str().unwrap().parse().unwrap();
    assert!(world.store.recording(without).await.unwrap().is_none());
    assert!(world.ok(person(get(without), ADA)).await["session"].get("recording").is_none());
}

#[tokio::test]
async fn an_access_that_fails_at_any_call_leaves_no_recording_that_waits_for_ever() {
    let fuse = Fuse::default();
    let world = World::with_fuse(&fuse).await;
    world.furnish().await;
    world.configure().await;
    fuse.arm(Fault::None);
    world.cold().ok(access(ADA, &recorded_access())).await;
    let calls = fuse.calls();
    for n in 1..=calls {
        let world = world.cold();
        fuse.arm(Fault::Fail(n));
        let (status, _) = world.send(access(ADA, &recorded_access())).await;
        fuse.arm(Fault::None);
        if status == 200 {
            continue;
        }
        for record in world.sessions(later(1)).await {
            let id: PamSessionId = record["id"].as_str().unwrap().parse().unwrap();
            let recording = world.store.recording(id).await.unwrap();
            let is_over = recording.is_some_and(|recording| recording.ended.is_some());
            assert_eq!(record["status"] == "failed", is_over, "call {n}: {record}");
        }
    }
}

#[tokio::test]
async fn a_session_that_is_over_shows_that_its_recording_is() {
    let world = World::furnished().await;
    world.configure().await;
    for (verb, after, status) in
        [(None, 1, "starting"), (None, 7_200, "ended"), (Some("terminate"), 1, "ended")]
    {
        let answer = world.ok(access(ADA, &recorded_access())).await;
        let id: PamSessionId = answer["sessionId"].as_str().unwrap().parse().unwrap();
        if let Some(verb) = verb {
            world.ok(root(event("POST", &format!("/api/v1/pam/sessions/{id}/{verb}")))).await;
        }
        let seen = world.ok_at(person(get(id), ADA), later(after)).await["session"].clone();
        assert_eq!(seen["recording"]["status"], status, "{seen}");
        assert_eq!(seen["recording"]["endedAt"], seen["endedAt"], "{seen}");
    }
}

#[tokio::test]
async fn the_gateway_ends_what_it_records_and_says_what_it_uploaded() {
    let world = World::furnished().await;
    world.configure().await;
    let answer = world.ok(access(ADA, &recorded_access())).await;
    let id: PamSessionId = answer["sessionId"].as_str().unwrap().parse().unwrap();
    let gateway = world.give(id).await;
    let claim = json!({ "chunkCount": 3, "chainHead": Sha256::of("head").to_string() });
    let (status, _) = world.send(person(end(id, &claim), ADA)).await;
    assert_eq!(status, 403, "only the gateway knows");
    let ended = world.ok(end(id, &claim).identity(gateway, "no-access")).await["session"].clone();
    assert_eq!((&ended["status"], &ended["recording"]["status"]), (&json!("ended"), &json!("ended")));
    assert_eq!(ended["recording"]["claimed"], claim);
    // Again, with the same word, with none, and with another.
    for again in [&claim, &json!({})] {
        world.ok(end(id, again).identity(gateway, "no-access")).await;
    }
    let (status, refused) =
        world.send(end(id, &json!({ "chunkCount": 4 })).identity(gateway, "no-access")).await;
    assert_eq!(status, 400, "{refused}");
    let stored = world.store.recording(id).await.unwrap().unwrap();
    assert_eq!(stored.ended.as_ref().unwrap().claim.as_ref().unwrap().chunk_count, 3);
    assert_eq!(world.send(end(id, &json!({ "chunkCount": -1 })).identity(gateway, "no-access")).await.0, 422);
}

#[tokio::test]
async fn a_session_that_is_known_only_by_its_recording_is_seen_and_ended() {
    let world = World::furnished().await;
    let id = world.elsewhere().await;
    let gateway = world.give(id).await;
    let seen = world.ok(person(get(id), ADA)).await["session"].clone();
    assert_eq!((&seen["accountType"], &seen["status"]), (&json!("ssh"), &json!("active")));
    assert_eq!((&seen["gatewayName"], &seen["gatewayIdentityId"]), (&json!("gateway"), &json!(gateway)));
    assert!(
        !seen.to_string().contains("d3JhcHBlZA")
            && !seen.to_string().contains(&Sha256::of("token").to_string())
    );
    let (status, _) = world.send(person(end(id, &json!({})), BOB)).await;
    assert_eq!(status, 403, "another member's session");
    let ended =
        world.ok_at(end(id, &json!({ "chunkCount": 0 })).identity(gateway, "no-access"), later(60)).await;
    assert_eq!(
        (&ended["session"]["status"], &ended["session"]["endedAt"]),
        (&json!("ended"), &json!(later(60)))
    );
    assert!(world.trail.actions().await.unwrap().contains(&"pam-session.end root".to_owned()));
    world.ok(root(end(id, &json!({})))).await;
}

#[tokio::test]
async fn a_recording_does_not_exist_for_strangers_nor_for_a_gateway_that_left() {
    let world = World::furnished().await;
    let id = world.elsewhere().await;
    let gateway = world.give(id).await;
    let stranger = IdentityId::random();
    for request in [get(id), end(id, &json!({}))] {
        assert_eq!(world.send(request.identity(stranger, "no-access")).await.0, 404);
    }
    let members = world.store.members_of(world.project).await.unwrap();
    let gone = members.into_iter().find(|member| member.actor_id == gateway.to_string()).unwrap();
    world.write(Change::new(testkit::now()).delete(&gone)).await;
    for request in [get(id), end(id, &json!({}))] {
        assert_eq!(world.send(request.identity(gateway, "no-access")).await.0, 404);
    }
}

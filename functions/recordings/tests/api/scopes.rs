//! Who may do what, and what does not exist for whom.

use serde_json::{Value, json};
use testkit::event::{Event, event, read};

use crate::world::{NOTHING, Session, World, batch, commit, credentials, presign};

fn every_route(world: &World, session: &Session) -> Vec<Event> {
    let config = world.config_path();
    let body = json!({ "projectId": world.project, "accountType": "ssh", "accountName": "root" });
    vec![
        event("GET", &config),
        event("POST", &config).body(&world.config_body()),
        event("DELETE", &config),
        event("POST", &format!("{config}/test")).body(&world.config_body()),
        event("GET", &format!("/api/v1/pam/recordings?projectId={}", world.project)),
        event("POST", "/api/v1/pam/recordings").body(&body),
        credentials(&session.id),
        presign(session, 0, b"hello"),
        batch(session, &[json!({ "chunkIndex": 0, "ciphertextBytes": 5 })]),
        commit(session, 0, b"hello"),
    ]
}

#[tokio::test]
async fn nothing_exists_for_another_projects_administrator_even_with_the_right_token() {
    let (world, session) = World::recording().await;
    for route in every_route(&world, &session) {
        let shown = format!("{route:?}");
        let (status, words) = world.refused(route, world.neighbour).await;
        assert_eq!(status, 404, "{shown}: {words}");
    }
    assert!(world.cloud.calls().is_empty());
}

#[tokio::test]
async fn without_a_token_of_ours_every_route_is_closed() {
    let (world, session) = World::recording().await;
    for route in every_route(&world, &session) {
        let answer =
            web::answer(recordings::routes(), world.ctx.clone(), route.request(), testkit::now()).await;
        let (status, body): (u16, Value) = read(answer).await;
        assert_eq!((status, body["message"].as_str()), (401, Some("Token missing")));
    }
}

#[tokio::test]
async fn a_viewer_looks_and_does_nothing_and_a_member_does_not_say_where() {
    let (world, session) = World::recording().await;
    let statuses = async |by| {
        let mut statuses = Vec::new();
        for route in every_route(&world, &session) {
            statuses.push(world.send(route, by).await.0);
        }
        statuses
    };
    assert_eq!(statuses(world.viewer).await, [200, 403, 403, 403, 200, 403, 403, 403, 403, 403]);
    // Credentials were given to another member; the token alone is not enough.
    assert_eq!(statuses(world.second).await, [200, 403, 403, 403, 200, 200, 403, 403, 403, 403]);
}

#[tokio::test]
async fn ids_that_nothing_has_and_texts_that_are_none_are_told_apart() {
    let (world, session) = World::recording().await;
    let nothing = Session { id: NOTHING.into(), ..session.clone() };
    assert_eq!(world.refused(presign(&nothing, 0, b"hello"), world.gateway).await.0, 404);
    let none = Session { id: "no-uuid".into(), ..session };
    assert_eq!(world.refused(presign(&none, 0, b"hello"), world.gateway).await.0, 422);
}

#[tokio::test]
async fn a_gateway_that_left_the_project_uploads_no_more() {
    let (world, session) = World::recording().await;
    let members = world.store.members_of(world.project).await.unwrap();
    let gone = members.into_iter().find(|member| member.actor_id == world.gateway.to_string()).unwrap();
    let change = store::Change::new(testkit::now()).delete(&gone);
    world.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    assert_eq!(world.refused(presign(&session, 0, b"hello"), world.gateway).await.0, 404);
}

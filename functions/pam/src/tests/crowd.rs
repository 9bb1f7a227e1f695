//! Many at once.

use std::collections::HashSet;

use model::membership::ActorKind;
use model::permission::Role;
use serde_json::json;
use testkit::cloud::BRIDGE;

use super::world::{World, access, path};

#[tokio::test]
async fn two_hundred_people_at_once_have_two_hundred_names_and_records_and_one_first_hop() {
    const PEOPLE: usize = 200;
    let world = World::furnished().await;
    // Names that are alike once AWS's alphabet is applied, and names that are too long, among them.
    let people: Vec<String> = (0..PEOPLE)
        .map(|number| match number % 4 {
            0 => format!("person-{number}@example.com"),
            1 => format!(
                "o{}hara@example.com",
                ["'", "`", "´", "!", "#"][number / 4 % 5].repeat(1 + number / 20)
            ),
            2 => format!("{}{number}@example.com", "x".repeat(70)),
            _ => format!("{}@{number}.example.com", "y".repeat(60)),
        })
        .collect();
    for person in &people {
        world.join(ActorKind::User, person, Role::Member).await;
    }
    world.cloud.state().calls.clear();
    let world = world.cold();
    let body = path("production/readonly");
    let answers =
        futures::future::join_all(people.iter().map(|person| world.send(access(person, &body)))).await;
    let opened: HashSet<String> = answers
        .into_iter()
        .map(|(status, answer)| {
            assert_eq!(status, 200, "{answer}");
            answer["sessionId"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(opened.len(), PEOPLE);

    let names: HashSet<String> = world.cloud.people().into_iter().map(|issued| issued.session_name).collect();
    assert_eq!(names.len(), PEOPLE, "every person has a name of its own");
    let hops = world.cloud.calls("AssumeRole");
    assert_eq!(
        hops.iter().filter(|call| call.role == BRIDGE).count(),
        1,
        "the first hop is made once for all"
    );
    assert_eq!(hops.len(), PEOPLE + 1);

    let mut recorded = HashSet::new();
    for offset in [0, 100] {
        let path = format!(
            "/api/v1/pam/sessions?projectId={}&limit=100&offset={offset}&status=active",
            world.project
        );
        let page = world.ok(super::world::root(testkit::event::event("GET", &path))).await;
        assert_eq!(page["totalCount"], json!(PEOPLE));
        recorded.extend(
            page["sessions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|session| session["id"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(recorded, opened);
}

use serde_json::json;
use testkit::event::event;

use crate::world::{BASE, CUSTOMER, World, key};

#[tokio::test]
async fn of_two_creates_of_one_name_at_once_one_wins() {
    let world = World::new().await;
    let body = world.role_body("raced");
    let (one, other) = tokio::join!(
        world.admin("POST", "", Some(&body)),
        world.as_identity(world.owner, "POST", "", Some(&body)),
    );
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{one:?} {other:?}");
    let refused = if one.0 == 400 { one.1 } else { other.1 };
    assert_eq!(refused["message"], "App Connection with name \"raced\" already exists in this project");
    assert_eq!(world.count().await, 1);
    assert_eq!(world.store.project(world.project).await.unwrap().unwrap().connections, 1);
}

#[tokio::test]
async fn a_create_that_is_repeated_within_a_minute_gets_the_first_result() {
    let world = World::new().await;
    for body in [world.role_body("repeated"), key("repeated", &format!("AKIA{CUSTOMER}"))] {
        let (_, first) = world.admin("POST", "", Some(&body)).await;
        let (status, again) = world.admin("POST", "", Some(&body)).await;
        assert_eq!((status, &again), (200, &first));
        // At once, as a client does that gave up waiting.
        let (one, other) =
            tokio::join!(world.admin("POST", "", Some(&body)), world.admin("POST", "", Some(&body)));
        assert_eq!((&one.1, &other.1), (&first, &first));

        let create = || event("POST", BASE).identity(world.admin, "admin").body(&body);
        assert_eq!(world.send_at(create(), testkit::later(59)).await.0, 200);
        assert_eq!(world.send_at(create(), testkit::later(60)).await.0, 400);
        let mut different = body.clone();
        different["description"] = json!("another");
        assert_eq!(world.admin("POST", "", Some(&different)).await.0, 400);
    }
    let mut another_secret = key("repeated", &format!("AKIA{CUSTOMER}"));
    another_secret["credentials"]["secretAccessKey"] = json!("another");
    assert_eq!(world.admin("POST", "", Some(&another_secret)).await.0, 400);
}

#[tokio::test]
async fn a_change_survives_something_that_is_counted_at_the_same_moment() {
    let world = World::new().await;
    let id = world.connection("counted").await;
    let path = format!("/{id}");
    let patch = json!({ "description": "new" });
    let counted = async {
        let stored = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap();
        let change = store::Change::new(testkit::now())
            .gain_dependent(&stored, model::connection::DependentKind::SecretSync);
        world.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    };
    let (patched, ()) = tokio::join!(world.admin("PATCH", &path, Some(&patch)), counted);
    assert_eq!(patched.0, 200, "{patched:?}");
    let stored = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.description.as_deref(), Some("new"));
    assert_eq!(stored.dependents.in_words().as_deref(), Some("1 secret sync"));
}

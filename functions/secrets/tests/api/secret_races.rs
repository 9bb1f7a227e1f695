//! Several callers at once: nobody's write is lost unnoticed, and nothing is half done.

use serde_json::{Value, json};

use crate::secret_world::{BATCH, RAW, pairs};
use crate::world::{World, each, text};

#[tokio::test]
async fn two_callers_who_update_one_secret_both_count() {
    let world = World::new().await;
    let id = text(&world.put("/", "A", "0").await, "id");
    let path = format!("{RAW}/A");
    let (one, other) =
        (world.at("/", json!({ "secretValue": "1" })), world.at("/", json!({ "secretComment": "c" })));
    let (first, second) = tokio::join!(
        world.by(world.member, "PATCH", &path, Some(&one)),
        world.by(world.owner, "PATCH", &path, Some(&other)),
    );
    assert_eq!((first.0, second.0), (200, 200), "{first:?} {second:?}");
    let now = world.ok("GET", &world.target(&path, "/", ""), None).await["secret"].clone();
    assert_eq!((text(&now, "secretValue"), text(&now, "secretComment")), ("1".into(), "c".into()));
    assert_eq!((&now["version"], text(&now, "id")), (&json!(3), id.clone()));
    let versions = world.ok("GET", &format!("/api/v1/secret/{id}/secret-versions"), None).await;
    assert_eq!(versions["secretVersions"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn of_two_callers_who_make_one_name_one_does() {
    let world = World::new().await;
    let path = format!("{RAW}/A");
    let body = |value: &str| world.at("/", json!({ "secretValue": value }));
    let (one, other) = (body("1"), body("2"));
    let (first, second) = tokio::join!(
        world.by(world.member, "POST", &path, Some(&one)),
        world.by(world.owner, "POST", &path, Some(&other)),
    );
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{first:?} {second:?}");
    let winner = if first.0 == 200 { "A=1" } else { "A=2" };
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), [winner]);
}

#[tokio::test]
async fn a_rename_and_an_update_at_once_leave_one_secret() {
    let world = World::new().await;
    let id = text(&world.put("/", "A", "0").await, "id");
    let path = format!("{RAW}/A");
    let (rename, update) =
        (world.at("/", json!({ "newSecretName": "B" })), world.at("/", json!({ "secretValue": "1" })));
    let (renamed, updated) = tokio::join!(
        world.by(world.member, "PATCH", &path, Some(&rename)),
        world.by(world.owner, "PATCH", &path, Some(&update)),
    );
    assert_eq!(renamed.0, 200, "{renamed:?}");
    assert!([200, 404].contains(&updated.0), "{updated:?}");
    let list = world.secrets("/", "").await["secrets"].clone();
    assert_eq!(each(&list, "id"), [id]);
    assert_eq!(each(&list, "secretKey"), ["B"]);
    assert_eq!(text(&list[0], "secretValue"), if updated.0 == 200 { "1" } else { "0" });
}

#[tokio::test]
async fn many_callers_in_one_folder_all_get_through() {
    let world = World::new().await;
    let puts = (0..12).map(|n| {
        let world = &world;
        async move {
            let body = world.at("/", json!({ "secretValue": n.to_string() }));
            world.by(world.member, "POST", &format!("{RAW}/K{n:02}"), Some(&body)).await
        }
    });
    let answers = futures::future::join_all(puts).await;
    for (status, answer) in &answers {
        assert_eq!(*status, 200, "{answer}");
    }
    assert_eq!(world.secrets("/", "").await["secrets"].as_array().unwrap().len(), 12);
}

#[tokio::test]
async fn two_batches_over_the_same_names_never_mix_within_a_secret() {
    let world = World::new().await;
    let names: Vec<String> = (0..30).map(|n| format!("K{n:02}")).collect();
    let body = |value: &str| {
        let secrets: Vec<Value> = names
            .iter()
            .map(|name| json!({ "secretKey": name, "secretValue": value, "secretComment": value }))
            .collect();
        world.at("/", json!({ "secrets": secrets }))
    };
    world.ok("POST", BATCH, Some(body("0"))).await;
    let (one, other) = (body("1"), body("2"));
    let (first, second) = tokio::join!(
        world.by(world.member, "PATCH", BATCH, Some(&one)),
        world.by(world.owner, "PATCH", BATCH, Some(&other)),
    );
    for (status, answer) in [&first, &second] {
        assert_eq!(*status, 200, "{answer}");
    }
    for secret in world.secrets("/", "").await["secrets"].as_array().unwrap() {
        assert_eq!(secret["secretValue"], secret["secretComment"], "{secret}");
        assert_eq!(secret["version"], json!(3), "{secret}");
    }
}

#[tokio::test]
async fn two_callers_who_tag_one_secret_both_count() {
    let world = World::new().await;
    world.tag("web").await;
    world.tag("api").await;
    world.put("/", "A", "1").await;
    let body = |slug: &str| json!({ "projectSlug": "demo-slug", "environment": "dev", "secretPath": "/", "tagSlugs": [slug] });
    let (one, other) = (body("web"), body("api"));
    let path = "/api/v3/secrets/tags/A";
    let (first, second) = tokio::join!(
        world.by(world.member, "POST", path, Some(&one)),
        world.by(world.owner, "POST", path, Some(&other)),
    );
    assert_eq!((first.0, second.0), (200, 200), "{first:?} {second:?}");
    let mut slugs = each(&world.secrets("/", "").await["secrets"][0]["tags"], "slug");
    slugs.sort();
    assert_eq!(slugs, ["api", "web"]);
}

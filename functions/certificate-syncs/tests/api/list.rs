//! Lists, options, and the older base.

use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{ACM, ELB, World, text};

fn names(answer: &Value) -> Vec<String> {
    answer["pkiSyncs"].as_array().unwrap().iter().map(|sync| text(sync, "name")).collect()
}

#[tokio::test]
async fn the_syncs_of_a_project_are_listed_by_name_and_by_destination() {
    let world = World::new().await;
    world.elb_sync("b").await;
    let made = world.ok("POST", ACM, Some(world.acm("a"))).await;
    assert_eq!(names(&world.ok("GET", "", None).await), ["a", "b"]);
    let all = world.ok("GET", &format!("?projectId={}", world.project), None).await;
    assert_eq!((names(&all), &all["pkiSyncs"][0]), (vec!["a".to_owned(), "b".to_owned()], &made));
    assert_eq!(names(&world.ok("GET", ACM, None).await), ["a"]);
    assert_eq!(names(&world.ok("GET", ELB, None).await), ["b"]);
    assert_eq!(world.refused("GET", "?projectId=x", None).await.0, 422);
    assert_eq!(world.refused("GET", &format!("?projectId={}", world.other), None).await.0, 403);
    assert_eq!(
        world.refused("GET", "/gcp-certificate-manager", None).await.0,
        422,
        "no id, and no destination"
    );
}

#[tokio::test]
async fn the_options_name_both_destinations() {
    let world = World::new().await;
    let answer = world.ok("GET", "/options", None).await;
    let options = answer["pkiSyncOptions"].as_array().unwrap();
    let told: Vec<_> = options.iter().map(|option| (&option["destination"], &option["connection"])).collect();
    let aws = json!("aws");
    assert_eq!(
        told,
        [(&json!("aws-certificate-manager"), &aws), (&json!("aws-elastic-load-balancer"), &aws)]
    );
}

#[tokio::test]
async fn the_older_base_leads_to_the_same_syncs() {
    let world = World::new().await;
    let request =
        event("POST", &format!("/api/v1/pki/syncs{ACM}")).identity(world.administrator, "no-access");
    let (status, made) = world.send(request.body(&world.acm("web"))).await;
    assert_eq!(status, 200, "{made}");
    let id = text(&made, "id");
    let read = event("GET", &format!("/api/v1/pki/syncs/{id}")).identity(world.administrator, "no-access");
    assert_eq!(world.send(read).await, (200, world.ok("GET", &format!("/{id}"), None).await));
}

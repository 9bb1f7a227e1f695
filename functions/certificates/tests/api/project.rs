//! The project that certificates belong to when a request names none.

use serde_json::json;
use testkit::event::event;

use crate::world::{APPLICATIONS, BASE, POLICIES, World, policy, text};

#[tokio::test]
async fn the_organisations_own_project_is_made_at_first_need_and_once() {
    let world = World::new().await;
    let (status, answer) =
        world.send(event("GET", &format!("{BASE}{POLICIES}")).identity(world.member, "admin")).await;
    assert_eq!((status, &answer), (200, &json!({ "certificatePolicies": [], "totalCount": 0 })));
    assert!(world.store.project(world.project).await.unwrap().is_none(), "nobody needed it");
    let create = |name: &str| {
        event("POST", &format!("{BASE}{APPLICATIONS}"))
            .identity(world.member, "admin")
            .body(&json!({ "name": name }))
    };
    let (one, other) = tokio::join!(world.send(create("one")), world.send(create("other")));
    for (status, answer) in [one, other] {
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["application"]["projectId"], json!(world.project));
    }
    let project = world.store.project(world.project).await.unwrap().unwrap();
    assert_eq!((project.slug.as_str(), project.name.as_str()), ("cert-manager", "Certificate Manager"));
    assert_eq!(project.certificate_objects, 2);
    assert_eq!(world.audited("project.create").await, 1);
}

#[tokio::test]
async fn its_slug_may_be_somebody_elses() {
    let world = World::new().await;
    let project = model::project::Project {
        id: model::id::ProjectId::random(),
        ..model::project::certificate_manager(world.organization, false)
    };
    world.commit(store::Change::new(testkit::now()).create(&project)).await;
    world.policy("web").await;
    let project = world.store.project(world.project).await.unwrap().unwrap();
    assert_eq!(project.slug, format!("cert-manager-{}", &world.project.to_string()[..8]));
}

#[tokio::test]
async fn a_request_may_name_another_project_by_id_or_slug() {
    let world = World::new().await;
    for (name, given) in [
        ("by-id", json!({ "projectId": world.other, "projectSlug": "" })),
        ("by-slug", json!({ "projectId": "", "projectSlug": "other-slug" })),
    ] {
        let mut body = policy(name);
        for (key, value) in given.as_object().unwrap() {
            body[key] = value.clone();
        }
        let (status, answer) = world.by(world.neighbour, "POST", POLICIES, Some(&body)).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["certificatePolicy"]["projectId"], json!(world.other));
        let (status, _) = world.by(world.administrator, "POST", POLICIES, Some(&body)).await;
        assert!([400, 403].contains(&status), "{status}");
    }
    for query in [format!("projectId={}", world.other), "projectSlug=other-slug".to_owned()] {
        let (status, answer) = world.by(world.neighbour, "GET", &format!("{POLICIES}?{query}"), None).await;
        assert_eq!((status, &answer["totalCount"]), (200, &json!(2)), "{answer}");
    }
    let (status, message) = world.refused("GET", &format!("{POLICIES}?projectSlug=nowhere"), None).await;
    assert!(status == 400 && message.contains("\"nowhere\""), "{status} {message}");
    let hidden = world.refused("GET", &format!("{POLICIES}?projectSlug=other-slug"), None).await;
    assert_eq!(hidden.0, 400, "a project that is not the caller's is not there: {}", hidden.1);
    let (status, _) = world.refused("GET", &format!("{POLICIES}?projectId=x"), None).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn a_list_has_parts_and_is_searched() {
    let world = World::new().await;
    for name in ["api", "batch", "web-api"] {
        world.policy(name).await;
    }
    for (query, names, total) in [
        ("", vec!["api", "batch", "web-api"], 3),
        ("?limit=1&offset=1", vec!["batch"], 3),
        ("?search=API", vec!["api", "web-api"], 2),
        ("?search=api&offset=1&limit=100", vec!["web-api"], 2),
        ("?offset=3", vec![], 3),
    ] {
        let answer = world.ok("GET", &format!("{POLICIES}{query}"), None).await;
        let found: Vec<String> =
            answer["certificatePolicies"].as_array().unwrap().iter().map(|one| text(one, "name")).collect();
        assert_eq!(
            (found, &answer["totalCount"]),
            (names.iter().map(ToString::to_string).collect(), &json!(total))
        );
    }
    for query in ["?limit=0", "?limit=101", "?offset=-1", "?limit=x"] {
        assert_eq!(world.refused("GET", &format!("{POLICIES}{query}"), None).await.0, 422, "{query}");
    }
}

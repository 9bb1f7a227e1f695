//! Authorities: their life, what counts them, and what is refused before AWS is asked.

use model::id::ConnectionId;
use serde_json::{Value, json};
use testkit::pki::PrivateCa;

use crate::world::{NOTHING, PRIVATE, PUBLIC, World, text, with};

#[tokio::test]
async fn an_authority_is_bare_and_as_it_was_given() {
    let world = World::new().await;
    for (path, kind, body) in
        [(PRIVATE, "aws-pca", world.private("root")), (PUBLIC, "aws-acm-public-ca", world.public("acm"))]
    {
        let made = world.ok("POST", path, Some(body.clone())).await;
        let mut keys: Vec<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let expected = [
            "configuration",
            "createdAt",
            "enableDirectIssuance",
            "id",
            "name",
            "projectId",
            "status",
            "type",
            "updatedAt",
        ];
        assert_eq!(keys, expected);
        assert_eq!(made["configuration"], body["configuration"]);
        assert_eq!((&made["type"], &made["status"]), (&json!(kind), &json!("active")));
        assert_eq!(
            (&made["projectId"], &made["enableDirectIssuance"]),
            (&json!(world.project), &json!(true))
        );
        let one = format!("{path}/{}", text(&made, "id"));
        assert_eq!(world.ok("GET", &one, None).await, made);
        assert_eq!(world.ok("GET", path, None).await, json!([made]), "of one type alone");
        let other = if path == PRIVATE { PUBLIC } else { PRIVATE };
        let (status, _) = world.refused("GET", &one.replace(path, other), None).await;
        assert_eq!(status, 404, "it is of the other type");
    }
    assert_eq!((world.used(world.connection).await, world.used(world.dns).await), (2, 1));
    assert_eq!(world.counted().await, 2);
    assert_eq!(world.audited("certificate-authority.create").await, 2);
}

#[tokio::test]
async fn one_connection_for_both_is_counted_once() {
    let world = World::new().await;
    let mut body = world.public("acm");
    body["configuration"]["dnsAppConnectionId"] = json!(world.connection);
    let made = world.ok("POST", PUBLIC, Some(body)).await;
    assert_eq!(world.used(world.connection).await, 1);
    world.ok("DELETE", &format!("{PUBLIC}/{}", text(&made, "id")), None).await;
    assert_eq!(world.used(world.connection).await, 0);
}

#[tokio::test]
async fn types_of_other_servers_are_refused_in_words() {
    let world = World::new().await;
    for kind in ["internal", "acme", "azure-ad-cs", "unknown"] {
        for (method, path) in [
            ("GET", format!("/ca/{kind}")),
            ("POST", format!("/ca/{kind}")),
            ("GET", format!("/ca/{kind}/{NOTHING}")),
            ("PATCH", format!("/ca/{kind}/{NOTHING}")),
            ("DELETE", format!("/ca/{kind}/{NOTHING}")),
        ] {
            let (status, message) = world.refused(method, &path, Some(json!({}))).await;
            assert!(
                status == 400 && message.contains("aws-pca, aws-acm-public-ca"),
                "{method} {path}: {status} {message}"
            );
        }
    }
}

#[tokio::test]
async fn a_name_is_taken_once_in_a_project() {
    let world = World::new().await;
    world.authority("root").await;
    let asked = world.pki.calls().len();
    for (path, body) in [(PRIVATE, world.private("root")), (PUBLIC, world.public("root"))] {
        let (status, message) = world.refused("POST", path, Some(body)).await;
        assert!(status == 400 && message.contains("\"root\" already exists"), "{status} {message}");
    }
    assert_eq!(world.pki.calls().len(), asked, "AWS is not asked about a name");
    let second = world.authority("second").await;
    let renamed =
        world.refused("PATCH", &format!("{PRIVATE}/{second}"), Some(json!({ "name": "root" }))).await;
    assert_eq!(renamed.0, 400, "{}", renamed.1);
    assert_eq!(world.used(world.connection).await, 2);
}

#[tokio::test]
async fn the_same_create_again_is_answered_with_the_first_result() {
    let world = World::new().await;
    let body = world.private("root");
    let first = world.ok("POST", PRIVATE, Some(body.clone())).await;
    assert_eq!(world.ok("POST", PRIVATE, Some(body.clone())).await, first);
    let other = with(body, &json!({ "status": "disabled" }));
    assert_eq!(world.refused("POST", PRIVATE, Some(other)).await.0, 400);
    assert_eq!(world.used(world.connection).await, 1);
}

#[tokio::test]
async fn of_creates_with_one_name_at_the_same_moment_one_is_made() {
    let world = World::new().await;
    let bodies = [world.private("root"), world.private("root"), world.private("root")];
    let answers = futures::future::join_all(
        bodies.iter().map(|body| world.by(world.administrator, "POST", PRIVATE, Some(body))),
    )
    .await;
    let mut statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400], "{answers:?}");
    assert_eq!((world.used(world.connection).await, world.counted().await), (1, 1));
}

#[tokio::test]
async fn what_the_body_names_must_be_there_before_aws_is_asked() {
    let world = World::new().await;
    let china = ConnectionId::random();
    world.make_connection(china, world.project, "china", "aws-cn").await;
    for (key, id, expected, said) in [
        ("appConnectionId", json!(NOTHING), 404, "App Connection"),
        ("appConnectionId", json!(world.foreign), 404, "App Connection"),
        ("appConnectionId", json!(china), 400, "partition"),
        ("appConnectionId", Value::Null, 422, "appConnectionId"),
        ("dnsAppConnectionId", json!(NOTHING), 404, "App Connection"),
        ("dnsAppConnectionId", json!(world.foreign), 404, "App Connection"),
        ("hostedZoneId", json!(" "), 422, "hostedZoneId"),
        ("region", json!("us-esat-1"), 422, "region"),
    ] {
        let mut body = world.public("acm");
        body["configuration"][key] = id.clone();
        let (status, message) = world.refused("POST", PUBLIC, Some(body)).await;
        assert!(status == expected && message.contains(said), "{key} {id}: {status} {message}");
    }
    for changes in [
        json!({ "name": "Not A Slug" }),
        json!({ "name": Value::Null }),
        json!({ "status": "running" }),
        json!({ "configuration": Value::Null }),
        json!({ "configuration": {} }),
        json!({ "enableDirectIssuance": "yes" }),
    ] {
        let (status, message) =
            world.refused("POST", PRIVATE, Some(with(world.private("root"), &changes))).await;
        assert_eq!(status, 422, "{changes}: {message}");
    }
    assert_eq!((world.pki.calls(), world.counted().await), (Vec::new(), 0));
}

#[tokio::test]
async fn a_change_moves_the_counts_of_connections_with_it() {
    let world = World::new().await;
    let other = ConnectionId::random();
    world.make_connection(other, world.project, "another", "aws").await;
    let body = world.public("acm");
    let path = format!("{PUBLIC}/{}", text(&world.ok("POST", PUBLIC, Some(body.clone())).await, "id"));
    let mut configuration = body["configuration"].clone();
    configuration["dnsAppConnectionId"] = json!(other);
    configuration["monthlyBudget"] = json!(20);
    let change = json!({ "name": "public", "configuration": configuration });
    let changed = world.ok("PATCH", &path, Some(change)).await;
    assert_eq!((&changed["name"], &changed["configuration"]), (&json!("public"), &configuration));
    assert_eq!(world.ok("GET", &path, None).await, changed);
    let used = (world.used(world.connection).await, world.used(world.dns).await, world.used(other).await);
    assert_eq!(used, (1, 0, 1));
    // A connection that the caller may not use, and half a configuration.
    configuration["dnsAppConnectionId"] = json!(world.foreign);
    assert_eq!(world.refused("PATCH", &path, Some(json!({ "configuration": configuration }))).await.0, 404);
    let half = json!({ "configuration": { "region": "us-east-1" } });
    assert_eq!(world.refused("PATCH", &path, Some(half)).await.0, 422);
    assert_eq!(world.ok("GET", &path, None).await, changed);
    world.ok("DELETE", &path, None).await;
    let used = (world.used(world.connection).await, world.used(world.dns).await, world.used(other).await);
    assert_eq!(used, (0, 0, 0));
}

#[tokio::test]
async fn an_authority_that_a_profile_names_is_not_deleted() {
    let world = World::new().await;
    let (authority, policy) = (world.authority("root").await, world.policy("web").await);
    let profiles = [
        world.profile_of("one", &authority, &policy).await,
        world.profile_of("two", &authority, &policy).await,
    ];
    let path = format!("{PRIVATE}/{authority}");
    let (status, message) = world.refused("DELETE", &path, None).await;
    assert!(status == 400 && message.contains("2 certificate profiles."), "{status} {message}");
    for profile in profiles {
        world.ok("DELETE", &format!("/certificate-profiles/{profile}"), None).await;
    }
    world.pki.forget_calls();
    let gone = world.ok("DELETE", &path, Some(json!({ "id": authority }))).await;
    assert_eq!(text(&gone, "id"), authority);
    assert_eq!(world.pki.calls(), [], "at AWS nothing happens");
    assert_eq!(world.refused("GET", &path, None).await.0, 404);
    assert_eq!(world.refused("DELETE", &path, None).await.0, 404);
    assert_eq!((world.used(world.connection).await, world.counted().await), (0, 1));
}

#[tokio::test]
async fn the_session_of_a_check_may_look_and_nothing_else() {
    let world = World::new().await;
    world.ok("POST", PRIVATE, Some(world.private("root"))).await;
    world.ok("POST", PUBLIC, Some(world.public("acm"))).await;
    let policies = world.pki.policies();
    assert_eq!(policies.len(), 3, "{policies:?}");
    for policy in &policies {
        for action in [
            "IssueCertificate",
            "RequestCertificate",
            "ChangeResourceRecordSets",
            "RevokeCertificate",
            "ExportCertificate",
        ] {
            assert!(!policy.contains(action), "{action} in {policy}");
        }
    }
    let arn = world.pki.put_private_ca(PrivateCa::default());
    assert!(policies.iter().any(|policy| policy.contains("acm-pca")), "{policies:?}");
    assert!(!policies.iter().any(|policy| policy.contains(&arn)), "of another authority");
}

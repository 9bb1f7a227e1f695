//! People in a project.

use futures::future::join_all;

use super::*;

#[tokio::test]
async fn people_are_invited_by_email_and_see_the_project_at_once() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v2/workspace/{project}/memberships");
    let body =
        json!({ "emails": ["Bob@Example.com"], "usernames": ["eve@example.com"], "roleSlugs": ["viewer"] });
    let made = world.ok(ada(post(&path, body))).await;
    let shown: Vec<&str> = made["memberships"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["user"]["email"].as_str().unwrap())
        .collect();
    assert_eq!(shown, ["bob@example.com", "eve@example.com"]);
    world.ok(bob(get("/api/v2/workspace/payments"))).await;
    let again =
        world.ok(ada(post(&path, json!({ "emails": ["bob@example.com"], "roleSlugs": ["admin"] })))).await;
    assert_eq!(again["memberships"][0], made["memberships"][0], "who is a member stays as they are");
    for list in [
        &path,
        &format!("/api/v1/workspace/{project}/memberships"),
        &format!("/api/v1/projects/{project}/memberships"),
    ] {
        let listed = world.ok(ada(get(list))).await;
        assert_eq!(
            names(&listed["memberships"], "userId"),
            ["ada@example.com", "bob@example.com", "eve@example.com"]
        );
    }
}

#[tokio::test]
async fn a_membership_is_read_changed_and_ended_by_its_own_id() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v1/workspace/{project}/memberships");
    let invite = json!({ "emails": ["bob@example.com"] });
    let made = world.ok(ada(post(&format!("/api/v2/workspace/{project}/memberships"), invite))).await;
    let member = &made["memberships"][0];
    let one = format!("{path}/{}", text(member, "id"));
    assert_eq!(world.ok(ada(get(&one))).await, json!({ "membership": member }));
    let details = post(&format!("{path}/details"), json!({ "username": "Bob@example.com" }));
    assert_eq!(world.ok(ada(details)).await, json!({ "membership": member }));
    let changed = world.ok(ada(patch(&one, json!({ "roles": [{ "role": "viewer" }] })))).await;
    assert_eq!(names(&changed["roles"], "role"), ["viewer"]);
    assert_eq!(
        world.refused(bob(patch("/api/v2/workspace/payments", json!({ "name": "Mine" })))).await.0,
        403
    );
    assert_eq!(world.ok(ada(delete(&one))).await["membership"]["id"], member["id"]);
    assert_eq!(world.refused(bob(get("/api/v2/workspace/payments"))).await.0, 404);
    for request in [get(&one), delete(&one)] {
        assert_eq!(world.refused(ada(request)).await.0, 404);
    }
}

#[tokio::test]
async fn several_leave_together_or_not_at_all() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v2/workspace/{project}/memberships");
    let both = json!({ "emails": ["bob@example.com", "eve@example.com"] });
    world.ok(ada(post(&path, both.clone()))).await;
    let with_a_stranger = json!({ "emails": ["bob@example.com", "stranger@example.com"] });
    let (status, _, message) = world.refused(ada(event("DELETE", &path).body(&with_a_stranger))).await;
    assert_eq!((status, message.as_str()), (404, "'stranger@example.com' is not a member of the project"));
    world.ok(bob(get("/api/v2/workspace/payments"))).await;
    let gone = world.ok(ada(event("DELETE", &path).body(&both))).await;
    assert_eq!(gone["memberships"].as_array().unwrap().len(), 2);
    assert_eq!(world.refused(bob(get("/api/v2/workspace/payments"))).await.0, 404);
}

/// The authorizer calls them `sub:` and the claim, so that no subject is taken for an address.
#[tokio::test]
async fn a_person_without_an_address_is_invited_by_subject() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v2/workspace/{project}/memberships");
    let invite = json!({ "usernames": ["auth0|42", "sub:Eve@example.com", "sub:auth0|42"] });
    let made = world.ok(ada(post(&path, invite))).await;
    assert_eq!(names(&made["memberships"], "userId"), ["sub:Eve@example.com", "sub:auth0|42"]);
    let user = &made["memberships"][1]["user"];
    assert_eq!((&user["username"], &user["email"]), (&json!("auth0|42"), &Value::Null));
    world.ok(get("/api/v2/workspace/payments").person("sub:auth0|42", "member")).await;
    assert_eq!(world.refused(get("/api/v2/workspace/payments").person("auth0|42", "member")).await.0, 404);
    let details =
        post(&format!("/api/v1/workspace/{project}/memberships/details"), json!({ "username": "auth0|42" }));
    assert_eq!(world.ok(ada(details)).await["membership"], made["memberships"][1]);
}

#[tokio::test]
async fn one_person_invited_twice_at_once_is_one_member() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v2/workspace/{project}/memberships");
    let invite = || world.send(ada(post(&path, json!({ "emails": ["bob@example.com"] }))));
    let answers = join_all([invite(), invite(), invite()]).await;
    for (status, body) in &answers {
        assert_eq!(
            (*status, &body["memberships"][0]["id"]),
            (200, &answers[0].1["memberships"][0]["id"]),
            "{body}"
        );
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_invitation_is_said() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v2/workspace/{project}/memberships");
    for body in [
        json!({}),
        json!({ "emails": [] }),
        json!({ "emails": ["bob"] }),
        json!({ "emails": ["bob@example.com", "b@b@example.com"] }),
        json!({ "emails": ["bob @example.com"] }),
        json!({ "emails": ["@example.com"] }),
        json!({ "usernames": [" "] }),
        json!({ "usernames": ["sub:"] }),
        json!({ "usernames": [format!("{}@example.com", "a".repeat(3_000))] }),
        json!({ "usernames": ["\u{212a}im@example.com"] }),
        json!({ "emails": ["bob@example.com"], "roleSlugs": [] }),
        json!({ "emails": ["bob@example.com"], "roleSlugs": ["emperor"] }),
        json!({ "emails": (0..41).map(|number| format!("p{number}@example.com")).collect::<Vec<_>>() }),
    ] {
        assert_eq!(world.refused(ada(post(&path, body.clone()))).await.0, 422, "{body}");
    }
    let wrong_twice = json!({ "emails": ["bob"], "roleSlugs": ["emperor"] });
    let (_, body) = world.send(ada(post(&path, wrong_twice))).await;
    assert_eq!(body["message"].as_array().unwrap().len(), 2);
}

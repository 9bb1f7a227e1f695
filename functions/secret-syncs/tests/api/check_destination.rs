//! Which syncs write to the same place.

use model::id::ConnectionId;
use model::permission::Scope;
use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{BASE, PARAMETERS, SECRETS, STRANGER, World};

async fn check(world: &World, destination: &str, body: Value) -> Value {
    let (status, answer) =
        world.by(world.member, "POST", &format!("/{destination}/check-destination"), Some(&body)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// A sync of the other project, made by its administrator.
async fn foreign(world: &World, destination: &str, config: Value, schema: &str) {
    let mut body = world.secrets_manager("theirs");
    body["projectId"] = json!(world.other);
    body["connectionId"] = json!(world.foreign);
    body["destinationConfig"] = config;
    body["syncOptions"]["keySchema"] = json!(schema);
    let path = format!("/{destination}");
    let (status, answer) = world.by(world.neighbour, "POST", &path, Some(&body)).await;
    assert_eq!(status, 200, "{answer}");
}

fn one_to_one(region: &str) -> Value {
    json!({ "region": region, "mappingBehavior": "one-to-one", "secretName": "" })
}

fn many_to_one(name: &str) -> Value {
    json!({ "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": name })
}

#[tokio::test]
async fn the_same_names_in_the_same_place_are_a_duplicate_and_others_are_none() {
    let world = World::new().await;
    let mut body = world.parameter_store("mine", "/app/prod/");
    body["syncOptions"]["keySchema"] = json!("{{environment}}/{{secretKey}}");
    world.ok("POST", &format!("/{PARAMETERS}"), Some(body)).await;
    let ask = async |config: Value| {
        let body = json!({ "destinationConfig": config, "projectId": world.project });
        check(&world, PARAMETERS, body).await["hasDuplicate"].clone()
    };
    assert_eq!(
        ask(json!({ "region": "us-east-1", "path": "/app/prod/dev/" })).await,
        true,
        "not the same configuration, but the same names"
    );
    assert_eq!(ask(json!({ "region": "us-east-1", "path": "/app/prod/" })).await, false);
    assert_eq!(ask(json!({ "region": "us-east-1", "path": "/app/prod/staging/" })).await, false);
    assert_eq!(ask(json!({ "region": "us-west-2", "path": "/app/prod/dev/" })).await, false);
    let body = json!({ "destinationConfig": one_to_one("us-east-1"), "projectId": world.project });
    assert_eq!(check(&world, SECRETS, body).await, json!({ "hasDuplicate": false }));
}

#[tokio::test]
async fn a_sync_does_not_overlap_itself_and_lends_its_schema_and_connection() {
    let world = World::new().await;
    let mut body = world.secrets_manager("a");
    body["syncOptions"]["keySchema"] = json!("a/{{secretKey}}");
    let made = world.ok("POST", &format!("/{SECRETS}"), Some(body.clone())).await;
    body["name"] = json!("b");
    body["syncOptions"]["keySchema"] = json!("b/{{secretKey}}");
    world.ok("POST", &format!("/{SECRETS}"), Some(body)).await;
    let mut question = json!({ "destinationConfig": one_to_one("us-east-1"), "projectId": world.project });
    assert_eq!(check(&world, SECRETS, question.clone()).await["hasDuplicate"], true);
    question["excludeSyncId"] = made["id"].clone();
    assert_eq!(check(&world, SECRETS, question.clone()).await, json!({ "hasDuplicate": false }));
    question["destinationConfig"] = many_to_one("b/x");
    assert_eq!(check(&world, SECRETS, question.clone()).await["hasDuplicate"], false, "it would be a/b/x");
    question["keySchema"] = json!("");
    assert_eq!(check(&world, SECRETS, question).await["hasDuplicate"], true);
}

#[tokio::test]
async fn another_project_is_named_by_nothing_but_its_id() {
    let world = World::new().await;
    foreign(&world, SECRETS, many_to_one("shared/name"), "").await;
    let question = json!({ "destinationConfig": many_to_one("shared/name"), "projectId": world.project });
    let answer = check(&world, SECRETS, question.clone()).await;
    assert_eq!(answer, json!({ "hasDuplicate": true, "duplicateProjectId": world.other }));
    // One of the caller's own project is named first.
    let mut body = world.secrets_manager("mine");
    body["destinationConfig"] = many_to_one("shared/name");
    world.ok("POST", &format!("/{SECRETS}"), Some(body)).await;
    assert_eq!(check(&world, SECRETS, question).await["duplicateProjectId"], json!(world.project));
}

#[tokio::test]
async fn another_account_is_another_place() {
    let world = World::new().await;
    let elsewhere = ConnectionId::random();
    world.make_connection(elsewhere, Scope::Project(world.project), "333333333333").await;
    let mut body = world.secrets_manager("a");
    body["connectionId"] = json!(elsewhere);
    world.ok("POST", &format!("/{SECRETS}"), Some(body)).await;
    let mut question = json!({ "destinationConfig": one_to_one("us-east-1"), "projectId": world.project });
    assert_eq!(
        check(&world, SECRETS, question.clone()).await["hasDuplicate"],
        true,
        "it may be that account"
    );
    question["connectionId"] = json!(world.connection);
    assert_eq!(check(&world, SECRETS, question.clone()).await["hasDuplicate"], false);
    // A second connection into the same account is the same place.
    let second = ConnectionId::random();
    world.make_connection(second, Scope::Project(world.project), "333333333333").await;
    question["connectionId"] = json!(second);
    assert_eq!(check(&world, SECRETS, question.clone()).await["hasDuplicate"], true);
    // A connection of somebody else's is none.
    for stranger in [json!(world.foreign), json!(STRANGER)] {
        question["connectionId"] = stranger;
        let path = format!("/{SECRETS}/check-destination");
        assert_eq!(world.refused("POST", &path, Some(question.clone())).await.0, 404);
    }
}

#[tokio::test]
async fn who_may_not_use_the_connection_does_not_try_out_names_behind_it() {
    let world = World::new().await;
    let made = world.ok("POST", &format!("/{SECRETS}"), Some(world.secrets_manager("a"))).await;
    let question = json!({ "destinationConfig": one_to_one("us-east-1"), "projectId": world.project });
    let path = format!("/{SECRETS}/check-destination");
    for more in [
        json!({ "connectionId": world.connection }),
        json!({ "keySchema": "x/{{secretKey}}" }),
        json!({ "keySchema": "x/{{secretKey}}", "excludeSyncId": made["id"] }),
    ] {
        let mut question = question.clone();
        question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answer) = world.by(world.viewer, "POST", &path, Some(&question)).await;
        assert_eq!((status, &answer["error"]), (403, &json!("PermissionDenied")), "{more} {answer}");
        assert_eq!(answer["details"][0]["subject"], json!(["app-connections"]), "{more}");
        check(&world, SECRETS, question).await;
    }
    let mut own = question.clone();
    own["excludeSyncId"] = made["id"].clone();
    for question in [question, own] {
        assert_eq!(world.by(world.viewer, "POST", &path, Some(&question)).await.0, 200, "{question}");
    }
}

#[tokio::test]
async fn another_project_s_sync_lends_nothing() {
    let world = World::new().await;
    foreign(&world, SECRETS, one_to_one("us-east-1"), "hidden/{{secretKey}}").await;
    let theirs = world.store.secret_sync_named(world.other, "theirs").await.unwrap().unwrap();
    let mut body = world.secrets_manager("a");
    body["syncOptions"]["keySchema"] = json!("hidden/{{secretKey}}");
    world.ok("POST", &format!("/{SECRETS}"), Some(body)).await;
    // Asked with the schema of the excluded sync it would be this name and a duplicate.
    let question =
        json!({ "destinationConfig": many_to_one("x"), "projectId": world.project, "excludeSyncId": theirs });
    assert_eq!(check(&world, SECRETS, question).await, json!({ "hasDuplicate": false }));
}

#[tokio::test]
async fn a_sync_whose_environment_is_gone_writes_nothing_any_more() {
    let world = World::new().await;
    world.sync("a").await;
    let question = json!({ "destinationConfig": one_to_one("us-east-1"), "projectId": world.project });
    assert_eq!(check(&world, SECRETS, question.clone()).await["hasDuplicate"], true);
    world.delete_environment("dev").await;
    assert_eq!(check(&world, SECRETS, question).await["hasDuplicate"], false);
}

#[tokio::test]
async fn who_may_not_see_the_project_s_syncs_asks_in_vain() {
    let world = World::new().await;
    let question = json!({ "destinationConfig": one_to_one("us-east-1"), "projectId": world.project });
    let path = format!("/{SECRETS}/check-destination");
    for stranger in [STRANGER.to_owned(), world.neighbour.to_string()] {
        assert_eq!(world.by(stranger, "POST", &path, Some(&question)).await.0, 403);
    }
    assert_eq!(world.by(world.viewer, "POST", &path, Some(&question)).await.0, 200);
    let (status, answer) = world.by(world.member, "POST", &path, Some(&json!({}))).await;
    assert_eq!(status, 422);
    let missing: Vec<String> = answer["message"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["path"][0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(missing, ["destinationConfig", "projectId"]);
}

/// The peer answers `hasDuplicate: false` when it could not find out.
#[tokio::test]
async fn a_table_that_cannot_be_read_is_no_answer() {
    let fuse = testkit::fuse::Fuse::default();
    let store = testkit::tables_reached_by(|config| fuse.through(config)).await.unwrap().0;
    let (config, _) = testkit::aws::scripted(crate::aws::answer);
    let ctx = crate::world::ctx(&config, store, model::id::OrganizationId::random());
    let project = model::id::ProjectId::random();
    let question = json!({ "destinationConfig": one_to_one("us-east-1"), "projectId": project });
    fuse.arm(testkit::fuse::Fault::Die(1));
    let request = event("POST", &format!("{BASE}/{SECRETS}/check-destination"))
        .identity(STRANGER, "admin")
        .body(&question);
    let answer = web::answer(secret_syncs::routes(), ctx, request.request(), testkit::now()).await;
    let (status, answer) = testkit::event::read(answer).await;
    assert!(status >= 500, "{status} {answer}");
    assert!(answer.get("hasDuplicate").is_none());
}

/// The message of a refusal of a sync that would write where another one may.
async fn blocked(world: &World, method: &str, path: &str, body: Value) -> String {
    let (status, message) = world.refused(method, path, Some(body)).await;
    assert_eq!(status, 400, "{message}");
    assert!(message.contains("may write to the same names"), "{message}");
    message
}

#[tokio::test]
async fn where_duplicates_are_blocked_no_two_syncs_may_write_one_name() {
    let mut world = World::new().await;
    world.ctx = world.ctx.clone().blocking_duplicates(true);
    let make = |name: &str, config: Value, schema: &str| {
        let mut body = world.secrets_manager(name);
        body["destinationConfig"] = config;
        body["syncOptions"]["keySchema"] = json!(schema);
        body
    };
    let path = format!("/{SECRETS}");
    let first = make("first", one_to_one("us-east-1"), "app/{{environment}}/{{secretKey}}");
    world.ok("POST", &path, Some(first.clone())).await;
    world.ok("POST", &path, Some(first)).await;

    let same = make("same", one_to_one("us-east-1"), "app/dev/{{secretKey}}");
    assert!(blocked(&world, "POST", &path, same).await.contains("\"first\""));
    let all = make("all", one_to_one("us-east-1"), "");
    blocked(&world, "POST", &path, all.clone()).await;
    blocked(&world, "POST", &path, make("one", many_to_one("app/dev/X"), "")).await;
    world.ok("POST", &path, Some(make("region", one_to_one("us-west-2"), ""))).await;
    let second =
        world.ok("POST", &path, Some(make("second", one_to_one("us-east-1"), "b/{{secretKey}}"))).await;
    let account = ConnectionId::random();
    world.make_connection(account, Scope::Project(world.project), "210987654321").await;
    let mut elsewhere = all.clone();
    (elsewhere["name"], elsewhere["connectionId"]) = (json!("account"), json!(account));
    world.ok("POST", &path, Some(elsewhere)).await;

    // A change that leads to the same names is refused, and one that leads nowhere else is not.
    let second = format!("{path}/{}", second["id"].as_str().unwrap());
    let options =
        |schema: &str| json!({ "initialSyncBehavior": "overwrite-destination", "keySchema": schema });
    blocked(&world, "PATCH", &second, json!({ "syncOptions": options("app/{{secretKey}}") })).await;
    let before = world.stored(&second).await.sync.version;
    world.ok("PATCH", &second, Some(json!({ "name": "renamed", "environment": "prod" }))).await;
    assert_eq!(world.stored(&second).await.sync.version, before + 1);
    let third = make("third", one_to_one("us-east-1"), "app/{{environment}}/{{secretKey}}");
    let third = {
        let mut third = third;
        third["environment"] = json!("prod");
        third
    };
    let third = world.ok("POST", &path, Some(third)).await;
    let third = format!("{path}/{}", third["id"].as_str().unwrap());
    blocked(&world, "PATCH", &third, json!({ "environment": "dev" })).await;

    // Of another project's sync the project alone is told.
    let (status, answer) = world.by(world.neighbour, "POST", &path, Some(&json!({
        "name": "theirs", "projectId": world.other, "connectionId": world.foreign, "environment": "dev", "secretPath": "/",
        "syncOptions": options(""), "destinationConfig": one_to_one("us-east-1"),
    }))).await;
    assert_eq!(status, 400, "{answer}");
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains(&world.project.to_string()) && !message.contains("first"), "{message}");

    world.ctx = world.ctx.clone().blocking_duplicates(false);
    world.ok("POST", &path, Some(all)).await;
}

//! What a run would do: told, and not done.

use model::secret_sync::run::{JobState, Outcome};
use model::secret_sync::{SecretSyncRun, ownership};
use serde_json::{Value, json};
use testkit::account::{Parameter, Secret};

use crate::aws::assumptions;
use crate::world::{PARAMETERS, SECRETS, World, id, text};

/// Values of the tests are made of this word, which no answer may hold.
const CANARY: &str = "canary";

/// A sync of Parameter Store below `/app/`, from the root of `dev`.
async fn parameters(world: &World, change: impl FnOnce(&mut Value)) -> String {
    let mut body = world.parameter_store("a", "/app/");
    change(&mut body);
    let made = world.ok("POST", &format!("/{PARAMETERS}"), Some(body)).await;
    format!("/{PARAMETERS}/{}", text(&made, "id"))
}

/// Its first run is over.
async fn synced(world: &World, path: &str) {
    world.begin(path).await;
    world.finish(path, &Outcome::succeeded()).await;
}

/// A parameter that the sync at `path` made.
fn ours(path: &str, value: &str) -> Parameter {
    let [managed, owner] = ownership::tags(id(path));
    Parameter::of(value).tagged(&managed.key, &managed.value).tagged(&owner.key, &owner.value)
}

async fn plan(world: &World, path: &str, query: &str) -> Value {
    let before = (world.account.secrets(), world.account.parameters(), world.stored(path).await);
    let (status, answer) = world.by(world.member, "POST", &format!("{path}/plan{query}"), None).await;
    assert_eq!(status, 200, "{answer}");
    assert!(!answer.to_string().contains(CANARY), "{answer}");
    assert_eq!((world.account.secrets(), world.account.parameters(), world.stored(path).await), before);
    let reading = ["Get", "List", "Describe", "BatchGet"];
    for action in world.account.counts().keys() {
        let (_, name) = action.split_once(':').unwrap();
        assert!(reading.iter().any(|reading| name.starts_with(reading)), "{action} changes something");
    }
    answer["plan"].clone()
}

/// The names of a list, with their keys.
fn names(plan: &Value, list: &str) -> Vec<(Value, Value)> {
    let entries = plan[list].as_array().unwrap();
    assert!(entries.iter().all(|entry| !text(entry, "reason").is_empty()));
    entries.iter().map(|entry| (entry["name"].clone(), entry["secretKey"].clone())).collect()
}

fn pairs(expected: &[(&str, Option<&str>)]) -> Vec<(Value, Value)> {
    expected.iter().map(|(name, key)| (json!(name), json!(key))).collect()
}

#[tokio::test]
async fn a_first_sync_creates_adopts_and_tells_conflicts() {
    let world = World::new().await;
    let path = parameters(&world, |_| {}).await;
    world
        .put(
            "/",
            &[
                ("NEW", "canary-1"),
                ("THERE", "canary-2"),
                ("TAKEN", "canary-3"),
                ("EMPTY", ""),
                ("LOST", "${NOWHERE}"),
            ],
        )
        .await;
    world.account.put_parameter("/app/THERE", Parameter::of("canary-4"));
    world.account.put_parameter("/app/FOREIGN", Parameter::of("canary-5"));
    let other = model::id::SecretSyncId::random().to_string();
    world
        .account
        .put_parameter("/app/TAKEN", Parameter::of("canary-6").tagged(ownership::SECRET_SYNC, &other));
    let plan = plan(&world, &path, "").await;
    assert_eq!(names(&plan, "create"), pairs(&[("/app/NEW", Some("NEW"))]));
    assert_eq!(names(&plan, "adopt"), pairs(&[("/app/THERE", Some("THERE"))]));
    assert_eq!(
        names(&plan, "conflict"),
        pairs(&[("/app/LOST", Some("LOST")), ("/app/TAKEN", Some("TAKEN"))])
    );
    assert_eq!(
        plan["leave"],
        json!([{ "name": null, "secretKey": "EMPTY", "reason": "Its value is empty: nothing is written and nothing is deleted for it" }])
    );
    assert_eq!((&plan["update"], &plan["delete"], &plan["import"]), (&json!([]), &json!([]), &Value::Null));
    assert_eq!(plan["deletionGuard"], json!({ "stops": false, "message": null }));
    assert!(plan["conflict"][1]["reason"].as_str().unwrap().contains(&other), "{plan}");
}

#[tokio::test]
async fn a_later_sync_updates_deletes_leaves_and_adopts_nothing() {
    let world = World::new().await;
    let path = parameters(&world, |_| {}).await;
    synced(&world, &path).await;
    world.put("/", &[("SAME", "canary-1"), ("OTHER", "canary-2"), ("FOREIGN", "canary-3")]).await;
    world.account.put_parameter("/app/SAME", ours(&path, "canary-1"));
    world.account.put_parameter("/app/OTHER", ours(&path, "canary-old"));
    world.account.put_parameter("/app/GONE", ours(&path, "canary-4"));
    world.account.put_parameter("/app/FOREIGN", Parameter::of("canary-5"));
    world.account.put_parameter("/elsewhere/X", Parameter::of("canary-6"));
    // The run before left no ledger behind: it is asked by tag.
    world.run(&path, |run| run.queue_sync(testkit::now())).await;
    world.begin(&path).await;
    let plan = plan(&world, &path, "").await;
    assert_eq!(names(&plan, "update"), pairs(&[("/app/OTHER", Some("OTHER"))]));
    assert!(plan["update"][0]["reason"].as_str().unwrap().starts_with("Different there: value"), "{plan}");
    assert_eq!(names(&plan, "delete"), pairs(&[("/app/GONE", None)]));
    assert_eq!(names(&plan, "leave"), pairs(&[("/app/SAME", None)]));
    assert_eq!(names(&plan, "conflict"), pairs(&[("/app/FOREIGN", Some("FOREIGN"))]));
    assert_eq!((&plan["create"], &plan["adopt"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn without_deletion_what_nobody_wants_is_left() {
    let world = World::new().await;
    let path = parameters(&world, |body| body["syncOptions"]["disableSecretDeletion"] = json!(true)).await;
    world.account.put_parameter("/app/GONE", ours(&path, "canary"));
    let plan = plan(&world, &path, "").await;
    assert_eq!(plan["delete"], json!([]));
    assert_eq!(names(&plan, "leave"), pairs(&[("/app/GONE", None)]));
    assert!(plan["leave"][0]["reason"].as_str().unwrap().contains("disableSecretDeletion"));
}

#[tokio::test]
async fn the_plan_says_whether_the_guard_would_stop_the_run() {
    let world = World::new().await;
    let path = parameters(&world, |_| {}).await;
    for n in 0..11 {
        world.account.put_parameter(&format!("/app/K{n}"), ours(&path, "canary"));
    }
    let stopped = plan(&world, &path, "").await;
    assert_eq!(stopped["deletionGuard"]["stops"], true);
    assert!(stopped["deletionGuard"]["message"].as_str().unwrap().contains("11 of the 11"), "{stopped}");
    assert_eq!(stopped["delete"].as_array().unwrap().len(), 11, "what it would delete is told all the same");
    let allowed = plan(&world, &path, "?allowDeletions=true").await;
    assert_eq!(allowed["deletionGuard"], json!({ "stops": false, "message": null }));
    let off = json!({ "syncOptions": { "initialSyncBehavior": "overwrite-destination", "disableDeletionGuard": true } });
    world.ok("PATCH", &path, Some(off)).await;
    assert_eq!(plan(&world, &path, "").await["deletionGuard"]["stops"], false);
}

#[tokio::test]
async fn an_import_before_the_first_sync_is_part_of_its_plan() {
    let world = World::new().await;
    for (behavior, update, adopt_reason) in [
        ("import-prioritize-source", json!([]), "Different there: value"),
        ("import-prioritize-destination", json!(["BOTH"]), "It belongs to no sync"),
    ] {
        let path = parameters(&world, |body| {
            body["name"] = json!(behavior);
            body["syncOptions"]["initialSyncBehavior"] = json!(behavior);
        })
        .await;
        world.put("/", &[("BOTH", "canary-1"), ("HERE", "canary-2")]).await;
        world.account.put_parameter("/app/BOTH", Parameter::of("canary-there"));
        world.account.put_parameter("/app/THERE", Parameter::of("canary-3"));
        let plan = plan(&world, &path, "").await;
        assert_eq!(
            (&plan["import"]["create"], &plan["import"]["update"]),
            (&json!(["THERE"]), &update),
            "{behavior}"
        );
        assert_eq!(
            names(&plan, "adopt"),
            pairs(&[("/app/BOTH", Some("BOTH")), ("/app/THERE", Some("THERE"))])
        );
        assert!(plan["adopt"][0]["reason"].as_str().unwrap().contains(adopt_reason), "{behavior} {plan}");
        assert_eq!(names(&plan, "create"), pairs(&[("/app/HERE", Some("HERE"))]));
        world.ok("DELETE", &path, None).await;
    }
}

/// As a run decides it: the key fails, and the others are taken over.
#[tokio::test]
async fn what_an_import_would_not_take_over_is_a_conflict_of_the_plan() {
    let world = World::new().await;
    let path = parameters(&world, |body| {
        body["syncOptions"]["initialSyncBehavior"] = json!("import-prioritize-destination");
    })
    .await;
    world.put_rotated("ROTATED", "canary-1").await;
    world.account.put_parameter("/app/ROTATED", Parameter::of("canary-there"));
    world.account.put_parameter("/app/REFERENCE", Parameter::of("${canary}"));
    world.account.put_parameter("/app/PLAIN", Parameter::of("canary-2"));
    let plan = plan(&world, &path, "").await;
    let conflicts: Vec<&Value> =
        plan["import"]["conflict"].as_array().unwrap().iter().map(|entry| &entry["secretKey"]).collect();
    assert_eq!(conflicts, ["REFERENCE", "ROTATED"]);
    assert_eq!((&plan["import"]["create"], &plan["import"]["update"]), (&json!(["PLAIN"]), &json!([])));
    assert!(names(&plan, "create").is_empty() && names(&plan, "conflict").is_empty(), "{plan}");
}

/// A tag that somebody copied is no reason to delete, and is told otherwise than a sync that never deletes.
#[tokio::test]
async fn what_carries_a_copied_tag_is_left_and_told_as_such() {
    let world = World::new().await;
    let path = parameters(&world, |_| {}).await;
    synced(&world, &path).await;
    world.account.put_parameter("/app/COPY", ours(&path, "canary"));
    world.run(&path, |run| SecretSyncRun { sync: JobState::default(), ..run.clone() }).await;
    let plan = plan(&world, &path, "").await;
    assert_eq!(names(&plan, "leave"), pairs(&[("/app/COPY", None)]));
    let reason = plan["leave"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("tag alone") && !reason.contains("disableSecretDeletion"), "{reason}");
}

#[tokio::test]
async fn secrets_manager_is_compared_one_to_one_and_as_one_document() {
    let world = World::new().await;
    world.put("/", &[("A", "canary-1"), ("B", "canary-2")]).await;
    let one = world.sync("one").await;
    let [managed, owner] = ownership::tags(id(&one));
    let ours =
        |value: &str| Secret::of(value).tagged(&managed.key, &managed.value).tagged(&owner.key, &owner.value);
    world.account.put_secret("A", ours("canary-1"));
    world.account.put_secret("GONE", ours("canary-3"));
    world.account.put_secret("FOREIGN", Secret::of("canary-4"));
    let each = plan(&world, &one, "").await;
    assert_eq!(names(&each, "create"), pairs(&[("B", Some("B"))]));
    assert_eq!(names(&each, "delete"), pairs(&[("GONE", None)]));
    assert_eq!(names(&each, "leave"), pairs(&[("A", None)]));

    let mut body = world.secrets_manager("many");
    body["destinationConfig"] =
        json!({ "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "all" });
    let made = world.ok("POST", &format!("/{SECRETS}"), Some(body)).await;
    let many = format!("/{SECRETS}/{}", text(&made, "id"));
    let document = plan(&world, &many, "").await;
    assert_eq!(names(&document, "create"), pairs(&[("all", None)]));
}

#[tokio::test]
async fn the_session_of_a_plan_may_read_the_sync_s_own_names_and_nothing_else() {
    let world = World::new().await;
    let path = parameters(&world, |_| {}).await;
    world.put("/", &[("A", "canary")]).await;
    plan(&world, &path, "").await;
    let [assumed] = assumptions(&world.calls).try_into().unwrap();
    assert_eq!(assumed.parameter("ExternalId"), Some(world.project.to_string()));
    let policy = assumed.parameter("Policy").unwrap();
    for verb in ["Put", "Delete", "AddTags", "RemoveTags", "Encrypt", "GenerateDataKey", "\"*:*\""] {
        assert!(!policy.contains(verb), "{verb} {policy}");
    }
    assert!(policy.contains("parameter/app/*"), "{policy}");
    // And a second plan opens nothing anew.
    plan(&world, &path, "").await;
    assert_eq!(assumptions(&world.calls).len(), 1);
}

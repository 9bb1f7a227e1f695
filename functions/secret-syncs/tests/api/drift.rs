//! What the last look at the destination found.

use std::time::Duration;

use model::secret_sync::{Difference, DriftReport, DriftedName};
use serde_json::{Value, json};
use store::{Bookkeeping, Change};

use crate::world::{World, id};

#[tokio::test]
async fn the_last_report_is_shown_and_before_it_nothing() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let ask = async || {
        let (status, answer) = world.by(world.viewer, "GET", &format!("{path}/drift"), None).await;
        assert_eq!(status, 200, "{answer}");
        answer["drift"].clone()
    };
    let due = testkit::later(24 * 3_600);
    assert_eq!(
        ask().await,
        json!({
            "checkIntervalHours": 24, "nextCheckAt": due, "checkedAt": null, "failure": null, "compared": null,
            "differing": null, "secrets": []
        })
    );
    let read = world.store.secret_sync_drift(id(&path)).await.unwrap().unwrap();
    let taken = read.claim(due, "w", Duration::from_secs(60)).unwrap();
    let drifted = |name: &str, key: Option<&str>, difference| DriftedName {
        name: name.into(),
        secret_key: key.map(str::to_owned),
        difference,
    };
    let report = DriftReport {
        checked_at: due,
        failure: None,
        compared: 7,
        differing: 2,
        drifted: vec![
            drifted("app/A", Some("A"), Difference::Value),
            drifted("app", None, Difference::Missing),
        ],
    };
    let next = taken.finish("w", due, report).unwrap();
    let change = Change::new(due).replace(&read, &next);
    world.store.keep_count(Bookkeeping(change)).await.unwrap();
    let shown = ask().await;
    assert_eq!(
        (&shown["checkedAt"], &shown["compared"], &shown["differing"]),
        (&json!(due), &json!(7), &json!(2))
    );
    assert_eq!(
        shown["secrets"],
        json!([
            { "name": "app/A", "secretKey": "A", "difference": "value" },
            { "name": "app", "secretKey": null, "difference": "missing" }
        ])
    );
    assert_eq!(shown["failure"], Value::Null);
    // Of another place nothing is known.
    world.ok("PATCH", &path, Some(json!({ "description": "still here" }))).await;
    assert_eq!(ask().await["compared"], 7);
    let config = json!({ "region": "eu-west-1", "mappingBehavior": "one-to-one" });
    world.ok("PATCH", &path, Some(json!({ "destinationConfig": config }))).await;
    assert_eq!((&ask().await["compared"], &ask().await["secrets"]), (&Value::Null, &json!([])));
}

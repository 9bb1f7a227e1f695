//! What clients send.

use serde_json::{Value, json};

use super::*;
use crate::form;
use crate::form::Read;
use crate::key_rotation::body::{Create, RotateNow, TakeOver, Update};

fn terraforms() -> Value {
    json!({
        "name": "iam", "projectId": "7ffbb072-2575-495a-b5b0-127f88caef78", "description": "",
        "connectionId": "0d8fd0a5-8f3b-4a0a-9b0a-6a4a1c1f3c11", "environment": "dev", "secretPath": "/",
        "isAutoRotationEnabled": true, "rotationInterval": 30, "rotateAtUtc": { "hours": 0, "minutes": 0 },
        "parameters": { "userName": "svc", "region": "us-east-1" },
        "secretsMapping": { "accessKeyId": "AWS_ACCESS_KEY_ID", "secretAccessKey": "AWS_SECRET_ACCESS_KEY" },
    })
}

fn read(body: &Value) -> Result<Create, form::Issues> {
    form::read(body, Create::read)
}

fn with(name: &str, value: Value) -> Value {
    let mut body = terraforms();
    body[name] = value;
    body
}

#[test]
fn what_terraform_sends_is_read_and_what_is_absent_has_its_default() {
    let create = read(&terraforms()).unwrap();
    assert_eq!((create.name.as_str(), create.description.as_deref()), ("iam", Some("")));
    assert_eq!(create.schedule, rotation().schedule);
    assert_eq!(create.parameters.region.unwrap().to_string(), "us-east-1");
    assert_eq!(
        (create.timings, create.take_over, create.revoke_on_delete),
        (Timings::default(), TakeOver::Nothing, false)
    );

    let mut least = terraforms();
    for name in ["description", "isAutoRotationEnabled", "rotateAtUtc"] {
        least.as_object_mut().unwrap().remove(name);
    }
    least["parameters"] = json!({ "userName": " svc " });
    least["rotationInterval"] = json!("7");
    let create = read(&least).unwrap();
    assert_eq!((create.parameters.user_name.as_str(), create.parameters.region), ("svc", None));
    assert!(create.schedule.is_auto_rotation_enabled);
    assert_eq!((create.schedule.interval_days, create.schedule.rotate_at_utc), (7, UtcTime::default()));
}

#[test]
fn our_own_fields_are_read() {
    let mut body = terraforms();
    body["timings"] = json!({ "overlapHours": 48, "quietHours": 0, "graceHours": null });
    body["revokeOnDelete"] = json!(true);
    body["takeOverExistingKeys"] = json!([key('x').as_str()]);
    let create = read(&body).unwrap();
    let timings = Timings { overlap_hours: Some(48), quiet_hours: Some(0), grace_hours: None };
    assert_eq!((create.timings, create.revoke_on_delete), (timings, true));
    assert_eq!(create.take_over, TakeOver::These(vec![key('x')]));
    assert_eq!(read(&with("takeOverExistingKeys", json!(true))).unwrap().take_over, TakeOver::All);
}

#[test]
fn every_broken_rule_is_told() {
    for (name, value, path) in [
        ("name", json!("Not A Slug"), "name"),
        ("name", json!("x".repeat(65)), "name"),
        ("description", json!("x".repeat(257)), "description"),
        ("rotationInterval", json!(0), "rotationInterval"),
        ("rotationInterval", json!("0"), "rotationInterval"),
        ("rotationInterval", json!("often"), "rotationInterval"),
        ("rotationInterval", json!(1.5), "rotationInterval"),
        ("rotationInterval", json!(3_651), "rotationInterval"),
        ("rotateAtUtc", json!({ "hours": 24, "minutes": 0 }), "hours"),
        ("rotateAtUtc", json!({ "hours": 0, "minutes": 60 }), "minutes"),
        ("rotateAtUtc", json!({ "hours": 0 }), "minutes"),
        ("parameters", json!({ "userName": "" }), "userName"),
        ("parameters", json!({ "userName": "a/../*" }), "userName"),
        ("parameters", json!({ "userName": "svc", "region": "nowhere" }), "region"),
        ("secretsMapping", json!({ "accessKeyId": "A" }), "secretAccessKey"),
        ("secretPath", json!(7), "secretPath"),
        ("timings", json!({ "overlapHours": 0 }), "overlapHours"),
        ("takeOverExistingKeys", json!([]), "takeOverExistingKeys"),
        ("takeOverExistingKeys", json!(["short"]), "takeOverExistingKeys"),
        ("takeOverExistingKeys", json!("AKIA"), "takeOverExistingKeys"),
    ] {
        let body = with(name, value.clone());
        let issues = format!("{:?}", read(&body).unwrap_err());
        assert!(issues.contains(path), "{name} {value}: {issues}");
    }
    let none = format!("{:?}", read(&json!({})).unwrap_err());
    for name in [
        "name",
        "projectId",
        "connectionId",
        "environment",
        "secretPath",
        "rotationInterval",
        "secretsMapping",
    ] {
        assert!(none.contains(name), "{name}");
    }
}

#[test]
fn a_change_changes_what_it_names_and_nothing_else() {
    let read = |body: Value| form::read(&body, Update::read).unwrap().onto(&rotation());
    let unchanged = read(json!({ "connectionId": "ignored", "environment": "ignored", "secretPath": 7 }));
    assert_eq!(KeyRotation { id: rotation().id, ..unchanged.clone() }.schedule, rotation().schedule);
    assert_eq!((unchanged.name, unchanged.description), ("iam".to_owned(), None));
    let changed = read(json!({
        "name": "other", "description": "x", "isAutoRotationEnabled": false, "rotationInterval": 7,
        "rotateAtUtc": { "hours": 5, "minutes": 6 }, "parameters": { "userName": "svc2" },
        "secretsMapping": { "accessKeyId": "A", "secretAccessKey": "B" }, "revokeOnDelete": true,
    }));
    assert_eq!((changed.name.as_str(), changed.description.as_deref()), ("other", Some("x")));
    let schedule = Schedule {
        is_auto_rotation_enabled: false,
        interval_days: 7,
        rotate_at_utc: UtcTime { hours: 5, minutes: 6 },
    };
    assert_eq!((changed.schedule, changed.parameters.user_name.as_str()), (schedule, "svc2"));
    assert_eq!((changed.secrets_mapping.secret_access_key.as_str(), changed.revoke_on_delete), ("B", true));
    assert_eq!(read(json!({ "description": null })).description, None);
    assert!(form::read(&json!({ "name": null }), Update::read).is_err());
}

#[test]
fn an_empty_request_to_rotate_respects_the_use_of_the_previous_key() {
    let read = |body: Value| form::read(&body, RotateNow::read).unwrap().0;
    assert_eq!(read(json!({})), Wanted::Rotation { trigger: Trigger::Manual, ignores_use: false });
    let forced = json!({ "ignoreUseOfPreviousKey": true });
    assert_eq!(read(forced), Wanted::Rotation { trigger: Trigger::Manual, ignores_use: true });
}

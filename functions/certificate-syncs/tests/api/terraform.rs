//! The requests of Infisical's Terraform provider for `infisical_certificate_sync_aws_certificate_manager` and
//! `infisical_certificate_sync_certificate`, in its order and with its bodies.

use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{ACM, BASE, NOTHING, REGION, World, text, these};

async fn terraform(world: &World, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = event(method, &format!("{BASE}{path}"))
        .header("user-agent", "terraform")
        .identity(world.member, "no-access");
    world
        .send(match body {
            Some(body) => request.body(&body),
            None => request,
        })
        .await
}

async fn ok(world: &World, method: &str, path: &str, body: Option<Value>) -> Value {
    let (status, answer) = terraform(world, method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

/// What the provider sends, stray keys of its own included.
fn body(world: &World, changes: &[(&str, Value)]) -> Value {
    let mut body = json!({
        "name": "acm", "description": "", "isAutoSyncEnabled": true, "connectionId": world.connection,
        "applicationId": world.application, "App": "aws", "ProjectID": "",
        "syncOptions": {
            "canImportCertificates": false, "canRemoveCertificates": true, "includeRootCa": false,
            "preserveArn": true, "certificateNameSchema": "infisical-{{certificateId}}"
        },
        "destinationConfig": { "region": REGION }
    });
    for (key, value) in changes {
        body[key] = value.clone();
    }
    body
}

/// What the provider reads and compares.
fn state(sync: &Value) -> Value {
    json!({
        "id": sync["id"], "name": sync["name"], "description": sync["description"],
        "destination": sync["destination"], "isAutoSyncEnabled": sync["isAutoSyncEnabled"],
        "connectionId": sync["connectionId"], "applicationId": sync["applicationId"],
        "certificateNameSchema": sync["syncOptions"]["certificateNameSchema"],
        "canRemoveCertificates": sync["syncOptions"]["canRemoveCertificates"],
        "includeRootCa": sync["syncOptions"]["includeRootCa"],
        "preserveArn": sync["syncOptions"]["preserveArn"],
        "region": sync["destinationConfig"]["region"],
    })
}

#[tokio::test]
async fn a_sync_and_its_certificate_live_as_terraform_says() {
    let world = World::new().await;
    // create, and the refresh that follows
    let made = ok(&world, "POST", ACM, Some(body(&world, &[]))).await;
    let sync = text(&made, "id");
    assert_eq!(
        state(&made),
        json!({
            "id": sync, "name": "acm", "description": "", "destination": "aws-certificate-manager",
            "isAutoSyncEnabled": true, "connectionId": world.connection, "applicationId": world.application,
            "certificateNameSchema": "infisical-{{certificateId}}", "canRemoveCertificates": true,
            "includeRootCa": false, "preserveArn": true, "region": REGION
        })
    );
    let read = ok(&world, "GET", &format!("/{sync}"), None).await;
    assert_eq!(state(&read), state(&made));
    // update: everything again, and isAutoSyncEnabled even when it is false
    let changes =
        [("name", json!("other")), ("description", json!("d")), ("isAutoSyncEnabled", json!(false))];
    let changed = ok(&world, "PATCH", &format!("{ACM}/{sync}"), Some(body(&world, &changes))).await;
    assert_eq!(
        (&changed["name"], &changed["description"], &changed["isAutoSyncEnabled"]),
        (&json!("other"), &json!("d"), &json!(false))
    );
    assert_eq!(state(&ok(&world, "GET", &format!("/{sync}"), None).await), state(&changed));
    // the attachment: create echoes it
    let id = world.certificate().await;
    let path = format!("/{sync}/certificates");
    let added = ok(&world, "POST", &path, Some(these(&[id]))).await;
    let echo = &added["addedCertificates"][0];
    assert_eq!((&echo["pkiSyncId"], &echo["certificateId"]), (&json!(sync), &json!(id)));
    // again, as when the state was lost: nothing is echoed, so it is looked for in the pages
    assert_eq!(ok(&world, "POST", &path, Some(these(&[id]))).await, json!({ "addedCertificates": [] }));
    let page = ok(&world, "GET", &format!("{path}?offset=0&limit=100"), None).await;
    assert_eq!(page["totalCount"], 1);
    assert_eq!(page["certificates"][0]["id"], echo["id"]);
    // a renewal: the new id stands in the list, and the old attachment is dropped from the state
    let renewed = world.renew(id).await;
    let page = ok(&world, "GET", &format!("{path}?offset=0&limit=100"), None).await;
    assert_eq!(
        (&page["certificates"][0]["certificateId"], &page["totalCount"]),
        (&json!(renewed), &json!(1))
    );
    let (status, answer) = terraform(&world, "POST", &path, Some(these(&[id]))).await;
    assert_eq!(status, 400, "the newest one is named: {answer}");
    assert!(answer["message"].as_str().unwrap().contains(&renewed.to_string()), "{answer}");
    assert_eq!(ok(&world, "POST", &path, Some(these(&[renewed]))).await, json!({ "addedCertificates": [] }));
    // delete of the attachment, twice; then of the sync
    assert_eq!(ok(&world, "DELETE", &path, Some(these(&[renewed]))).await, json!({ "removedCount": 1 }));
    assert_eq!(ok(&world, "DELETE", &path, Some(these(&[renewed]))).await, json!({ "removedCount": 0 }));
    let gone = ok(&world, "DELETE", &format!("{ACM}/{sync}"), None).await;
    assert_eq!(gone["id"], json!(sync));
    // what is gone is dropped from the state
    for (method, path, body) in [
        ("GET", format!("/{sync}"), None),
        ("GET", path.clone(), None),
        ("DELETE", path.clone(), Some(these(&[renewed]))),
        ("GET", format!("/{NOTHING}"), None),
    ] {
        assert_eq!(terraform(&world, method, &path, body).await.0, 404, "{method} {path}");
    }
}

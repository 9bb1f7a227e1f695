use serde_json::json;

use super::house::{House, import};

#[tokio::test]
async fn days_turn_renewal_on_and_a_word_turns_it_off() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let path = format!("/{}/config", made.id);
    for (body, renews, days) in [
        (json!({ "renewBeforeDays": 20 }), true, json!(20)),
        (json!({ "enableAutoRenewal": true }), true, json!(20)),
        (json!({ "enableAutoRenewal": true, "renewBeforeDays": 5 }), true, json!(5)),
        (json!({ "enableAutoRenewal": false }), false, json!(null)),
        (json!({ "enableAutoRenewal": true, "renewBeforeDays": null }), true, json!(null)),
    ] {
        let answer = house.ok("PATCH", &path, Some(body.clone())).await;
        assert_eq!(
            (&answer["enableAutoRenewal"], &answer["renewBeforeDays"]),
            (&json!(renews), &days),
            "{body}"
        );
        let shown = house.ok("GET", &format!("/{}", made.id), None).await["certificate"].clone();
        assert_eq!(
            (&shown["enableAutoRenewal"], &shown["renewBeforeDays"]),
            (&json!(renews), &days),
            "{body}"
        );
        // From then on the worker finds it, or not.
        assert_eq!(shown["renewAt"].is_string(), renews, "{shown}");
    }
    assert_eq!(house.audited("certificate.configure").await, 5);
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let path = format!("/{}/config", made.id);
    for body in [
        json!({}),
        json!({ "renewBeforeDays": 0 }),
        json!({ "renewBeforeDays": 31 }),
        json!({ "renewBeforeDays": "5" }),
        json!({ "enableAutoRenewal": false, "renewBeforeDays": 5 }),
    ] {
        assert_eq!(house.refused("PATCH", &path, Some(body.clone())).await.0, 422, "{body}");
    }
    let short = house.issued_with("short.example.com", |its| {
        its.facts.not_after = its.facts.not_before.plus(super::house::DAY * 7);
    });
    let path = format!("/{}/config", short.await.id);
    let (status, message) = house.refused("PATCH", &path, Some(json!({ "renewBeforeDays": 7 }))).await;
    assert_eq!(status, 400);
    assert_eq!(message, "The certificate holds for 7 days only: it cannot be renewed 7 days before its end");
    house.ok("PATCH", &path, Some(json!({ "renewBeforeDays": 6 }))).await;

    let theirs = house.theirs("their.example.com").await;
    let id =
        house.ok("POST", "/import-certificate", Some(import(&house, &theirs))).await["certificateId"].clone();
    let path = format!("/{}/config", id.as_str().unwrap());
    let (status, message) = house.refused("PATCH", &path, Some(json!({ "enableAutoRenewal": true }))).await;
    assert_eq!(status, 400);
    assert!(message.contains("imported"), "{message}");
    // To say that it is not renewed is true of it.
    house.ok("PATCH", &path, Some(json!({ "enableAutoRenewal": false }))).await;
}

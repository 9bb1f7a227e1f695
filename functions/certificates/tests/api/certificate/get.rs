use serde_json::json;

use super::house::{House, tells};

#[tokio::test]
async fn a_certificate_is_shown_with_what_it_says_and_where_it_came_from() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let shown = house.ok("GET", &format!("/{}", made.id), None).await["certificate"].clone();
    let facts = house.stored(made.id).await.facts;
    for (field, value) in [
        ("id", json!(made.id)),
        ("projectId", json!(house.project)),
        ("caId", json!(house.private_ca)),
        ("caName", json!("inner")),
        ("caType", json!("aws-pca")),
        ("status", json!("active")),
        ("commonName", json!("www.example.com")),
        ("altNames", json!("www.example.com,192.0.2.7")),
        ("serialNumber", json!(facts.serial_number)),
        ("notAfter", json!("2026-04-02T03:04:00.000Z")),
        ("keyAlgorithm", json!("EC_prime256v1")),
        ("keyUsages", json!(["digital_signature"])),
        ("extendedKeyUsages", json!(["server_auth"])),
        ("subjectOrganization", json!("Example")),
        ("hasPrivateKey", json!(true)),
        ("certificate", json!(made.pem)),
        ("certificateChain", json!(made.chain)),
    ] {
        assert_eq!(shown[field], value, "{field} of {shown}");
    }
    assert!(!tells(&shown.to_string(), &made.key));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_is_no_id_is_refused() {
    let house = House::new().await;
    let (status, message) = house.refused("GET", "/00000000-0000-4000-8000-000000000000", None).await;
    assert_eq!(status, 404);
    assert_eq!(message, "Could not find certificate with ID \"00000000-0000-4000-8000-000000000000\"");
    assert_eq!(house.refused("GET", "/www.example.com", None).await.0, 422);
}

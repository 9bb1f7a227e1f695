#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;

fn secret(kind: SecretKind) -> Secret {
    Secret {
        id: "11111111-1111-4111-8111-111111111111".parse().unwrap(),
        project_id: "22222222-2222-4222-8222-222222222222".parse().unwrap(),
        environment_id: "33333333-3333-4333-8333-333333333333".parse().unwrap(),
        folder_id: "44444444-4444-4444-8444-444444444444".parse().unwrap(),
        name: "KEY".parse().unwrap(),
        kind,
        value: "sealed".into(),
        comment: None,
        metadata: Vec::new(),
        tags: Vec::new(),
        reminder_note: None,
        reminder_repeat_days: None,
        skip_multiline_encoding: false,
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "ci".into() },
        rotation_id: None,
    }
}

#[test]
fn the_stored_form_keeps_its_attribute_names() {
    let owner = Owner { kind: ActorKind::User, id: "ada@example.com".into() };
    let stored = json!({
        "id": "11111111-1111-4111-8111-111111111111",
        "project_id": "22222222-2222-4222-8222-222222222222",
        "environment_id": "33333333-3333-4333-8333-333333333333",
        "folder_id": "44444444-4444-4444-8444-444444444444",
        "name": "KEY", "type": "personal", "owner_kind": serde_json::to_value(ActorKind::User).unwrap(),
        "owner_id": "ada@example.com", "value": "sealed", "skip_multiline_encoding": false,
        "actor": { "kind": "identity", "id": "i", "name": "ci" }
    });
    assert_eq!(serde_json::to_value(secret(SecretKind::Personal(owner))).unwrap(), stored);
}

#[test]
fn secrets_and_their_versions_read_back_from_their_stored_form() {
    let owner = Owner { kind: ActorKind::User, id: "ada@example.com".into() };
    for kind in [SecretKind::Shared, SecretKind::Personal(owner)] {
        let secret = Secret {
            comment: Some("sealed".into()),
            metadata: vec![SecretMetadata { key: "team".into(), value: "a".into(), is_encrypted: false }],
            tags: vec![TagId::random()],
            reminder_note: Some(String::new()),
            reminder_repeat_days: Some(0),
            rotation_id: Some(KeyRotationId::random()),
            ..secret(kind)
        };
        let stored = serde_json::to_value(&secret).unwrap();
        assert_eq!(serde_json::from_value::<Secret>(stored).unwrap(), secret);
        let version =
            SecretVersion { number: 3, written_at: Timestamp::from_unix_seconds(1_767_323_045), secret };
        let stored = serde_json::to_value(&version).unwrap();
        assert_eq!(serde_json::from_value::<SecretVersion>(stored).unwrap(), version);
    }
}

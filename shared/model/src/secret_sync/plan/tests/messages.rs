//! `lastSyncMessage`.

use super::*;

fn failure(key: &str, rule: Rule) -> Failure {
    Failure { key: Some(key.into()), name: key.into(), rule }
}

fn read(failures: &[Failure]) -> (String, String) {
    let text = message(failures).unwrap();
    assert!(text.len() <= MESSAGE_BYTES, "{}", text.len());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    (value["secretKey"].as_str().unwrap().to_owned(), value["error"].as_str().unwrap().to_owned())
}

#[test]
fn one_key_is_named_with_its_rule_and_several_by_their_rules() {
    assert_eq!(message(&[]), None);
    let (key, error) = read(&[failure("A", Rule::SlashInKey)]);
    assert_eq!((key.as_str(), error), ("A", Rule::SlashInKey.to_string()));
    let (key, error) =
        read(&[failure("A", Rule::SlashInKey), failure("B", Rule::Binary), failure("C", Rule::SlashInKey)]);
    assert_eq!(key, "A");
    assert_eq!(error, format!("3 keys could not be synced. A, C: {}; B: {}", Rule::SlashInKey, Rule::Binary));
}

#[test]
fn what_another_sync_owns_is_told_with_the_mend_also_when_that_sync_is_gone() {
    let id = crate::id::SecretSyncId::random();
    let told = Rule::OwnedByAnother(Some(id)).to_string();
    assert!(told.contains(&id.to_string()) && told.contains("no such sync any more"), "{told}");
    for told in [told, Rule::OwnedByAnother(None).to_string(), Rule::OwnedByNobody.to_string()] {
        assert!(told.contains(crate::secret_sync::ownership::SECRET_SYNC), "{told}");
        // The tag alone hands nothing over ([`Rule::TagAlone`]), and without the tag it is nobody's.
        assert!(told.contains("give it the key's value") && !told.contains("remove the tag"), "{told}");
    }
}

#[test]
fn keys_are_named_as_far_as_they_fit_and_the_rest_counted() {
    let many = |count: usize| -> Vec<Failure> {
        (0..count)
            .map(|n| failure(&format!("KEY_{n:04}"), Rule::Aws(format!("{n} {}", "ä\"".repeat(200)))))
            .collect()
    };
    let (_, error) = read(&many(12));
    for n in 0..12 {
        assert!(error.contains(&format!("KEY_{n:04}")), "{error}");
    }
    let (_, error) = read(&many(1_000));
    assert!(error.starts_with("1000 keys could not be synced. KEY_0000: 0 ä"), "{error}");
    let named = error.matches("KEY_").count();
    assert!(named > 5 && error.ends_with(&format!("; and {} more", 1_000 - named)), "{named} {error}");
    let same: Vec<Failure> = (0..80).map(|n| failure(&format!("KEY_{n:03}"), Rule::SlashInKey)).collect();
    let (_, error) = read(&same);
    assert_eq!(error.matches("KEY_").count(), 80, "a rule is told once: {error}");
}

#[test]
fn the_longest_keys_still_fit() {
    let (key, error) = read(&[failure(&"\"".repeat(2_000), Rule::Aws("x".repeat(5_000)))]);
    assert!(key.ends_with('…') && error.contains("could not be synced"), "{key} {error}");
}

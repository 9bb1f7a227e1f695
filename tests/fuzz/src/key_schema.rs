//! Key schemas: what is rendered reads back as the same key, and never as another.

use model::secret_sync::{Destination, KeySchema};

/// An input is up to four lines: the schema, the environment's slug, a key, and a name that stands at the destination.
pub fn key_schema(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (schema, environment, key, name) = (line(), line(), line(), line());
    let Ok(parsed) = KeySchema::parse(schema) else { return };
    assert_eq!(parsed.as_str(), schema);
    let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if environment.is_empty() || environment.len() > 64 || !environment.chars().all(slug) {
        return;
    }
    let around = parsed.affixes(environment);
    // AWS takes these in names; a brace that was left over would fail every key of the sync.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
    assert!(around.prefix.chars().chain(around.suffix.chars()).all(plain), "{schema:?} leaves {around:?}");

    if !key.is_empty() {
        let rendered = around.render(key);
        assert_eq!(around.strip(&rendered), Some(key), "{schema:?}");
        assert_eq!(rendered.len(), around.prefix.len() + key.len() + around.suffix.len());
    }
    match around.strip(name) {
        // A name belongs to one key: the one that renders to it.
        Some(found) => {
            assert_eq!((around.render(found).as_str(), found.is_empty()), (name, false), "{schema:?}")
        }
        None => assert!(key.is_empty() || around.render(key) != name, "{schema:?}"),
    }
    assert_eq!(around.matches(name), around.strip(name).is_some());

    assert_eq!(parsed.fits(Destination::AwsSecretsManager), Ok(()));
    if parsed.fits(Destination::AwsParameterStore).is_ok() && !key.contains('/') && !key.is_empty() {
        let rendered = around.render(key);
        assert!(!rendered.starts_with('/'), "a parameter's path ends in the slash: {schema:?}");
        assert_eq!(
            rendered.rsplit('/').next(),
            Some(&rendered[around.prefix.rfind('/').map_or(0, |at| at + 1)..])
        );
    }
}

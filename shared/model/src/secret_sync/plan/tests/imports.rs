//! Imports.

use super::world::Thing;
use super::*;
use crate::id::KeyRotationId;
use crate::secret_sync::ImportBehavior::{self, PrioritizeDestination, PrioritizeSource};

fn imported(case: &Case, world: &World, behavior: ImportBehavior, own: &[(&str, &str)]) -> import::Import {
    let own: Vec<_> = own.iter().map(|(key, value)| (*key, *value, None)).collect();
    imported_beside(case, world, behavior, &own)
}

/// The same into a folder with secrets that a key rotation may write.
fn imported_beside(
    case: &Case,
    world: &World,
    behavior: ImportBehavior,
    own: &[(&str, &str, Option<KeyRotationId>)],
) -> import::Import {
    let mine = |(key, value, rotation): &(&str, &str, Option<KeyRotationId>)| {
        ((*key).to_owned(), import::Own { value: SecretString::from(*value), rotation: *rotation })
    };
    let own = own.iter().map(mine).collect();
    let names: Vec<String> = world.things.keys().cloned().collect();
    import::plan(&case.place(), behavior, &own, &world.found(case, &names))
}

fn pairs(of: &[(String, SecretString)]) -> Vec<String> {
    of.iter().map(|(key, value)| format!("{key}={}", value.expose_secret())).collect()
}

#[test]
fn new_keys_come_over_and_the_priority_decides_the_others() {
    let case =
        Case { affixes: Affixes { prefix: "app-".into(), suffix: "-dev".into() }, ..Case::of("one-to-one") };
    let world = World::with(&[
        ("app-NEW-dev", Thing::of("n")),
        ("app-BOTH-dev", Thing::of("theirs")),
        ("app-SAME-dev", Thing::of("same")),
        ("app-EMPTY-dev", Thing::of("")),
        ("app-a/b-dev", Thing::of("x")),
        ("app-BYTES-dev", Thing { value: None, ..Thing::of("") }),
        ("app-GONE-dev", Thing { deleted: true, ..Thing::of("x") }),
        ("other", Thing::of("not of this form")),
    ]);
    let own = [("BOTH", "ours"), ("SAME", "same"), ("EMPTY", "ours")];
    let theirs = imported(&case, &world, PrioritizeDestination, &own);
    assert_eq!(pairs(&theirs.creates), ["NEW=n"]);
    assert_eq!(pairs(&theirs.updates), ["BOTH=theirs"]);
    assert_eq!(theirs.left, ["EMPTY", "SAME"]);
    let failed: Vec<String> =
        theirs.failures.iter().map(|f| format!("{}: {}", f.subject(), f.rule)).collect();
    assert_eq!(
        failed,
        [
            "BYTES: its value is binary, and secrets here are text",
            "a/b: it cannot be the name of a secret here: Secret name must not contain ':' or '/'"
        ]
    );
    let ours = imported(&case, &world, PrioritizeSource, &own);
    assert_eq!((pairs(&ours.creates), ours.updates.len(), ours.left.len()), (vec!["NEW=n".to_owned()], 0, 3));
}

fn told(import: &import::Import) -> Vec<String> {
    import.failures.iter().map(|failure| format!("{}: {}", failure.subject(), failure.rule)).collect()
}

#[test]
fn what_would_be_a_reference_here_is_left_there_and_fails_alone() {
    for (case, name) in [(Case::of("/app/"), "/app/"), (Case::of("one-to-one"), "")] {
        let there = |key: &str, value| (format!("{name}{key}"), Thing::of(value));
        let things = [
            there("URL", "postgres://${USER}@db"),
            there("FAR", "${prod.db.PASSWORD}"),
            there("TEXT", "${HOME:-x} $USER ${a b}"),
            there("USER", "app"),
            there("SAME", "${USER}"),
            there("BOTH", "${USER}"),
        ];
        let named: Vec<(&str, Thing)> =
            things.iter().map(|(name, thing)| (name.as_str(), thing.clone())).collect();
        let own = [("SAME", "${USER}"), ("BOTH", "ours")];
        let import = imported(&case, &World::with(&named), PrioritizeDestination, &own);
        assert_eq!(pairs(&import.creates), ["TEXT=${HOME:-x} $USER ${a b}", "USER=app"]);
        assert_eq!((pairs(&import.updates), import.left), (Vec::new(), vec!["SAME".to_owned()]));
        let failed: Vec<&str> = import.failures.iter().map(Failure::subject).collect();
        assert_eq!(failed, ["BOTH", "FAR", "URL"]);
        assert!(import.failures.iter().all(|failure| failure.rule == Rule::ImportReference));
        assert!(!Rule::ImportReference.to_string().contains("USER"));
        let ours = imported(&case, &World::with(&named), PrioritizeSource, &own);
        assert_eq!(ours.left, ["BOTH", "SAME"], "what is not taken over needs no rule");
    }
}

#[test]
fn what_a_rotation_writes_is_not_taken_over_where_the_destination_wins() {
    let (case, rotation) = (Case::of("one-to-one"), KeyRotationId::random());
    let world = World::with(&[("A", Thing::of("theirs")), ("SAME", Thing::of("same"))]);
    let own = [("A", "ours", Some(rotation)), ("SAME", "same", Some(rotation))];
    let theirs = imported_beside(&case, &world, PrioritizeDestination, &own);
    assert_eq!(told(&theirs), [format!("A: {}", Rule::ImportRotated(rotation))]);
    assert_eq!((pairs(&theirs.updates), theirs.left), (Vec::new(), vec!["SAME".to_owned()]));
    let ours = imported_beside(&case, &world, PrioritizeSource, &own);
    assert_eq!((told(&ours), ours.left.len()), (Vec::new(), 2));
}

#[test]
fn a_parameters_name_is_stripped_of_its_path() {
    let case = Case::of("/app/");
    let world = World::with(&[("/app/A", Thing::of("1")), ("/app/deep/B", Thing::of("2"))]);
    assert_eq!(pairs(&imported(&case, &world, PrioritizeSource, &[]).creates), ["A=1"]);
}

#[test]
fn a_document_gives_its_keys_and_must_be_an_object() {
    let case = Case::of("many-to-one");
    let world = World::with(&[("all", Thing::of("{\"A\":\"1\",\"N\":5,\"O\":{\"x\":true},\"Z\":null}"))]);
    assert_eq!(
        pairs(&imported(&case, &world, PrioritizeSource, &[]).creates),
        ["A=1", "N=5", "O={\"x\":true}", "Z="]
    );
    for text in ["[1]", "plain", ""] {
        let import = imported(&case, &World::with(&[("all", Thing::of(text))]), PrioritizeSource, &[]);
        assert_eq!(import.failures[0].rule, Rule::ImportNoObject, "{text}");
    }
}

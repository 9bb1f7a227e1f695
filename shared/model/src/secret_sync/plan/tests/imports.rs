//! Imports.

use super::world::Thing;
use super::*;
use crate::secret_sync::ImportBehavior::{self, PrioritizeDestination, PrioritizeSource};

fn imported(case: &Case, world: &World, behavior: ImportBehavior, own: &[(&str, &str)]) -> import::Import {
    let own = own.iter().map(|(key, value)| ((*key).to_owned(), SecretString::from(*value))).collect();
    let names: Vec<String> = world.things.keys().cloned().collect();
    let is_name = |key: &str| if key.contains('/') { Err("a slash".to_owned()) } else { Ok(()) };
    import::plan(&case.place(), behavior, &own, &world.found(case, &names), is_name)
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
            "a/b: it cannot be the name of a secret here: a slash"
        ]
    );
    let ours = imported(&case, &world, PrioritizeSource, &own);
    assert_eq!((pairs(&ours.creates), ours.updates.len(), ours.left.len()), (vec!["NEW=n".to_owned()], 0, 3));
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

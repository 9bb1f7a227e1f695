//! Many to one.

use super::world::Thing;
use super::*;

fn value(plan: &Plan) -> serde_json::Value {
    serde_json::from_str(plan.steps[0].write().unwrap().value.expose_secret()).unwrap()
}

fn doc(case: &Case, text: &str) -> World {
    World::with(&[("all", Thing::of(text).owned_by(case.sync))])
}

#[test]
fn all_keys_are_one_object_and_equal_objects_are_left() {
    let case = Case::of("many-to-one");
    let keys = [("B", "2"), ("A", "1"), ("with space/and slash", "\"quoted\"")];
    let plan = case.first(&World::default(), &keys);
    assert_eq!(verbs(&plan), ["create all"]);
    assert_eq!(value(&plan), json!({ "A": "1", "B": "2", "with space/and slash": "\"quoted\"" }));
    let same = doc(&case, "{ \"with space/and slash\": \"\\\"quoted\\\"\", \"B\" : \"2\", \"A\": \"1\" }");
    assert_eq!(case.plan(&same, &keys).unchanged, ["all"]);
    assert_eq!(verbs(&case.plan(&doc(&case, "not JSON"), &keys)), ["update all"]);
    assert_eq!(verbs(&case.plan(&doc(&case, "{\"A\":1}"), &keys)), ["update all"]);
}

#[test]
fn what_cannot_be_written_keeps_what_is_there_of_it() {
    let case = Case::of("many-to-one");
    let world = doc(&case, "{\"EMPTY\":\"kept\",\"BROKEN\":\"kept\",\"GONE\":\"x\",\"A\":\"0\"}");
    let mut wanted = case.wanted(&[("A", "1"), ("EMPTY", ""), ("BROKEN", "?")]);
    wanted[2].content = Err("the reference ${NO} cannot be resolved".into());
    let plan = case.run(&world, Run::default(), &wanted);
    assert_eq!(value(&plan), json!({ "A": "1", "EMPTY": "kept", "BROKEN": "kept" }));
    assert_eq!((plan.empty.clone(), rules(&plan).len()), (vec!["EMPTY".to_owned()], 1));
}

#[test]
fn keys_that_go_count_for_the_guard_and_stay_where_deletion_is_off() {
    let mut case = Case::of("many-to-one");
    let full: BTreeMap<String, &str> = (0..20).map(|n| (format!("K{n}"), "v")).collect();
    let world = doc(&case, &serde_json::to_string(&full).unwrap());
    assert_eq!(case.plan(&world, &[("K1", "v")]).guard, Guard::Stops { deletions: 19, owned: 20 });
    assert_eq!(case.first(&world, &[]).guard, Guard::Stops { deletions: 20, owned: 20 });
    case.options.disable_secret_deletion = Some(true);
    let plan = case.plan(&world, &[("K1", "v"), ("NEW", "n")]);
    assert_eq!((plan.kept.len(), value(&plan).as_object().unwrap().len()), (19, 21));
}

#[test]
fn a_document_that_is_too_long_is_refused_whole() {
    let case = Case::of("many-to-one");
    let half = "x".repeat(40_000);
    let plan = case.first(&World::default(), &[("A", &half), ("B", &half)]);
    assert!(plan.is_settled());
    assert_eq!(plan.failures[0].subject(), "all");
    assert!(matches!(plan.failures[0].rule, Rule::DocumentTooLong { bytes: 80_015 }), "{:?}", plan.failures);
}

#[test]
fn an_empty_source_makes_no_secret_and_empties_one_of_ours() {
    let case = Case::of("many-to-one");
    assert!(case.first(&World::default(), &[]).is_settled());
    assert_eq!(value(&case.plan(&doc(&case, "{\"A\":\"1\"}"), &[])), json!({}));
}

#[test]
fn a_secret_of_others_is_a_conflict_of_the_whole() {
    let case = Case::of("many-to-one");
    let theirs = World::with(&[("all", Thing::of("{}"))]);
    assert_eq!(case.plan(&theirs, &[("A", "1")]).failures[0].rule, Rule::OwnedByNobody);
    assert_eq!(verbs(&case.first(&theirs, &[("A", "1")])), ["adopt all"]);
    let unreadable =
        World::with(&[("all", Thing { unreadable: true, ..Thing::of("{}").owned_by(case.sync) })]);
    assert!(matches!(case.plan(&unreadable, &[("A", "1")]).failures[0].rule, Rule::Unreadable(_)));
}

#[test]
fn what_has_to_stay_in_a_document_that_cannot_be_read_stops_its_rewriting() {
    let mut case = Case::of("many-to-one");
    let deleted = Thing { deleted: true, ..Thing::of("{\"EMPTY\":\"x\"}").owned_by(case.sync) };
    let worlds = [
        (doc(&case, "not JSON"), false),
        (doc(&case, "[]"), false),
        (World::with(&[("all", deleted)]), true),
    ];
    for (world, is_deleted) in worlds {
        let lost = Rule::DocumentLost { is_deleted };
        let mut broken = case.wanted(&[("A", "1"), ("BROKEN", "?")]);
        broken[1].content = Err("the reference ${NO} cannot be resolved".into());
        let sound = case.wanted(&[("A", "1")]);
        for (wanted, failures) in [(&case.wanted(&[("A", "1"), ("EMPTY", "")]), 1), (&broken, 2)] {
            let plan = case.run(&world, Run::default(), wanted);
            assert!(plan.is_settled(), "{:?}", verbs(&plan));
            assert_eq!(plan.failures.len(), failures);
            assert!(plan.failures.iter().any(|failure| failure.rule == lost && failure.subject() == "all"));
        }
        assert_eq!(case.run(&world, Run::default(), &sound).steps.len(), 1, "nothing has to stay");
        // Nobody knows what there is to keep.
        case.options.disable_secret_deletion = Some(true);
        assert_eq!(case.run(&world, Run::default(), &sound).failures[0].rule, lost);
        case.options.disable_secret_deletion = None;
    }
    let new = case.first(&World::default(), &[("A", "1"), ("EMPTY", "")]);
    assert_eq!(verbs(&new), ["create all"], "there is nothing to lose");
}

#[test]
fn a_copied_tag_alone_does_not_overwrite_a_document_after_a_run_that_ended_well() {
    let case = Case::of("many-to-one");
    let settled = Run { is_settled: true, ..Run::default() };
    let wanted = case.wanted(&[("A", "1")]);
    let world = doc(&case, "{\"A\":\"theirs\"}");
    let plan = case.run(&world, settled, &wanted);
    assert!(plan.is_settled());
    assert_eq!(plan.failures[0].rule, Rule::TagAlone);
    assert_eq!(verbs(&case.run(&world, Run::default(), &wanted)), ["update all"]);
    let same = case.run(&doc(&case, "{\"A\":\"1\"}"), settled, &wanted);
    assert_eq!((same.relearned.len(), same.failures.len()), (1, 0));
}

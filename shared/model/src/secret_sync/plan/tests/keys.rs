//! Where each key has a name of its own.

use super::world::Thing;
use super::*;

fn other() -> SecretSyncId {
    "22222222-2222-4222-8222-222222222222".parse().unwrap()
}

#[test]
fn a_first_sync_creates_adopts_and_leaves_what_is_equal_and_ours() {
    for place in ["one-to-one", "/app/"] {
        let case = Case::of(place);
        let name = |key: &str| case.config.name_of(&case.affixes, key);
        let mut world = World::with(&[
            (&name("ADOPTED"), Thing::of("theirs")),
            (&name("EQUAL"), Thing::of("same")),
            (&name("OURS"), Thing::of("v").owned_by(case.sync)),
            (&name("FOREIGN"), Thing::of("v").owned_by(other())),
            (&name("BESIDE"), Thing::of("never wanted")),
        ]);
        let keys = [("ADOPTED", "ours"), ("EQUAL", "same"), ("FOREIGN", "x"), ("NEW", "n"), ("OURS", "v")];
        let plan = case.first(&world, &keys);
        assert_eq!(
            verbs(&plan),
            [
                format!("adopt {}", name("ADOPTED")),
                format!("adopt {}", name("EQUAL")),
                format!("create {}", name("NEW"))
            ]
        );
        let equal = plan.steps[1].write().unwrap().changes;
        assert_eq!(equal, Changes { value: false, kms_key: false, tags: true });
        assert_eq!(plan.unchanged, [name("OURS")]);
        assert!(rules(&plan)[0].starts_with("FOREIGN: what is there belongs to the secret sync 22222222"));

        let before = world.things.clone();
        world.carry_out(&plan, usize::MAX);
        for untouched in ["FOREIGN", "BESIDE"] {
            assert_eq!(world.things[&name(untouched)], before[&name(untouched)]);
        }
        assert_eq!(world.things[&name("ADOPTED")].value.as_deref(), Some("ours"));
        let again = case.plan(&world, &keys);
        assert!(again.is_settled() && again.relearned.is_empty(), "{again:?}");
    }
}

#[test]
fn after_the_first_sync_nobodys_things_are_conflicts_with_a_mend() {
    let case = Case::of("one-to-one");
    let world = World::with(&[("A", Thing::of("theirs"))]);
    let plan = case.plan(&world, &[("A", "ours")]);
    assert!(plan.is_settled());
    assert!(rules(&plan)[0].contains("tag it with drawbridge:secret-sync"), "{:?}", rules(&plan));
}

#[test]
fn two_keys_of_one_name_fail_both_and_protect_what_is_there() {
    let case =
        Case { affixes: Affixes { prefix: "a".into(), suffix: String::new() }, ..Case::of("one-to-one") };
    let mut wanted = case.wanted(&[("X", "1"), ("Y", "2")]);
    wanted[1].name = "aX".into();
    let world = World::with(&[("aX", Thing::of("0").owned_by(case.sync))]);
    let plan = case.run(&world, Run::default(), &wanted);
    assert!(plan.is_settled());
    assert_eq!(plan.failures.iter().map(Failure::subject).collect::<Vec<_>>(), ["X", "Y"]);
    assert_eq!(plan.failures[0].rule, Rule::SameName { others: vec!["Y".into()] });
}

#[test]
fn what_is_empty_or_unresolvable_at_the_source_is_neither_written_nor_deleted() {
    let case = Case::of("/app/");
    let ours = Thing::of("v").owned_by(case.sync);
    let world = World::with(&[("/app/E", ours.clone()), ("/app/R", ours.clone()), ("/app/GONE", ours)]);
    let mut wanted = case.wanted(&[("E", ""), ("R", "x")]);
    wanted[1].content = Err("the reference ${NO} cannot be resolved".into());
    let plan = case.run(&world, Run::default(), &wanted);
    assert_eq!(
        (verbs(&plan), plan.empty.clone()),
        (vec!["delete /app/GONE".to_owned()], vec!["E".to_owned()])
    );
    assert_eq!(rules(&plan), ["R: the reference ${NO} cannot be resolved"]);
}

#[test]
fn what_cannot_be_read_there_is_left_alone_and_named() {
    let case = Case::of("one-to-one");
    let thing = Thing { unreadable: true, ..Thing::of("v").owned_by(case.sync) };
    let plan = case.plan(&World::with(&[("A", thing)]), &[("A", "x")]);
    assert!(plan.is_settled());
    assert_eq!(rules(&plan), ["A: what is there could not be read: AccessDenied"]);
}

#[test]
fn bytes_are_overwritten_where_they_are_ours_and_never_adopted() {
    let case = Case::of("one-to-one");
    let bytes = Thing { value: None, ..Thing::of("") };
    let ours = case.plan(&World::with(&[("A", bytes.clone().owned_by(case.sync))]), &[("A", "x")]);
    assert_eq!(verbs(&ours), ["update A"]);
    let theirs = case.first(&World::with(&[("A", bytes)]), &[("A", "x")]);
    assert_eq!(theirs.failures[0].rule, Rule::Binary);
}

#[test]
fn a_parameter_of_another_type_is_a_conflict_whoever_owns_it() {
    let case = Case::of("/p/");
    let wanted = case.wanted(&[("A", "x")]);
    let world = World::with(&[("/p/A", Thing::of("v").owned_by(case.sync))]);
    let mut found = world.found(&case, &names_to_read(&case.place(), &wanted));
    found.items.get_mut("/p/A").unwrap().value = FoundValue::OtherType("String".into());
    let plan = plan(&case.place(), Run::default(), &wanted, &found, &[]);
    assert_eq!(plan.failures[0].rule, Rule::OtherType("String".into()));
    assert!(plan.is_settled());
}

#[test]
fn a_deleted_secret_of_ours_is_restored_and_of_others_is_not() {
    let case = Case::of("one-to-one");
    let deleted = Thing { deleted: true, ..Thing::of("v") };
    let ours = World::with(&[("A", deleted.clone().owned_by(case.sync))]);
    assert_eq!(verbs(&case.plan(&ours, &[("A", "x")])), ["restore A"]);
    let nobodys = World::with(&[("A", deleted.clone())]);
    assert_eq!(verbs(&case.first(&nobodys, &[("A", "x")])), ["restore A"]);
    let later = case.plan(&nobodys, &[("A", "x")]);
    assert_eq!(later.failures[0].rule, Rule::ScheduledForDeletion { at: None });
    let others = World::with(&[("A", deleted.owned_by(other()))]);
    assert!(matches!(case.first(&others, &[("A", "x")]).failures[0].rule, Rule::OwnedByAnother(Some(_))));
    // A deleted secret that nobody wants is not deleted again.
    assert!(case.plan(&ours, &[]).is_settled());
}

#[test]
fn the_deletion_guard_stops_more_than_ten_and_more_than_a_fifth() {
    let case = Case::of("one-to-one");
    let keys: Vec<String> = (0..50).map(|n| format!("K{n:02}")).collect();
    let things: Vec<(&str, Thing)> =
        keys.iter().map(|key| (key.as_str(), Thing::of("v").owned_by(case.sync))).collect();
    let world = World::with(&things);
    let without =
        |gone: usize| -> Vec<(&str, &str)> { keys[gone..].iter().map(|key| (key.as_str(), "v")).collect() };
    assert_eq!(case.plan(&world, &without(10)).guard, Guard::Passes);
    let stopped = case.plan(&world, &without(11));
    assert_eq!(stopped.guard, Guard::Stops { deletions: 11, owned: 50 });
    assert!(stopped.guard.to_string().contains("allowDeletions=true"));
    let allowed = Run { allows_deletions: true, ..Run::default() };
    assert_eq!(case.run(&world, allowed, &case.wanted(&without(50))).guard, Guard::Passes);
    let mut off = case.clone();
    off.options.disable_deletion_guard = Some(true);
    assert_eq!(off.plan(&world, &[]).guard, Guard::Passes);
    // A fifth of many is many.
    let many = Guard::of(19, 100, false);
    assert_eq!(
        (many, Guard::of(20, 100, false), Guard::of(21, 100, false).stops()),
        (Guard::Passes, Guard::Passes, true)
    );
}

#[test]
fn nothing_is_deleted_where_deletion_is_off() {
    let mut case = Case::of("/p/");
    case.options.disable_secret_deletion = Some(true);
    let world = World::with(&[("/p/OLD", Thing::of("v").owned_by(case.sync))]);
    let plan = case.plan(&world, &[]);
    assert!(plan.is_settled());
    assert_eq!(plan.kept, ["/p/OLD"]);
}

#[test]
fn what_was_left_behind_by_a_move_is_not_judged() {
    let case = Case::of("one-to-one");
    let mut world = World::with(&[("all", Thing::of("{}").owned_by(case.sync))]);
    let document = Case { config: config("many-to-one"), ..case.clone() };
    let learned = document.plan(&world, &[("A", "1")]);
    world.carry_out(&learned, usize::MAX);
    assert_eq!(world.ledger["all"].secret_key, None);
    let plan = case.plan(&world, &[("B", "2")]);
    assert_eq!((verbs(&plan), plan.forgotten.len()), (vec!["create B".to_owned()], 0));

    let here = Case::of("/new/");
    let mut entry = world.ledger["all"].clone();
    entry.name = "/old/A".into();
    entry.secret_key = Some("A".into());
    world.ledger.insert("/old/A".into(), entry);
    world.things.insert("/old/A".into(), Thing::of("v").owned_by(here.sync));
    let plan = here.plan(&world, &[]);
    assert!(plan.is_settled() && plan.forgotten.is_empty(), "{plan:?}");
}

#[test]
fn a_changed_key_schema_moves_what_the_sync_owns() {
    let mut case = Case::of("one-to-one");
    let mut world = World::default();
    world.carry_out(&case.plan(&world, &[("A", "1")]), usize::MAX);
    case.affixes.prefix = "app-".into();
    let plan = case.plan(&world, &[("A", "1")]);
    assert_eq!(verbs(&plan), ["delete A", "create app-A"]);
}

#[test]
fn a_changed_key_schema_deletes_no_old_name_whose_new_one_cannot_be_written() {
    for place in ["one-to-one", "/p/"] {
        let mut case = Case::of(place);
        let keys = ["EMPTY", "FREE", "GONE", "LONG", "TAKEN", "UNKNOWN"];
        let mut world = World::default();
        world.carry_out(&case.first(&world, &keys.map(|key| (key, "1"))), usize::MAX);
        let old = |key: &str| case.config.name_of(&case.affixes, key);
        let kept = ["EMPTY", "LONG", "TAKEN", "UNKNOWN"].map(old);
        let (free, gone) = (old("FREE"), old("GONE"));
        case.affixes.prefix = "new-".into();
        let new = |key: &str| case.config.name_of(&case.affixes, key);
        world.things.insert(new("TAKEN"), Thing::of("theirs"));
        let long = "x".repeat(70_000);
        let mut wanted =
            case.wanted(&[("EMPTY", ""), ("FREE", "2"), ("LONG", &long), ("TAKEN", "2"), ("UNKNOWN", "2")]);
        wanted[4].content = Err("the reference ${NO} cannot be resolved".into());
        let run = Run { is_settled: true, ..Run::default() };
        let plan = case.run(&world, run, &wanted);
        let mut steps =
            [format!("delete {free}"), format!("delete {gone}"), format!("create {}", new("FREE"))];
        steps.sort_by_key(|step| step.split_once(' ').map(|(_, name)| name.to_owned()));
        assert_eq!((verbs(&plan), &plan.kept[..]), (steps.to_vec(), &kept[..]));
        world.carry_out(&plan, usize::MAX);
        // What can be written by now is moved by the run that writes it.
        world.things.remove(&new("TAKEN"));
        let moved = case.run(&world, run, &wanted);
        assert_eq!(verbs(&moved), [format!("delete {}", kept[2]), format!("create {}", new("TAKEN"))]);
    }
}

#[test]
fn drift_is_what_changed_since_we_left_it() {
    let case = Case::of("one-to-one");
    let mut world = World::default();
    let keys = [("CHANGED", "1"), ("DELETED", "1"), ("STALE", "1")];
    world.carry_out(&case.plan(&world, &keys), usize::MAX);
    world.things.insert("CHANGED".into(), Thing { version: 9, ..Thing::of("x").owned_by(case.sync) });
    world.things.remove("DELETED");
    let plan = case.plan(&world, &[("CHANGED", "1"), ("DELETED", "1"), ("STALE", "2"), ("NEW", "1")]);
    let drift: Vec<(&str, bool)> =
        plan.steps.iter().map(|step| (step.name.as_str(), step.mends_drift)).collect();
    assert_eq!(drift, [("CHANGED", true), ("DELETED", true), ("NEW", false), ("STALE", false)]);
}

#[test]
fn a_token_is_of_the_write_and_of_what_it_replaces() {
    let case = Case::of("one-to-one");
    let token = |world: &World, value: &str, version: u64| {
        let mut wanted = case.wanted(&[("A", value)]);
        wanted[0].content.as_mut().unwrap().version = version;
        case.run(world, Run::default(), &wanted).steps[0].write().unwrap().token.clone()
    };
    let mut world = World::default();
    let first = token(&world, "1", 1);
    assert_eq!((first.len(), &first), (36, &token(&world, "1", 1)), "a repeated write is the same write");
    assert_eq!(first, token(&world, "2", 1), "and nothing of the value is in it");
    assert_ne!(first, token(&world, "1", 2));
    world.things.insert("A".into(), Thing::of("drifted").owned_by(case.sync));
    let mending = token(&world, "1", 1);
    assert_ne!(first, mending, "a token that made a version makes no other");
    world.things.get_mut("A").unwrap().version = 2;
    assert_ne!(mending, token(&world, "1", 1));
}

#[test]
fn after_the_first_sync_only_what_it_tried_and_was_refused_is_adopted() {
    for place in ["one-to-one", "/p/"] {
        let case = Case::of(place);
        let name = |key: &str| case.config.name_of(&case.affixes, key);
        let deleted = Thing { deleted: true, ..Thing::of("theirs") };
        let world = World::with(&[
            (&name("REFUSED"), Thing::of("theirs")),
            (&name("NEW"), Thing::of("theirs")),
            (&name("TAKEN"), Thing::of("theirs").owned_by(other())),
            (&name("DELETED"), deleted),
        ]);
        let refused = ["REFUSED".to_owned(), "TAKEN".to_owned()];
        let run = Run { adopts: Adoption::Only(&refused), ..Run::default() };
        let keys = [("DELETED", "x"), ("NEW", "x"), ("REFUSED", "x"), ("TAKEN", "x")];
        let plan = case.run(&world, run, &case.wanted(&keys));
        assert_eq!(verbs(&plan), [format!("adopt {}", name("REFUSED"))]);
        let rules: Vec<&Rule> = plan.failures.iter().map(|failure| &failure.rule).collect();
        assert_eq!(
            rules,
            [
                &Rule::ScheduledForDeletion { at: None },
                &Rule::OwnedByNobody,
                &Rule::OwnedByAnother(Some(other()))
            ]
        );
    }
}

#[test]
fn a_copied_tag_alone_neither_deletes_nor_overwrites_after_a_run_that_ended_well() {
    for place in ["one-to-one", "/p/"] {
        let case = Case::of(place);
        let name = |key: &str| case.config.name_of(&case.affixes, key);
        let mut world = World::default();
        world.carry_out(&case.first(&world, &[("GONE", "1"), ("MINE", "1")]), usize::MAX);
        for key in ["COPY", "EQUAL", "OTHERS"] {
            world.things.insert(name(key), Thing::of("theirs").owned_by(case.sync));
        }
        let wanted = case.wanted(&[("EQUAL", "theirs"), ("MINE", "2"), ("OTHERS", "ours")]);
        let settled = case.run(&world, Run { is_settled: true, ..Run::default() }, &wanted);
        assert_eq!(
            verbs(&settled),
            [format!("delete {}", name("GONE")), format!("update {}", name("MINE"))],
            "what the ledger knows is ours"
        );
        assert_eq!((settled.kept, settled.failures.len()), (vec![name("COPY")], 1));
        assert_eq!((settled.failures[0].subject(), &settled.failures[0].rule), ("OTHERS", &Rule::TagAlone));
        assert!(settled.relearned.iter().any(|entry| entry.name == name("EQUAL")), "it was handed over");
        // Whoever died had no time to write down what it made.
        let recovering = case.run(&world, Run::default(), &wanted);
        assert!(recovering.failures.is_empty() && recovering.kept.is_empty());
        assert_eq!(verbs(&recovering).len(), 4);
    }
}

#[test]
fn what_nobody_looked_at_yet_is_left_alone_and_nothing_at_all_is_deleted() {
    for place in ["one-to-one", "/p/"] {
        let case = Case::of(place);
        let name = |key: &str| case.config.name_of(&case.affixes, key);
        let mut world = World::default();
        let before = ["GONE", "LATER", "MINE", "UNWANTED"].map(|key| (key, "1"));
        world.carry_out(&case.first(&world, &before), usize::MAX);
        world.things.insert(name("THEIRS"), Thing::of("theirs"));
        let wanted = case.wanted(&["LATER", "MINE", "NEW", "THEIRS"].map(|key| (key, "2")));
        let mut found = world.found(&case, &names_to_read(&case.place(), &wanted));
        for key in ["LATER", "THEIRS", "UNWANTED"] {
            let item = found.items.get_mut(&name(key)).unwrap();
            (item.owner, item.tags) = (None, None);
            found.unasked.insert(name(key));
        }
        world.ledger.remove(&name("LATER"));
        let run = Run { adopts: Adoption::All, ..Run::default() };
        let plan = plan(&case.place(), run, &wanted, &found, &world.ledger());
        assert_eq!(verbs(&plan), [format!("update {}", name("MINE")), format!("create {}", name("NEW"))]);
        assert_eq!(plan.unasked, ["LATER", "THEIRS", "UNWANTED"].map(name));
        assert!(plan.failures.is_empty() && plan.forgotten.is_empty());
        // Nor does a removal forget, or delete, what was not looked at.
        let removal = remove::plan(&case.place(), &found, &world.ledger());
        let untouched = [name("LATER"), name("THEIRS"), name("UNWANTED")];
        assert!(removal.steps.iter().all(|step| !untouched.contains(&step.name)));
        assert!(removal.forgotten.is_empty());
    }
}

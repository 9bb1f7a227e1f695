//! The promises, over everything.

use proptest::prelude::*;

use super::world::Thing;
use super::*;
use crate::secret_sync::ownership::{self, Owner};

const KEYS: [&str; 8] = ["A", "B", "C", "D", "E", "F G", "a/b", "H"];

fn thing(sync: SecretSyncId) -> impl Strategy<Value = Thing> {
    let other: SecretSyncId = "22222222-2222-4222-8222-222222222222".parse().unwrap();
    let value = prop_oneof![Just(None), Just(Some("v".to_owned())), Just(Some("w".to_owned()))];
    let key = prop_oneof![Just(None), Just(Some("alias/app".to_owned())), Just(Some("id-1".to_owned()))];
    (value, 0..3_u8, key, any::<[bool; 3]>(), 1..4_u64).prop_map(
        move |(value, owner, key, [deleted, unreadable, tagged], version)| {
            let mut thing = Thing {
                value,
                key,
                deleted,
                unreadable: unreadable && !deleted,
                version,
                tags: BTreeMap::new(),
            };
            if tagged {
                thing.tags.insert("theirs".into(), "1".into());
            }
            match owner {
                0 => thing,
                1 => thing.owned_by(sync),
                _ => thing.owned_by(other),
            }
        },
    )
}

#[derive(Debug, Clone)]
struct Everything {
    case: Case,
    world: World,
    wanted: Vec<Wanted>,
    run: Run<'static>,
    interrupted_after: usize,
}

fn everything() -> impl Strategy<Value = Everything> {
    let sync = Case::of("/p/").sync;
    let options = (any::<[bool; 5]>(), prop_oneof![Just(None), Just(Some("alias/app")), Just(Some("id-1"))]);
    let sources = prop::collection::vec((0..KEYS.len(), 0..5_u8), 0..9);
    let place = prop_oneof![Just("one-to-one"), Just("/p/"), Just("many-to-one")];
    let things = prop::collection::vec((0..KEYS.len(), thing(sync)), 0..9);
    (place, options, sources, things, any::<[bool; 5]>(), 0..9_usize).prop_map(
        |(
            place,
            ([off, guard, tags, metadata, clash], key),
            sources,
            things,
            [first, allowed, ledger, settled, moved],
            interrupted_after,
        )| {
            let mut case = Case::of(place);
            case.options.disable_secret_deletion = off.then_some(true);
            case.options.disable_deletion_guard = guard.then_some(true);
            case.options.tags = tags.then(|| vec![Tag { key: "team".into(), value: "a".into() }]);
            case.options.sync_secret_metadata_as_tags = (metadata && place != "many-to-one").then_some(true);
            case.options.key_id = key.map(str::to_owned);
            let mut keys = BTreeMap::new();
            for (index, kind) in sources {
                let content = match kind {
                    0 => Err("the reference ${NO} cannot be resolved".to_owned()),
                    1 => Ok(content("")),
                    2 => Ok(content("v")),
                    3 => Ok(Content {
                        metadata: vec![Tag { key: "m".into(), value: "x".into() }],
                        ..content("w")
                    }),
                    _ => Ok(content(&"x".repeat(70_000))),
                };
                keys.insert(KEYS[index].to_owned(), content);
            }
            let mut wanted = wanted(&case.place(), keys);
            if clash && wanted.len() > 1 && place != "many-to-one" {
                wanted[1].name = wanted[0].name.clone();
            }
            let mut world = World::default();
            for (index, thing) in things {
                let name = if index == 0 && place == "many-to-one" {
                    "all".to_owned()
                } else {
                    case.config.name_of(&Affixes::default(), KEYS[index])
                };
                world.things.insert(name, thing);
            }
            if ledger {
                // A ledger of an earlier plan, interrupted wherever.
                let mut then = world.clone();
                if moved && place != "many-to-one" {
                    // By another key schema, when all was well.
                    let mut former = case.clone();
                    former.affixes.prefix = "old-".into();
                    let keys = KEYS.map(|key| (key, "v"));
                    then.carry_out(&former.plan(&world, &keys), interrupted_after);
                    world = then;
                } else {
                    then.carry_out(&case.run(&world, Run::default(), &wanted), interrupted_after);
                    world.ledger = then.ledger;
                }
            }
            Everything {
                case,
                world,
                wanted,
                run: Run {
                    adopts: if first { Adoption::All } else { Adoption::Nothing },
                    is_settled: settled,
                    allows_deletions: allowed,
                },
                interrupted_after,
            }
        },
    )
}

fn owner(case: &Case, thing: &Thing) -> Owner {
    ownership::owner(case.sync, thing.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_touched_that_is_not_ours_or_adopted_from_nobody(all in everything()) {
        let Everything { case, world, wanted, run, .. } = all;
        let plan = case.run(&world, run, &wanted);
        let mut after = world.clone();
        after.carry_out(&plan, usize::MAX);
        for (name, before) in &world.things {
            let now = &after.things[name];
            let is_wanted = wanted.iter().any(|wanted| wanted.name == *name);
            match owner(&case, before) {
                // A tag alone neither deletes nor writes over another value.
                Owner::This if run.is_settled && !before.deleted && !world.ledger.contains_key(name) => {
                    prop_assert_eq!((now.deleted, &now.value), (false, &before.value), "{}", name);
                }
                Owner::This => {}
                Owner::Nobody if run.adopts == Adoption::All && (is_wanted || case.config.is_many_to_one()) => prop_assert!(!now.deleted || before.deleted),
                Owner::Nobody | Owner::Another(_) => prop_assert_eq!(now, before, "{}", name),
            }
            // Others' tags stay, whatever else happens.
            prop_assert_eq!(now.tags.get("theirs"), before.tags.get("theirs"));
            // What cannot be read, or cannot be written, is not deleted.
            let protected = before.unreadable && is_wanted
                || wanted.iter().any(|wanted| wanted.name == *name && (wanted.content.is_err() || plan.failures.iter().any(|f| f.key.as_ref() == Some(&wanted.key))));
            if protected && !case.config.is_many_to_one() {
                prop_assert_eq!(now, before);
            }
            if case.options.disable_secret_deletion.is_some() {
                prop_assert!(!now.deleted || before.deleted);
            }
            // Nor is the name that its key had by an earlier schema.
            let key = world.ledger.get(name).and_then(|entry| entry.secret_key.as_ref());
            let is_unwritten = |key: &String| {
                plan.empty.contains(key) || plan.failures.iter().any(|failure| failure.key.as_ref() == Some(key))
            };
            if key.is_some_and(is_unwritten) {
                prop_assert!(!now.deleted || before.deleted, "{}", name);
            }
        }
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_do(all in everything()) {
        let Everything { case, world, wanted, run, .. } = all;
        let plan = case.run(&world, run, &wanted);
        let mut after = world;
        after.carry_out(&plan, usize::MAX);
        let again = case.run(&after, run, &wanted);
        if plan.guard.stops() {
            prop_assert_eq!(again.guard, plan.guard);
        } else {
            prop_assert!(again.is_settled(), "{:?}", verbs(&again));
            prop_assert!(again.relearned.is_empty() && again.forgotten.is_empty());
            prop_assert_eq!(rules(&again).len(), rules(&plan).len());
        }
    }

    #[test]
    fn a_run_that_dies_after_any_step_ends_the_same_when_it_is_repeated(all in everything()) {
        let Everything { case, world, wanted, run, interrupted_after } = all;
        // A death in the middle leaves less to delete: the guard judges another run then.
        let run = Run { allows_deletions: true, is_settled: false, ..run };
        let plan = case.run(&world, run, &wanted);
        let (mut straight, mut resumed) = (world.clone(), world);
        straight.carry_out(&plan, usize::MAX);
        resumed.carry_out(&plan, interrupted_after);
        resumed.carry_out(&case.run(&resumed, run, &wanted), usize::MAX);
        prop_assert_eq!(straight.things, resumed.things);
    }

    #[test]
    fn every_wanted_key_is_accounted_for_once(all in everything()) {
        let Everything { case, world, wanted, run, .. } = all;
        let plan = case.run(&world, run, &wanted);
        if !case.config.is_many_to_one() {
            for wanted in &wanted {
                let failed = plan.failures.iter().filter(|failure| failure.key.as_ref() == Some(&wanted.key)).count();
                let step = plan.steps.iter().filter(|step| step.key.as_ref() == Some(&wanted.key) && step.write().is_some()).count();
                let empty = plan.empty.iter().filter(|key| **key == wanted.key).count();
                let unchanged = usize::from(failed + step + empty == 0 && plan.unchanged.contains(&wanted.name));
                prop_assert_eq!(failed + step + empty + unchanged, 1, "{}", wanted.key);
            }
        }
        prop_assert!(plan.steps.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}

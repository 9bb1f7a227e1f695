#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_767_323_045_678;

fn now() -> Timestamp {
    Timestamp::from_unix_milliseconds(NOW)
}

fn slugs(environments: &Environments) -> Vec<&str> {
    environments.iter().map(|environment| environment.slug.as_str()).collect()
}

fn id_of(environments: &Environments, slug: &str) -> EnvironmentId {
    environments.find_by_slug(slug).unwrap().1.id
}

#[test]
fn an_environment_is_inserted_at_its_position_and_the_others_shift() {
    for (position, expected) in [
        (None, ["dev", "staging", "prod", "qa"]),
        (Some(0), ["dev", "staging", "prod", "qa"]),
        (Some(1), ["qa", "dev", "staging", "prod"]),
        (Some(2), ["dev", "qa", "staging", "prod"]),
        (Some(4), ["dev", "staging", "prod", "qa"]),
        (Some(u64::MAX), ["dev", "staging", "prod", "qa"]),
    ] {
        let mut environments = Environments::usual(now());
        environments.add(Environment::new("QA", "qa", now()), position).unwrap();
        assert_eq!(slugs(&environments), expected, "{position:?}");
    }
}

#[test]
fn an_environment_moves_to_its_position_and_the_others_shift() {
    for (slug, position, expected) in [
        ("dev", 3, ["staging", "prod", "dev"]),
        ("dev", 2, ["staging", "dev", "prod"]),
        ("prod", 1, ["prod", "dev", "staging"]),
        ("staging", 99, ["dev", "prod", "staging"]),
        ("staging", 2, ["dev", "staging", "prod"]),
        ("staging", 0, ["dev", "staging", "prod"]),
    ] {
        let mut environments = Environments::usual(now());
        let id = id_of(&environments, slug);
        let change = EnvironmentChange { position: Some(position), ..Default::default() };
        environments.change(id, change, now()).unwrap();
        assert_eq!(slugs(&environments), expected, "{slug} to {position}");
    }
}

#[test]
fn a_change_names_what_is_different_and_touches_the_time_only_then() {
    let mut environments = Environments::usual(now());
    let id = id_of(&environments, "dev");
    let later = Timestamp::from_unix_milliseconds(NOW + 1);
    let same =
        EnvironmentChange { name: Some("Development".into()), slug: Some("dev".into()), position: Some(1) };
    assert!(environments.change(id, same, later).unwrap().is_empty());
    assert_eq!(environments.find(id).unwrap().1.updated_at, now());
    let other =
        EnvironmentChange { name: Some("Dev".into()), slug: Some("development".into()), position: Some(2) };
    assert_eq!(environments.change(id, other, later).unwrap(), ["name", "slug", "position"]);
    assert_eq!(environments.find(id).unwrap().1.updated_at, later);
}

#[test]
fn no_two_environments_have_one_slug() {
    let mut environments = Environments::usual(now());
    let before = environments.clone();
    let taken = Err(EnvironmentRefused::SlugTaken("prod".into()));
    assert_eq!(environments.add(Environment::new("P", "prod", now()), None), taken);
    let change = EnvironmentChange { slug: Some("prod".into()), ..Default::default() };
    assert!(environments.change(id_of(&environments, "dev"), change, now()).is_err());
    assert_eq!(environments, before);
}

#[test]
fn there_is_a_most() {
    let mut environments = Environments::default();
    for number in 0..MAX_ENVIRONMENTS {
        environments.add(Environment::new("E", format!("e{number}"), now()), None).unwrap();
    }
    assert_eq!(
        environments.add(Environment::new("E", "more", now()), None),
        Err(EnvironmentRefused::TooMany)
    );
}

#[derive(Debug, Clone)]
enum Step {
    Add(u8, Option<u64>),
    Change(usize, Option<u8>, Option<u64>),
    Remove(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let position = proptest::option::of(0_u64..8);
    prop_oneof![
        (0_u8..12, position.clone()).prop_map(|(slug, position)| Step::Add(slug, position)),
        (0_usize..6, proptest::option::of(0_u8..12), position)
            .prop_map(|(which, slug, position)| Step::Change(which, slug, position)),
        (0_usize..6).prop_map(Step::Remove),
    ]
}

proptest! {
    #[test]
    fn after_any_steps_slugs_are_unique_and_positions_count_from_one(
        steps in proptest::collection::vec(step(), 0..40),
    ) {
        let mut environments = Environments::usual(now());
        for step in steps {
            let nth = |which: usize| environments.iter().nth(which).map(|environment| environment.id);
            let before = environments.iter().count();
            match step {
                Step::Add(slug, position) => {
                    let added = environments.add(Environment::new("E", format!("e{slug}"), now()), position);
                    prop_assert_eq!(environments.iter().count(), before + usize::from(added.is_ok()));
                }
                Step::Change(which, slug, position) => if let Some(id) = nth(which) {
                    let slug = slug.map(|slug| format!("e{slug}"));
                    let changed = environments.change(id, EnvironmentChange { name: None, slug, position }, now());
                    prop_assert_eq!(environments.iter().count(), before);
                    if let (Ok(_), Some(position @ 1..)) = (changed, position) {
                        let expected = usize::try_from(position).unwrap().min(before);
                        prop_assert_eq!(environments.find(id).unwrap().0, expected);
                    }
                },
                Step::Remove(which) => if let Some(id) = nth(which) {
                    environments.remove(id).unwrap();
                    prop_assert!(environments.find(id).is_none());
                },
            }
            let mut slugs = slugs(&environments);
            slugs.sort_unstable();
            slugs.dedup();
            prop_assert_eq!(slugs.len(), environments.iter().count());
            for (index, environment) in environments.iter().enumerate() {
                prop_assert_eq!(environments.find(environment.id).unwrap().0, index + 1);
            }
        }
    }
}

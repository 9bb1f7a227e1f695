//! Names, sizes, tags and keys that AWS refuses, known before AWS is asked.

use super::world::Thing;
use super::*;
use crate::secret_sync::Destination;

fn rule(place: &str, key: &str, value: &str) -> Option<Rule> {
    let plan = Case::of(place).first(&World::default(), &[(key, value)]);
    assert_eq!(plan.steps.len() + plan.failures.len(), 1);
    plan.failures.into_iter().next().map(|failure| failure.rule)
}

#[test]
fn each_service_has_its_own_alphabet_and_lengths() {
    let refused = |destination, character| Some(Rule::NameCharacter { destination, character });
    let secrets = Destination::AwsSecretsManager;
    for (key, expected) in [
        ("A/b_C+d=e.f@g-1", None),
        ("A B", refused(secrets, ' ')),
        ("A!", refused(secrets, '!')),
        ("ä", refused(secrets, 'ä')),
        (&"k".repeat(512), None),
        (&"k".repeat(513), Some(Rule::NameTooLong { longest: 512 })),
    ] {
        assert_eq!(rule("one-to-one", key, "v"), expected, "{key}");
    }
    let parameters = Destination::AwsParameterStore;
    for (place, key, expected) in [
        ("/app/", "A_b.C-1", None),
        ("/app/", "A B", refused(parameters, ' ')),
        ("/app/", "A+B", refused(parameters, '+')),
        ("/app/", "A/B", Some(Rule::SlashInKey)),
        ("/", "AWS_REGION", Some(Rule::NameReserved)),
        ("/", "ssmthing", Some(Rule::NameReserved)),
        ("/awsome/", "A", Some(Rule::NameReserved)),
        ("/app/", "AWS_REGION", None),
        ("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/", "A", None),
        ("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/", "A", Some(Rule::NameTooDeep)),
        ("/app/", &"k".repeat(1_011 - 5), None),
        ("/app/", &"k".repeat(1_012 - 5), Some(Rule::NameTooLong { longest: 1_011 })),
    ] {
        assert_eq!(rule(place, key, "v"), expected, "{place} {key}");
    }
}

#[test]
fn values_are_measured_in_bytes_against_the_services_limit() {
    let too_long = |destination, bytes, longest| Some(Rule::ValueTooLong { destination, bytes, longest });
    let text = |bytes: usize| "x".repeat(bytes);
    assert_eq!(rule("one-to-one", "A", &text(65_536)), None);
    let secrets = Destination::AwsSecretsManager;
    assert_eq!(rule("one-to-one", "A", &text(65_537)), too_long(secrets, 65_537, 65_536));
    assert_eq!(rule("one-to-one", "A", &"ä".repeat(32_769)), too_long(secrets, 65_538, 65_536));
    assert_eq!(rule("/p/", "A", &text(8_192)), None);
    assert_eq!(rule("/p/", "A", &text(8_193)), too_long(Destination::AwsParameterStore, 8_193, 8_192));
    assert_eq!(rule("/p/", "A", "a {{ssm:other}} b"), Some(Rule::NestedParameter));
    assert_eq!(rule("/p/", "A", "}} {{"), None);
    assert_eq!(Tier::of(&text(4_096).into()), Tier::Standard);
    assert_eq!(Tier::of(&text(4_097).into()), Tier::Advanced);
}

#[test]
fn no_rule_repeats_the_value() {
    for (place, value) in [("one-to-one", "canary".repeat(20_000)), ("/p/", "canary{{x}}".into())] {
        let rule = rule(place, "A", &value).unwrap();
        assert!(!format!("{rule} {rule:?}").contains("canary"));
    }
    let plan = Case::of("/p/").first(&World::default(), &[("A", "canary")]);
    assert!(!format!("{plan:?}").contains("canary"));
}

#[test]
fn names_that_cannot_exist_are_not_asked_for() {
    let case = Case::of("/p/");
    let wanted = case.wanted(&[("OK", "v"), ("NOT OK", "v"), ("a/b", "v")]);
    assert_eq!(names_to_read(&case.place(), &wanted), ["/p/OK"]);
    let document = Case::of("many-to-one");
    assert_eq!(names_to_read(&document.place(), &[]), ["all"]);
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

#[test]
fn tags_are_ours_the_configured_ones_and_metadata_and_no_others() {
    for place in ["one-to-one", "/p/"] {
        let mut case = Case::of(place);
        let name = case.config.name_of(&case.affixes, "A");
        case.options.tags = Some(vec![tag("team", "a"), tag("both", "configured")]);
        case.options.sync_secret_metadata_as_tags = Some(true);
        let mut wanted = case.wanted(&[("A", "v")]);
        wanted[0].content.as_mut().unwrap().metadata = vec![tag("owner", "x"), tag("both", "metadata")];
        let mut world = World::default();
        let run = Run::default();
        world.carry_out(&case.run(&world, run, &wanted), usize::MAX);
        let tags = |world: &World| -> Vec<String> {
            let tags = world.things[&name].tags.iter();
            tags.filter(|(key, _)| !key.starts_with("drawbridge:"))
                .map(|(key, value)| format!("{key}={value}"))
                .collect()
        };
        assert_eq!(tags(&world), ["both=configured", "owner=x", "team=a"]);
        assert!(case.run(&world, run, &wanted).is_settled());

        // Somebody else's tag stays when ours go.
        world.things.get_mut(&name).unwrap().tags.insert("theirs".into(), "1".into());
        case.options.tags = Some(vec![]);
        wanted[0].content.as_mut().unwrap().metadata = vec![tag("owner", "y")];
        let plan = case.run(&world, run, &wanted);
        assert_eq!(plan.steps[0].write().unwrap().changes, Changes { tags: true, ..Changes::default() });
        world.carry_out(&plan, usize::MAX);
        assert_eq!(tags(&world), ["owner=y", "theirs=1"]);
        assert!(case.run(&world, run, &wanted).is_settled());

        // Absent options leave everything alone.
        case.options.tags = None;
        case.options.sync_secret_metadata_as_tags = None;
        assert!(case.run(&world, run, &wanted).is_settled());
    }
}

#[test]
fn tags_that_aws_refuses_fail_their_key() {
    let mut case = Case::of("one-to-one");
    case.options.sync_secret_metadata_as_tags = Some(true);
    for (metadata, expected) in [
        (vec![tag("aws:x", "1")], "begins with aws:"),
        (vec![tag("drawbridge:secret-sync", "1")], "by which things are told apart"),
        (vec![tag("a*b", "1")], "letters, digits"),
        (vec![tag("", "1")], "1 to 128"),
        (vec![tag("a", &"v".repeat(257))], "at most 256"),
        ((0..49).map(|n| tag(&format!("t{n}"), "")).collect(), "more than 48 tags"),
    ] {
        let mut wanted = case.wanted(&[("A", "v")]);
        wanted[0].content.as_mut().unwrap().metadata = metadata;
        let plan = case.run(&World::default(), Run::default(), &wanted);
        assert!(rules(&plan)[0].contains(expected), "{:?}", rules(&plan));
    }
}

#[test]
fn unchanged_values_cost_no_write_whatever_spelling_the_key_has() {
    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let arn = format!("arn:aws:kms:us-east-1:123456789012:key/{ID}");
    for place in ["one-to-one", "/p/"] {
        for (first, spelled, expected) in [
            (Some(ID), Some(arn.as_str()), false),
            (Some("alias/app"), Some("alias/app"), false),
            (Some("alias/app"), Some("arn:aws:kms:us-east-1:123456789012:alias/app"), false),
            (None, Some("alias/aws/ssm"), place == "one-to-one"),
            (None, Some("alias/aws/secretsmanager"), place == "/p/"),
            (Some(ID), Some("99999999-12ab-34cd-56ef-1234567890ab"), true),
            (Some(ID), None, true),
            (None, Some(ID), true),
        ] {
            let mut case = Case::of(place);
            let mut world = World::default();
            case.options.key_id = first.map(str::to_owned);
            world.carry_out(&case.plan(&world, &[("A", "v")]), usize::MAX);
            case.options.key_id = spelled.map(str::to_owned);
            let plan = case.plan(&world, &[("A", "v")]);
            let changed = plan.steps.first().is_some_and(|step| step.write().unwrap().changes.kms_key);
            assert_eq!(changed, expected, "{place} {first:?} {spelled:?}");
            world.carry_out(&plan, usize::MAX);
            assert!(case.plan(&world, &[("A", "v")]).is_settled(), "{place} {first:?} {spelled:?}");
        }
    }
}

#[test]
fn a_key_that_this_sync_did_not_set_stays_when_none_is_wanted() {
    let case = Case::of("one-to-one");
    let thing = Thing { key: Some("alias/theirs".into()), ..Thing::of("v").owned_by(case.sync) };
    assert!(case.plan(&World::with(&[("A", thing)]), &[("A", "v")]).is_settled());
}

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::secret::reference::{Reference, references};

/// A graph of secrets that name each other in one folder.
fn graph(secrets: &[(&str, &str)]) -> Graph {
    let positions: HashMap<&str, usize> =
        secrets.iter().enumerate().map(|(position, (name, _))| (*name, position)).collect();
    let target = |(reference, written): (Reference, &str)| {
        let Reference::Near { key } = reference else { unreachable!("only near ones here") };
        positions
            .get(key.as_str())
            .copied()
            .ok_or(Unresolved::NoSecret { reference: written.to_owned(), key })
    };
    let node = |(name, value): &(&str, &str)| Node {
        label: (*name).to_owned(),
        value: (*value).into(),
        targets: references(value).map(target).collect(),
    };
    Graph::new(secrets.iter().map(node).collect())
}

fn expand(secrets: &[(&str, &str)]) -> Vec<(String, usize)> {
    let expanded = graph(secrets).expand();
    expanded.iter().map(|one| (one.value.expose_secret().to_owned(), one.unresolved.len())).collect()
}

#[test]
fn references_are_followed_as_far_as_they_lead() {
    let secrets = [
        ("URL", "pg://${USER}:${PASSWORD}@${HOST}"),
        ("USER", "u"),
        ("PASSWORD", "p${SALT}"),
        ("SALT", "!"),
        ("HOST", "h"),
    ];
    assert_eq!(expand(&secrets)[0], ("pg://u:p!@h".to_owned(), 0));
}

#[test]
fn what_may_be_a_part_of_the_secret_is_not_repeated_in_words() {
    let near = Unresolved::NoSecret { reference: "${kq7}".into(), key: "kq7".into() };
    let far = Unresolved::NoEnvironment { reference: "${kq7.zz}".into(), environment: "kq7".into() };
    for reason in [near, far] {
        let words = reason.to_string();
        assert!(words.starts_with("a reference of it") && !words.contains("kq7"), "{words}");
    }
    let there = Unresolved::NoSecret { reference: "${prod.api.KEY}".into(), key: "KEY".into() };
    assert_eq!(there.to_string(), "${prod.api.KEY}: there is no secret 'KEY'");
}

#[test]
fn what_cannot_be_resolved_stays_as_written_and_is_told_of_everybody_who_leads_there() {
    let secrets = [("A", "a${B}"), ("B", "b${MISSING}${MISSING}")];
    let expanded = graph(&secrets).expand();
    assert_eq!(expanded[0].value.expose_secret(), "ab${MISSING}${MISSING}");
    let missing = Unresolved::NoSecret { reference: "${MISSING}".into(), key: "MISSING".into() };
    assert_eq!(expanded[0].unresolved, BTreeSet::from([missing.clone()]));
    assert_eq!(expanded[1].unresolved, BTreeSet::from([missing]));
}

#[test]
fn a_reference_on_a_cycle_is_not_followed_and_the_cycle_is_named() {
    let secrets = [("A", "1${B}"), ("B", "2${C}"), ("C", "3${A}${D}"), ("D", "4"), ("E", "5${A}")];
    let expanded = graph(&secrets).expand();
    let values: Vec<&str> = expanded.iter().map(|one| one.value.expose_secret()).collect();
    assert_eq!(values, ["1${B}", "2${C}", "3${A}4", "4", "51${B}"]);
    let told: Vec<String> = expanded[4].unresolved.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["${B}: the reference leads back to itself: A -> B -> C -> A"]);
    assert_eq!(graph(&secrets).cycle_of(1).unwrap(), ["B", "C", "A", "B"]);
    assert_eq!(graph(&secrets).cycle_of(4), None);
}

#[test]
fn a_secret_that_names_itself_is_a_cycle() {
    assert_eq!(expand(&[("A", "x${A}")]), [("x${A}".to_owned(), 1)]);
    assert_eq!(graph(&[("A", "x${A}")]).cycle_of(0).unwrap(), ["A", "A"]);
}

#[test]
fn a_value_that_doubles_at_every_step_ends_at_the_limit() {
    let secrets: Vec<(String, String)> = (0..64)
        .map(|step| (format!("K{step}"), format!("${{K{0}}}${{K{0}}}", step + 1)))
        .chain([("K64".to_owned(), "x".repeat(1_024))])
        .collect();
    let borrowed: Vec<(&str, &str)> =
        secrets.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (value, unresolved) in expand(&borrowed) {
        // What stays as it is written comes on top of what was followed.
        assert!(value.len() <= LONGEST_EXPANSION + 16, "{}", value.len());
        assert!(unresolved <= 64);
    }
}

#[test]
fn a_chain_longer_than_a_stack_is_deep_is_followed() {
    let secrets: Vec<(String, String)> = (0..50_000)
        .map(|step| (format!("K{step}"), format!("${{K{}}}", step + 1)))
        .chain([("K50000".to_owned(), "end".to_owned())])
        .collect();
    let borrowed: Vec<(&str, &str)> =
        secrets.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(expand(&borrowed)[0], ("end".to_owned(), 0));
}

proptest! {
    #[test]
    fn on_a_cycle_or_not_every_node_is_expanded_and_agrees_with_a_walk(
        edges in proptest::collection::vec(proptest::collection::vec(0usize..6, 0..3), 6)
    ) {
        let text = |targets: &Vec<usize>| targets.iter().map(|target| format!("${{K{target}}}")).collect::<String>();
        let secrets: Vec<(String, String)> =
            edges.iter().enumerate().map(|(node, targets)| (format!("K{node}"), format!("{node}{}", text(targets)))).collect();
        let borrowed: Vec<(&str, &str)> = secrets.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let graph = graph(&borrowed);
        let expanded = graph.expand();
        prop_assert_eq!(expanded.len(), 6);
        let reaches = |from: usize, to: usize| {
            let (mut seen, mut queue) = ([false; 6], vec![from]);
            while let Some(node) = queue.pop() {
                for next in &edges[node] {
                    if !std::mem::replace(&mut seen[*next], true) {
                        queue.push(*next);
                    }
                }
            }
            seen[to]
        };
        fn walk(node: usize, edges: &[Vec<usize>], reaches: &dyn Fn(usize, usize) -> bool) -> String {
            let mut value = node.to_string();
            for next in &edges[node] {
                if *next == node || reaches(*next, node) {
                    value.push_str(&format!("${{K{next}}}"));
                } else {
                    value.push_str(&walk(*next, edges, reaches));
                }
            }
            value
        }
        for (node, one) in expanded.iter().enumerate() {
            prop_assert_eq!(one.value.expose_secret(), walk(node, &edges, &reaches));
            prop_assert_eq!(graph.cycle_of(node).is_some(), reaches(node, node));
        }
    }
}

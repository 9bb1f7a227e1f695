//! References between secrets: followed as far as they lead, never in a circle, never without end.

use std::collections::{BTreeMap, BTreeSet};

use model::secret::reference::{Piece, Reference, pieces, references as written};
use model::secret::{Expanded, Graph, LONGEST_EXPANSION, Node, SecretPath, Unresolved};
use secrecy::ExposeSecret as _;

/// More secrets than these make an input slow and say nothing new.
const MOST_SECRETS: usize = 32;

/// An input is one secret a line, `NAME=value`; all of them in the root of the environment `dev`.
pub fn references(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut secrets: Vec<(&str, &str)> = Vec::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')).take(MOST_SECRETS) {
        if !secrets.iter().any(|(known, _)| *known == name) {
            secrets.push((name, value));
        }
    }
    for (name, value) in &secrets {
        the_parts_are_the_value(value);
        the_parts_are_the_value(name);
    }
    let places: BTreeMap<&str, usize> =
        secrets.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let node = |(name, value): &(&str, &str)| Node {
        label: format!("dev:/{name}"),
        value: (*value).into(),
        targets: written(value)
            .map(|(reference, as_written)| target(&places, reference, as_written))
            .collect(),
    };
    let nodes: Vec<Node> = secrets.iter().map(node).collect();
    let walk = Walk { nodes: &nodes };
    let graph = Graph::new(nodes.clone());
    let expanded = graph.expand();
    assert_eq!(expanded.len(), secrets.len(), "every secret has a value");
    for (at, one) in expanded.iter().enumerate() {
        let (source, value) = (secrets[at].1, one.value.expose_secret());
        // What stays as it is written comes on top of what was followed.
        assert!(value.len() <= LONGEST_EXPANSION + source.len(), "{} bytes", value.len());
        cycles_are_refused(&graph, &walk, at, one);
        if let Some(expected) = walk.value(at) {
            assert_eq!(value, expected, "another way of following them leads elsewhere");
        }
    }
}

fn target(places: &BTreeMap<&str, usize>, reference: Reference, written: &str) -> Result<usize, Unresolved> {
    let (reference, key) = match reference {
        Reference::Near { key } => (written.to_owned(), key),
        Reference::Far { environment, path, key } => {
            let reference = written.to_owned();
            if environment != "dev" {
                return Err(Unresolved::NoEnvironment { reference, environment });
            }
            if !path.is_root() {
                return Err(Unresolved::NoFolder { reference, path: path.to_string() });
            }
            (reference, key)
        }
    };
    places.get(key.as_str()).copied().ok_or(Unresolved::NoSecret { reference, key })
}

fn the_parts_are_the_value(value: &str) {
    let mut joined = String::new();
    for piece in pieces(value) {
        match piece {
            Piece::Text(text) => {
                assert!(written(text).next().is_none(), "a reference was passed over as text: {text:?}");
                joined.push_str(text);
            }
            Piece::Reference(reference, as_written) => {
                let again: Vec<_> = written(as_written).collect();
                assert_eq!(again, [(reference.clone(), as_written)], "read by itself it means the same");
                if let Reference::Far { path, .. } = &reference {
                    assert_eq!(path.as_str().parse::<SecretPath>().ok().as_ref(), Some(path));
                }
                joined.push_str(as_written);
            }
        }
    }
    assert_eq!(joined, value);
}

fn cycles_are_refused(graph: &Graph, walk: &Walk<'_>, at: usize, one: &Expanded) {
    let on_a_cycle = walk.reaches(at, at);
    let cycle = graph.cycle_of(at);
    assert_eq!(cycle.is_some(), on_a_cycle, "what a write would be refused for");
    if let Some(names) = cycle {
        assert!(names.len() >= 2 && names.first() == names.last(), "{names:?}");
        let distinct: BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len() - 1, "the shortest way round visits nobody twice: {names:?}");
    }
    let told = one.unresolved.iter().any(|reason| matches!(reason, Unresolved::Cycle { .. }));
    assert!(!on_a_cycle || told, "a cycle that nobody hears of");
    for reason in &one.unresolved {
        assert!(!reason.to_string().is_empty());
    }
}

/// The same rules followed in another way: by walking.
struct Walk<'a> {
    nodes: &'a [Node],
}

impl Walk<'_> {
    fn reaches(&self, from: usize, to: usize) -> bool {
        let (mut seen, mut queue) = (BTreeSet::new(), vec![from]);
        while let Some(at) = queue.pop() {
            for next in self.nodes[at].targets.iter().flatten() {
                if *next == to {
                    return true;
                }
                if seen.insert(*next) {
                    queue.push(*next);
                }
            }
        }
        false
    }

    /// `None` when it comes near the limit of length, which the walk does not know.
    fn value(&self, at: usize) -> Option<String> {
        let node = &self.nodes[at];
        let (mut value, mut targets) = (String::new(), node.targets.iter());
        for piece in pieces(node.value.expose_secret()) {
            match piece {
                Piece::Text(text) => value.push_str(text),
                Piece::Reference(_, as_written) => match targets.next() {
                    Some(Ok(next)) if *next != at && !self.reaches(*next, at) => {
                        value.push_str(&self.value(*next)?)
                    }
                    Some(Ok(_) | Err(_)) | None => value.push_str(as_written),
                },
            }
            if value.len() > LONGEST_EXPANSION / 64 {
                return None;
            }
        }
        Some(value)
    }
}

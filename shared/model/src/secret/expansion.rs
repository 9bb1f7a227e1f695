//! What values say once their references are followed. All of them at once, so that each is worked out once.

use std::collections::BTreeSet;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::reference::{Piece, pieces};

/// The longest value that references may add up to, in bytes: `${A}${A}` of `${B}${B}` of … doubles at every step.
pub const LONGEST_EXPANSION: usize = 128 * 1024;

/// One secret, and where its references lead.
#[derive(Debug, Clone)]
pub struct Node {
    /// How people find it, `dev:/api/KEY`: for naming a cycle.
    pub label: String,
    /// Its value as it was written.
    pub value: SecretString,
    /// For each reference of the value, in order: which node it means, or why none.
    pub targets: Vec<Result<usize, Unresolved>>,
}

/// Why a reference stays in the text as it is written.
///
/// What only looks like a reference may be a part of the secret, and the words go where values do not: they repeat the
/// reference only when it begins with an environment of the project, or when it was followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Unresolved {
    /// The project has no such environment.
    #[error("a reference of it names an environment that the project does not have")]
    NoEnvironment {
        /// As it is written.
        reference: String,
        /// The slug.
        environment: String,
    },
    /// The environment has no such folder.
    #[error("{reference}: there is no folder '{path}'")]
    NoFolder {
        /// As it is written.
        reference: String,
        /// The folder's path.
        path: String,
    },
    /// Neither the folder nor what it imports has such a secret.
    #[error("{}", no_secret(reference, key))]
    NoSecret {
        /// As it is written.
        reference: String,
        /// The secret's name.
        key: String,
    },
    /// It leads back to where it stands.
    #[error("{reference}: the reference leads back to itself: {}", names.join(" -> "))]
    Cycle {
        /// As it is written.
        reference: String,
        /// The secrets on the way, the first one again at the end.
        names: Vec<String>,
    },
    /// With it the value would have more than [`LONGEST_EXPANSION`] bytes.
    #[error("{reference}: the value would be longer than {LONGEST_EXPANSION} bytes")]
    TooLong {
        /// As it is written.
        reference: String,
    },
}

/// Only a reference with a dot names an environment, and one that is there, or it would be [`Unresolved::NoEnvironment`].
fn no_secret(reference: &str, key: &str) -> String {
    if reference.contains('.') {
        format!("{reference}: there is no secret '{key}'")
    } else {
        "a reference of it leads nowhere: neither its folder nor what that imports has a secret of this name"
            .to_owned()
    }
}

/// A value whose references were followed.
#[derive(Debug, Clone)]
pub struct Expanded {
    /// The value; a reference that could not be followed stands in it as it is written.
    pub value: SecretString,
    /// Why, for each such reference, also those in the values that this one refers to.
    pub unresolved: BTreeSet<Unresolved>,
}

/// Secrets that refer to each other.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    nodes: Vec<Node>,
}

impl Graph {
    /// The graph of these nodes; each target is a position in them.
    #[must_use]
    pub fn new(nodes: Vec<Node>) -> Self {
        Self { nodes }
    }

    /// The cycle that a node is on, as labels with the first one again at the end; the shortest one.
    #[must_use]
    pub fn cycle_of(&self, node: usize) -> Option<Vec<String>> {
        // Breadth first, so that the first way back is the shortest.
        let mut came_from: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut queue = std::collections::VecDeque::from([node]);
        while let Some(at) = queue.pop_front() {
            for next in self.next_of(at) {
                if next == node {
                    let mut way = vec![self.label(node)];
                    let mut step = Some(at);
                    while let Some(on_the_way) = step.filter(|step| *step != node) {
                        way.push(self.label(on_the_way));
                        step = came_from.get(on_the_way).copied().flatten();
                    }
                    way.push(self.label(node));
                    way.reverse();
                    return Some(way);
                }
                if let Some(entry) = came_from.get_mut(next).filter(|entry| entry.is_none()) {
                    *entry = Some(at);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// Every node's value with its references followed, in the order of the nodes. A reference on a cycle is not followed,
    /// from whichever side it is looked at.
    #[must_use]
    pub fn expand(&self) -> Vec<Expanded> {
        let (order, component) = self.components();
        let mut expanded: Vec<Option<Expanded>> = vec![None; self.nodes.len()];
        for at in order {
            let done = self.nodes.get(at).map(|node| self.expand_one(at, node, &component, &expanded));
            if let Some(slot) = expanded.get_mut(at) {
                *slot = done;
            }
        }
        // `components` names every node once, so none is left out.
        expanded.into_iter().flatten().collect()
    }

    fn expand_one(
        &self,
        at: usize,
        node: &Node,
        component: &[usize],
        expanded: &[Option<Expanded>],
    ) -> Expanded {
        let source = node.value.expose_secret();
        let mut value = Zeroizing::new(String::with_capacity(source.len()));
        let mut unresolved = BTreeSet::new();
        let mut targets = node.targets.iter();
        for piece in pieces(source) {
            let (reference, written) = match piece {
                Piece::Text(text) => {
                    value.push_str(text);
                    continue;
                }
                Piece::Reference(_, written) => (targets.next(), written),
            };
            let found = match reference {
                Some(Ok(target)) if component.get(*target) == component.get(at) => Err(Unresolved::Cycle {
                    reference: written.to_owned(),
                    names: self.cycle_of(at).unwrap_or_default(),
                }),
                Some(Ok(target)) => match expanded.get(*target).and_then(Option::as_ref) {
                    Some(target) if value.len() + target.value.expose_secret().len() <= LONGEST_EXPANSION => {
                        Ok(target)
                    }
                    Some(_) => Err(Unresolved::TooLong { reference: written.to_owned() }),
                    // A target outside the graph: the caller did not load it.
                    None => {
                        Err(Unresolved::NoSecret { reference: written.to_owned(), key: written.to_owned() })
                    }
                },
                Some(Err(reason)) => Err(reason.clone()),
                None => Err(Unresolved::NoSecret { reference: written.to_owned(), key: written.to_owned() }),
            };
            match found {
                Ok(target) => {
                    value.push_str(target.value.expose_secret());
                    unresolved.extend(target.unresolved.iter().cloned());
                }
                Err(reason) => {
                    value.push_str(written);
                    unresolved.insert(reason);
                }
            }
        }
        Expanded { value: SecretString::from(value.as_str()), unresolved }
    }

    fn label(&self, node: usize) -> String {
        self.nodes.get(node).map(|node| node.label.clone()).unwrap_or_default()
    }

    fn next_of(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let targets = self.nodes.get(node).map(|node| node.targets.as_slice()).unwrap_or_default();
        targets.iter().filter_map(|target| target.as_ref().ok().copied())
    }

    /// Every node once, whatever it refers to before itself but for cycles; and for each node the number of its strongly
    /// connected component, where a node on no cycle has one that nobody compares with its own. Tarjan's algorithm with
    /// its own stack: a chain of references may be longer than the machine's stack is deep.
    fn components(&self) -> (Vec<usize>, Vec<usize>) {
        const NEW: usize = usize::MAX;
        let count = self.nodes.len();
        let (mut index, mut low, mut on_stack) = (vec![NEW; count], vec![0; count], vec![false; count]);
        let (mut component, mut order, mut stack) = (vec![NEW; count], Vec::with_capacity(count), Vec::new());
        let mut next_index = 0;
        for start in 0..count {
            if index[start] != NEW {
                continue;
            }
            let mut work: Vec<(usize, Vec<usize>)> = Vec::new();
            let mut visit = Some(start);
            loop {
                if let Some(node) = visit.take() {
                    (index[node], low[node], on_stack[node]) = (next_index, next_index, true);
                    next_index += 1;
                    stack.push(node);
                    work.push((node, self.next_of(node).filter(|next| *next < count).collect()));
                }
                let Some((node, targets)) = work.last_mut() else { break };
                let node = *node;
                match targets.pop() {
                    Some(next) if index[next] == NEW => visit = Some(next),
                    Some(next) if on_stack[next] => low[node] = low[node].min(index[next]),
                    Some(_) => {}
                    None => {
                        work.pop();
                        if let Some((parent, _)) = work.last() {
                            low[*parent] = low[*parent].min(low[node]);
                        }
                        if low[node] == index[node] {
                            while let Some(member) = stack.pop() {
                                (on_stack[member], component[member]) = (false, node);
                                order.push(member);
                                if member == node {
                                    break;
                                }
                            }
                        }
                    }
                }
            }
        }
        (order, component)
    }
}

#[cfg(test)]
mod tests;

//! What one run of a reader named.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::PathSegment;
use super::{Field, Leaf, Object, Source};

/// What a reader asked of one field.
#[derive(Debug)]
pub(in super::super) enum Note {
    /// A value that keeps a rule.
    Value(Leaf),
    /// An object.
    Object,
    /// A list of at least so many objects.
    Objects(usize),
    /// Nothing, `null` or `false`.
    Absent,
    /// Whether it is there at all.
    Presence,
}

/// One field in one run.
#[derive(Debug, Default)]
struct Noted {
    needed: bool,
    nullable: bool,
    notes: Vec<Note>,
}

/// What rules were found to take, by field and rule: to find it out takes long, and a reader runs thousands of times.
pub(in super::super) type Leaves = Rc<RefCell<BTreeMap<String, Leaf>>>;

/// What one run of a reader named: for each object that was read, by its way, each of its fields.
#[derive(Debug)]
pub(in super::super) struct Notes {
    source: Source,
    leaves: Leaves,
    entered: BTreeSet<Vec<String>>,
    fields: BTreeMap<Vec<String>, BTreeMap<String, Noted>>,
}

/// How an item of a list is spelled in a way.
const ITEM: &str = "[]";

fn way(path: &[PathSegment]) -> Vec<String> {
    let segment = |segment: &PathSegment| match segment {
        PathSegment::Key(key) => key.clone(),
        PathSegment::Index(index) => format!("{ITEM}{index}"),
    };
    path.iter().map(segment).collect()
}

impl Notes {
    pub(in super::super) fn new(source: Source, leaves: Leaves) -> Self {
        Self { source, leaves, entered: BTreeSet::new(), fields: BTreeMap::new() }
    }

    pub(in super::super) fn source(&self) -> Source {
        self.source
    }

    /// What the rule of a field takes, which `probe` finds out the first time. Rules of one `kind` at one field are one rule.
    pub(in super::super) fn leaf(
        &self,
        path: &[PathSegment],
        name: &str,
        kind: &str,
        probe: impl FnOnce() -> Leaf,
    ) -> Leaf {
        let key = format!("{:?} {name} {kind}", way(path));
        self.leaves.borrow_mut().entry(key).or_insert_with(probe).clone()
    }

    /// An object is read now.
    pub(in super::super) fn enter(&mut self, path: &[PathSegment]) {
        self.entered.insert(way(path));
    }

    /// A field of the object at `path` is asked for.
    pub(in super::super) fn field(
        &mut self,
        path: &[PathSegment],
        name: &str,
        needed: bool,
        nullable: bool,
        note: Note,
    ) {
        let noted = self.fields.entry(way(path)).or_default().entry(name.to_owned()).or_default();
        noted.needed |= needed;
        noted.nullable |= nullable;
        noted.notes.push(note);
    }

    /// Adds what the run named to what is known; `taken` says whether the reader took the whole request.
    pub(super) fn tell(mut self, known: &mut Object, taken: bool) {
        // Shorter ways first, so that a field is known before its own fields are.
        for way in self.entered {
            let Some(object) = at(known, &way) else { continue };
            object.read.add(taken);
            for (name, noted) in self.fields.remove(&way).unwrap_or_default() {
                object.fields.entry(name).or_default().learn(noted, taken);
            }
        }
    }
}

impl Field {
    fn learn(&mut self, noted: Noted, taken: bool) {
        if noted.needed {
            self.needed.add(taken);
        }
        self.nullable |= noted.nullable;
        for note in noted.notes {
            match note {
                Note::Value(leaf) if !self.leaves.contains(&leaf) => self.leaves.push(leaf),
                Note::Value(_) | Note::Presence => {}
                Note::Object => {
                    self.object.get_or_insert_default();
                }
                Note::Objects(minimum) => {
                    self.list.get_or_insert_with(|| (minimum, Object::default()));
                }
                Note::Absent => self.absent = true,
            }
        }
    }
}

/// The object at a way.
fn at<'o>(mut object: &'o mut Object, way: &[String]) -> Option<&'o mut Object> {
    let mut keys = way.iter().peekable();
    while let Some(key) = keys.next() {
        let field = object.fields.get_mut(key)?;
        object = if keys.peek().is_some_and(|next| next.starts_with(ITEM)) {
            keys.next();
            &mut field.list.as_mut()?.1
        } else {
            field.object.as_mut()?
        };
    }
    Some(object)
}

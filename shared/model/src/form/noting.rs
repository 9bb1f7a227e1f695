//! What a form tells about itself while its reader is run for its description; nothing in release builds.

#[cfg(debug_assertions)]
use serde_json::json;

#[cfg(debug_assertions)]
use super::schema::{Note, ODD, probe};
use super::{Form, Rule};

/// What a field is, where no rule says it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// An object.
    Object,
    /// A list of at least so many objects.
    #[cfg_attr(not(debug_assertions), expect(dead_code, reason = "only a description says how many"))]
    Objects(usize),
    /// Nothing, `null` or `false`.
    Absent,
    /// Whatever it is, the reader asks whether it is there.
    Presence,
}

#[cfg(debug_assertions)]
impl Form<'_> {
    /// This object is read now.
    pub(super) fn enter(&self) {
        if let Some(notes) = &self.record.notes {
            notes.borrow_mut().enter(&self.path);
        }
    }

    pub(super) fn note_value<R: Rule>(&self, name: &str, needed: bool, nullable: bool, rule: &R) {
        if let Some(notes) = &self.record.notes {
            let mut notes = notes.borrow_mut();
            let source = notes.source();
            let kind = format!("{} {:?}", std::any::type_name::<R>(), rule.read(&json!(ODD)).err());
            let leaf = notes.leaf(&self.path, name, &kind, || probe(rule, source));
            notes.field(&self.path, name, needed, nullable, Note::Value(leaf));
        }
    }

    pub(super) fn note_shape(&self, name: &str, needed: bool, nullable: bool, shape: Shape) {
        if let Some(notes) = &self.record.notes {
            let note = match shape {
                Shape::Object => Note::Object,
                Shape::Objects(minimum) => Note::Objects(minimum),
                Shape::Absent => Note::Absent,
                Shape::Presence => Note::Presence,
            };
            notes.borrow_mut().field(&self.path, name, needed, nullable, note);
        }
    }
}

#[cfg(not(debug_assertions))]
impl Form<'_> {
    pub(super) const fn enter(&self) {}

    pub(super) const fn note_value<R: Rule>(&self, _: &str, _: bool, _: bool, _: &R) {}

    pub(super) const fn note_shape(&self, _: &str, _: bool, _: bool, _: Shape) {}
}

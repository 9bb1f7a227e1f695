//! Tags: words that a project's people mark secrets with.

use serde::{Deserialize, Serialize};

use crate::id::{ProjectId, TagId};
use crate::permission::{Scope, Scoped};

/// The longest slug.
pub const LONGEST_SLUG: usize = 64;
/// The longest name and the longest colour, in characters.
pub const LONGEST_TEXT: usize = 255;
/// The most tags of one project: so many fit into two pages of a Query.
pub const MOST: usize = 1_000;

/// A tag of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// As programs call it; unique in the project.
    pub slug: String,
    /// As people call it; the slug where nobody said.
    pub name: Option<String>,
    /// How clients show it, as its creator said.
    pub color: Option<String>,
}

impl Scoped for Tag {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

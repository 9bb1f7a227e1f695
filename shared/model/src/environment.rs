//! Environments: the ordered list that every project has.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::EnvironmentId;

/// The most environments of one project: a project and the guards of all its environments fit into one transaction.
pub const MAX_ENVIRONMENTS: usize = 50;

/// One environment of a project (`dev`, `prod`, …).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its id, which survives renames and moves.
    pub id: EnvironmentId,
    /// As people call it.
    pub name: String,
    /// As programs call it; unique in its project.
    pub slug: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name, slug or position was changed last.
    pub updated_at: Timestamp,
}

impl Environment {
    /// A new environment.
    #[must_use]
    pub fn new(name: impl Into<String>, slug: impl Into<String>, now: Timestamp) -> Self {
        let id = EnvironmentId::random();
        Self { id, name: name.into(), slug: slug.into(), created_at: now, updated_at: now }
    }
}

/// A project's environments in their order. A position is a place in this list, counted from 1, so positions are
/// contiguous whatever happens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environments(Vec<Environment>);

/// What is to become of an environment; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentChange {
    /// The new name.
    pub name: Option<String>,
    /// The new slug.
    pub slug: Option<String>,
    /// The new position, from 1; one beyond the end is the end. 0 stays as it is, as Terraform means it.
    pub position: Option<u64>,
}

/// Why an environment was not added or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentRefused {
    /// Another environment of the project has the slug.
    #[error("Environment with slug '{0}' already exists")]
    SlugTaken(String),
    /// There are [`MAX_ENVIRONMENTS`] already.
    #[error("A project has at most {MAX_ENVIRONMENTS} environments")]
    TooMany,
    /// The project has no such environment.
    #[error("Environment with ID '{0}' was not found")]
    Absent(EnvironmentId),
}

impl Environments {
    /// The three that a project begins with: Development, Staging, Production.
    #[must_use]
    pub fn usual(now: Timestamp) -> Self {
        let usual = [("Development", "dev"), ("Staging", "staging"), ("Production", "prod")];
        Self(usual.into_iter().map(|(name, slug)| Environment::new(name, slug, now)).collect())
    }

    /// The environments in order.
    pub fn iter(&self) -> impl Iterator<Item = &Environment> {
        self.0.iter()
    }

    /// An environment and its position, counted from 1.
    #[must_use]
    pub fn find(&self, id: EnvironmentId) -> Option<(usize, &Environment)> {
        self.positioned().find(|(_, environment)| environment.id == id)
    }

    /// The environment with this slug and its position, counted from 1.
    #[must_use]
    pub fn find_by_slug(&self, slug: &str) -> Option<(usize, &Environment)> {
        self.positioned().find(|(_, environment)| environment.slug == slug)
    }

    /// Adds an environment at `position` (from 1; 0, absent or beyond the end: at the end) and shifts those behind it.
    ///
    /// # Errors
    /// [`EnvironmentRefused::SlugTaken`], [`EnvironmentRefused::TooMany`].
    pub fn add(&mut self, environment: Environment, position: Option<u64>) -> Result<(), EnvironmentRefused> {
        if self.find_by_slug(&environment.slug).is_some() {
            return Err(EnvironmentRefused::SlugTaken(environment.slug));
        }
        if self.0.len() >= MAX_ENVIRONMENTS {
            return Err(EnvironmentRefused::TooMany);
        }
        let index = index(position, self.0.len()).unwrap_or(self.0.len());
        self.0.insert(index, environment);
        Ok(())
    }

    /// Changes an environment, and shifts the others when it moves. Names the fields that are different now.
    ///
    /// # Errors
    /// [`EnvironmentRefused::Absent`], [`EnvironmentRefused::SlugTaken`]; nothing is changed then.
    pub fn change(
        &mut self,
        id: EnvironmentId,
        change: EnvironmentChange,
        now: Timestamp,
    ) -> Result<Vec<&'static str>, EnvironmentRefused> {
        let from = self.0.iter().position(|environment| environment.id == id);
        let from = from.ok_or(EnvironmentRefused::Absent(id))?;
        if let Some(slug) = &change.slug
            && self.0.iter().any(|other| other.id != id && other.slug == *slug)
        {
            return Err(EnvironmentRefused::SlugTaken(slug.clone()));
        }
        let to = index(change.position, self.0.len() - 1).unwrap_or(from);
        let mut environment = self.0.remove(from);
        let mut changed = Vec::new();
        let mut set = |field: &'static str, value: &mut String, new: Option<String>| {
            if let Some(new) = new.filter(|new| new != value) {
                *value = new;
                changed.push(field);
            }
        };
        set("name", &mut environment.name, change.name);
        set("slug", &mut environment.slug, change.slug);
        if to != from {
            changed.push("position");
        }
        if !changed.is_empty() {
            environment.updated_at = now;
        }
        self.0.insert(to, environment);
        Ok(changed)
    }

    /// Takes an environment out, with the position that it had; those behind it move up.
    ///
    /// # Errors
    /// [`EnvironmentRefused::Absent`].
    pub fn remove(&mut self, id: EnvironmentId) -> Result<(usize, Environment), EnvironmentRefused> {
        let index = self.0.iter().position(|environment| environment.id == id);
        let index = index.ok_or(EnvironmentRefused::Absent(id))?;
        Ok((index + 1, self.0.remove(index)))
    }

    fn positioned(&self) -> impl Iterator<Item = (usize, &Environment)> {
        self.0.iter().enumerate().map(|(index, environment)| (index + 1, environment))
    }
}

/// The index that a position means where `last` is the last that makes sense; `None` for 0 and for no position.
fn index(position: Option<u64>, last: usize) -> Option<usize> {
    let before = position?.checked_sub(1)?;
    Some(usize::try_from(before).map_or(last, |index| index.min(last)))
}

#[cfg(test)]
mod tests;

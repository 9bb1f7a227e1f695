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
mod tests {
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
        let same = EnvironmentChange {
            name: Some("Development".into()),
            slug: Some("dev".into()),
            position: Some(1),
        };
        assert!(environments.change(id, same, later).unwrap().is_empty());
        assert_eq!(environments.find(id).unwrap().1.updated_at, now());
        let other = EnvironmentChange {
            name: Some("Dev".into()),
            slug: Some("development".into()),
            position: Some(2),
        };
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
}

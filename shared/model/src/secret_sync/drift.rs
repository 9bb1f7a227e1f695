//! What somebody else changed at the destination: looked for on schedule, without writing anything.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run::Lease;
use crate::Timestamp;
use crate::id::{ProjectId, SecretSyncId};
use crate::lease::LeaseLost;

/// The most names that a report keeps.
pub const MOST_DRIFTED: usize = 500;

/// When a sync's destination is looked at, and what was found last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSyncDrift {
    /// The sync.
    pub id: SecretSyncId,
    /// Its project.
    pub project_id: ProjectId,
    /// The hours between two looks; 0 is never.
    pub every_hours: u16,
    /// When a worker should look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Who is looking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// What was found last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<DriftReport>,
}

/// What one look at the destination found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftReport {
    /// When.
    pub checked_at: Timestamp,
    /// Why nothing could be found out, in public words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// How many names were compared.
    pub compared: u32,
    /// How many differ, also those that are not named.
    pub differing: u32,
    /// Which differ, at most [`MOST_DRIFTED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drifted: Vec<DriftedName>,
}

/// A name at the destination that is not as the sync left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftedName {
    /// The name there.
    pub name: String,
    /// The key that it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
    /// What is different.
    pub difference: Difference,
}

/// What is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// It has another value.
    Value,
    /// It is gone.
    Missing,
    /// It is encrypted with another KMS key.
    KmsKey,
    /// A tag that the sync set is missing or has another value.
    Tags,
    /// It carries another sync's tag, or none.
    Owner,
    /// It is of another type than the sync writes.
    Type,
}

impl Difference {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Missing => "missing",
            Self::KmsKey => "kms-key",
            Self::Tags => "tags",
            Self::Owner => "owner",
            Self::Type => "type",
        }
    }
}

impl SecretSyncDrift {
    /// The look-out of a new sync: the first look comes after one interval.
    #[must_use]
    pub fn new(id: SecretSyncId, project_id: ProjectId, every_hours: u16, now: Timestamp) -> Self {
        let due_at = interval(every_hours).map(|every| now.plus(every));
        Self { id, project_id, every_hours, due_at, lease: None, report: None }
    }

    /// With another interval, counted from now. The same interval changes nothing.
    #[must_use]
    pub fn every(&self, every_hours: u16, now: Timestamp) -> Self {
        if every_hours == self.every_hours {
            return self.clone();
        }
        let due_at = interval(every_hours).map(|every| now.plus(every));
        Self { every_hours, due_at, ..self.clone() }
    }

    /// Without what was found: the sync pushes into another place from now on.
    #[must_use]
    pub fn forgotten(&self) -> Self {
        Self { report: None, ..self.clone() }
    }

    /// Takes the look that is due, for whoever calls itself `token`, for `lease`; `None` when none is due or somebody is
    /// looking.
    #[must_use]
    pub fn claim(&self, now: Timestamp, token: &str, lease: Duration) -> Option<Self> {
        let due = self.due_at.is_some_and(|at| at <= now);
        let taken = self.lease.as_ref().is_some_and(|lease| lease.until > now);
        let until = now.plus(lease);
        (due && !taken).then(|| Self {
            lease: Some(Lease { token: token.to_owned(), until }),
            due_at: Some(until),
            ..self.clone()
        })
    }

    /// What was found; the next look comes after one interval.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else took over.
    pub fn finish(&self, token: &str, now: Timestamp, report: DriftReport) -> Result<Self, LeaseLost> {
        if self.lease.as_ref().is_none_or(|lease| lease.token != token) {
            return Err(LeaseLost);
        }
        let mut report = report;
        report.drifted.truncate(MOST_DRIFTED);
        let due_at = interval(self.every_hours).map(|every| now.plus(every));
        Ok(Self { due_at, lease: None, report: Some(report), ..self.clone() })
    }
}

fn interval(hours: u16) -> Option<Duration> {
    (hours > 0).then(|| Duration::from_secs(u64::from(hours) * 3_600))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_767_323_045 + hours * 3_600)
    }

    fn report(drifted: usize) -> DriftReport {
        let name =
            |n: usize| DriftedName { name: n.to_string(), secret_key: None, difference: Difference::Value };
        DriftReport {
            checked_at: at(24),
            failure: None,
            compared: 1_000,
            differing: u32::try_from(drifted).unwrap(),
            drifted: (0..drifted).map(name).collect(),
        }
    }

    fn check(every: u16) -> SecretSyncDrift {
        SecretSyncDrift::new(SecretSyncId::random(), ProjectId::random(), every, at(0))
    }

    #[test]
    fn a_destination_is_looked_at_once_in_each_interval() {
        let check = check(24);
        assert_eq!(check.due_at, Some(at(24)));
        assert_eq!(check.claim(at(23), "a", LEASE), None);
        let taken = check.claim(at(24), "a", LEASE).unwrap();
        assert_eq!(taken.claim(at(24), "b", LEASE), None, "somebody is looking");
        assert!(taken.claim(at(25), "b", LEASE).is_some(), "whoever died is missed");
        assert_eq!(taken.finish("b", at(24), report(0)), Err(LeaseLost));
        let done = taken.finish("a", at(25), report(2)).unwrap();
        assert_eq!((done.due_at, &done.lease), (Some(at(49)), &None));
        assert_eq!(done.report.unwrap().drifted.len(), 2);
    }

    #[test]
    fn an_interval_of_zero_is_never_and_a_new_one_counts_from_now() {
        let never = check(0);
        assert_eq!(never.due_at, None);
        assert_eq!(never.claim(at(1_000), "a", LEASE), None);
        assert_eq!(never.every(24, at(10)).due_at, Some(at(34)));
        assert_eq!(check(24).every(0, at(10)).due_at, None);
        let same = check(24);
        assert_eq!(same.every(24, at(10)), same);
    }

    #[test]
    fn a_report_names_as_many_as_fit_and_counts_all() {
        let taken = check(24).claim(at(24), "a", LEASE).unwrap();
        let report = taken.finish("a", at(24), report(MOST_DRIFTED + 1)).unwrap().report.unwrap();
        assert_eq!((report.drifted.len(), report.differing), (MOST_DRIFTED, 501));
    }
}

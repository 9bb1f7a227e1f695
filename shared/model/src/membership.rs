//! Who belongs to a project, and as what.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{MembershipId, OrganizationId, ProjectId};
use crate::permission::{Role, Scope, Scoped};

/// A person or a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A machine identity; its id is a UUID.
    Identity,
    /// A person; the id is the e-mail in lower case.
    User,
}

impl ActorKind {
    /// As tokens, audit records and the authorizer's context spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::User => "user",
        }
    }
}

/// What the id of a person without a verified address begins with; the `sub` claim follows.
pub const SUBJECT: &str = "sub:";

/// The longest e-mail address or subject that names a person, in bytes
/// (<https://www.rfc-editor.org/errata/eid1690>).
pub const LONGEST_PERSON: usize = 254;

/// An e-mail address as the id of the person who has it: in lower case. `None` for what is none, and for what could be
/// taken for another person's.
///
/// Lower case is ASCII's: beyond it different letters have the same one (`K`, the sign of the unit Kelvin, becomes `k`), and
/// two mailboxes would be one person. An address with such letters is none.
#[must_use]
pub fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.split_once('@')?;
    let lower = text.to_ascii_lowercase();
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let sound =
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && text.len() <= LONGEST_PERSON;
    (plain && sound && !lower.starts_with(SUBJECT) && lower == text.to_lowercase()).then_some(lower)
}

/// A person's or machine's membership of a project: one for each of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Its own id.
    pub id: MembershipId,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// The project.
    pub project_id: ProjectId,
    /// Whether a person or a machine belongs.
    pub actor_kind: ActorKind,
    /// The identity's UUID, or the person's e-mail in lower case.
    pub actor_id: String,
    /// The identity's name or the person's e-mail, for lists.
    pub actor_name: String,
    /// What it is there; the highest role that counts now decides.
    pub roles: Vec<MembershipRole>,
}

/// A role within a membership, for good or for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipRole {
    /// The role.
    pub role: Role,
    /// When it counts, unless always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary: Option<Temporary>,
}

/// The span in which a temporary role counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Temporary {
    /// As it was asked for: `30m`, `1h`, `7d`.
    pub range: String,
    /// Its first moment.
    pub starts_at: Timestamp,
    /// The first moment at which it no longer counts.
    pub ends_at: Timestamp,
}

impl MembershipRole {
    /// A role that counts always.
    #[must_use]
    pub const fn permanent(role: Role) -> Self {
        Self { role, temporary: None }
    }

    /// A role that counts from `starts_at` for as long as `range` says.
    #[must_use]
    pub fn temporary(role: Role, range: Range, starts_at: Timestamp) -> Self {
        let ends_at = starts_at.plus(range.span);
        Self { role, temporary: Some(Temporary { range: range.text, starts_at, ends_at }) }
    }
}

/// The longest range of a temporary role: ten years.
const LONGEST: Duration = Duration::from_secs(3_650 * 86_400);

/// How long a temporary role counts, as a number and a unit: `30m`, `1h`, `7 days`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    text: String,
    span: Duration,
}

/// The text was not a number and a unit, or a span of no time or of more than ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be a whole number and a unit (s, m, h, d, w, y), such as 30m or 1h, and at most ten years")]
pub struct NotARange;

impl std::str::FromStr for Range {
    type Err = NotARange;

    fn from_str(text: &str) -> Result<Self, NotARange> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).ok_or(NotARange)?;
        let (number, unit) = text.split_at(digits);
        // The units of the `ms` package, which the peer reads this with.
        let seconds = match unit.trim().to_ascii_lowercase().as_str() {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 7 * 86_400,
            "y" | "yr" | "yrs" | "year" | "years" => 31_557_600,
            _ => return Err(NotARange),
        };
        let number: u64 = number.parse().map_err(|_| NotARange)?;
        let span = Duration::from_secs(number.saturating_mul(seconds));
        if span.is_zero() || span > LONGEST {
            return Err(NotARange);
        }
        Ok(Self { text: text.to_owned(), span })
    }
}

impl Membership {
    /// The highest role that counts at `now`.
    #[must_use]
    pub fn role_at(&self, now: Timestamp) -> Role {
        let counts = |role: &&MembershipRole| {
            role.temporary.as_ref().is_none_or(|span| span.starts_at <= now && now < span.ends_at)
        };
        self.roles.iter().filter(counts).map(|role| role.role).max().unwrap_or(Role::NoAccess)
    }

    /// Whether a role is within what counts here at `now`: neither higher nor longer.
    #[must_use]
    pub fn covers(&self, wanted: &MembershipRole, now: Timestamp) -> bool {
        let end = wanted.temporary.as_ref().map(|span| span.ends_at);
        let covers = |own: &MembershipRole| {
            let lasts = own.temporary.as_ref().is_none_or(|span| {
                span.starts_at <= now && now < span.ends_at && end.is_some_and(|end| end <= span.ends_at)
            });
            lasts && wanted.role <= own.role
        };
        wanted.role == Role::NoAccess || self.roles.iter().any(covers)
    }
}

impl Scoped for Membership {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(1_767_323_045_678 + milliseconds)
    }

    fn membership(roles: Vec<MembershipRole>) -> Membership {
        Membership {
            id: MembershipId::random(),
            organization_id: OrganizationId::random(),
            project_id: ProjectId::random(),
            actor_kind: ActorKind::User,
            actor_id: "ada@example.com".to_owned(),
            actor_name: "ada@example.com".to_owned(),
            roles,
        }
    }

    fn hour(role: Role) -> MembershipRole {
        MembershipRole::temporary(role, "1h".parse().unwrap(), at(0))
    }

    #[test]
    fn a_temporary_role_counts_from_its_first_moment_until_its_last() {
        let member = membership(vec![MembershipRole::permanent(Role::Viewer), hour(Role::Admin)]);
        for (moment, role) in
            [(-1, Role::Viewer), (0, Role::Admin), (3_599_999, Role::Admin), (3_600_000, Role::Viewer)]
        {
            assert_eq!(member.role_at(at(moment)), role, "{moment}");
        }
    }

    #[test]
    fn when_no_role_counts_there_is_no_access() {
        assert_eq!(membership(vec![hour(Role::Admin)]).role_at(at(3_600_000)), Role::NoAccess);
        assert_eq!(membership(Vec::new()).role_at(at(0)), Role::NoAccess);
    }

    #[test]
    fn an_address_names_one_person_in_lower_case() {
        for (text, id) in [
            (" Ada@Example.com ", Some("ada@example.com")),
            ("josé@example.com", Some("josé@example.com")),
            ("ada@localhost", Some("ada@localhost")),
            // The Kelvin sign, whose lower case is a plain k; and a capital that only Unicode makes small.
            ("\u{212a}im@example.com", None),
            ("JOSÉ@example.com", None),
            ("sub:42@example.com", None),
            ("Sub:42@example.com", None),
            ("ada", None),
            ("@example.com", None),
            ("ada@", None),
            ("a@b@example.com", None),
            ("ada @example.com", None),
            ("ada\u{0}@example.com", None),
        ] {
            assert_eq!(address(text).as_deref(), id, "{text:?}");
        }
        assert_eq!(address(&format!("{}@example.com", "a".repeat(LONGEST_PERSON))), None);
    }

    #[test]
    fn ranges_are_a_number_and_a_unit() {
        for (text, seconds) in [
            ("1s", 1),
            ("30m", 1_800),
            ("1h", 3_600),
            ("7d", 604_800),
            ("2 Weeks", 1_209_600),
            ("1y", 31_557_600),
        ] {
            assert_eq!(text.parse::<Range>().unwrap().span, Duration::from_secs(seconds), "{text}");
        }
        for text in
            ["", "1", "h", "0h", "-1h", "1.5h", "1 fortnight", "11y", "99999999999999999999h", "1h ago"]
        {
            assert_eq!(text.parse::<Range>(), Err(NotARange), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_highest_role_that_counts_decides(
            roles in proptest::collection::vec((0_usize..4, proptest::option::of((-100_i64..100, 1_u64..100))), 0..6),
            moment in -150_i64..250,
        ) {
            let all = [Role::NoAccess, Role::Viewer, Role::Member, Role::Admin];
            let expected = roles
                .iter()
                .filter(|(_, span)| span.is_none_or(|(start, seconds)| {
                    (start..start + i64::try_from(seconds).unwrap()).contains(&moment)
                }))
                .map(|(role, _)| all[*role])
                .max();
            let roles = roles.iter().map(|(role, span)| match span {
                None => MembershipRole::permanent(all[*role]),
                Some((start, seconds)) => {
                    MembershipRole::temporary(all[*role], format!("{seconds}s").parse().unwrap(), at(start * 1_000))
                }
            });
            let member = membership(roles.collect());
            prop_assert_eq!(member.role_at(at(moment * 1_000)), expected.unwrap_or(Role::NoAccess));
        }
    }
}

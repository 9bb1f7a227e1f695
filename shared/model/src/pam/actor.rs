//! Who may use an account.

use serde::{Deserialize, Serialize};

use crate::form::{Form, rule};
use crate::id::IdentityId;
use crate::membership::ActorKind;
use crate::permission::{Action, Role, Subject};

/// Whoever asks to use an account, as the edge knows them.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Person or machine.
    pub kind: ActorKind,
    /// The identity's UUID, or the person's e-mail in lower case.
    pub id: &'a str,
    /// The e-mail that the company's provider vouches for.
    pub email: Option<&'a str>,
    /// The groups of the company's directory that the person is in.
    pub groups: &'a [String],
    /// What it is in the account's project.
    pub role: Role,
}

/// Who may use an account. Empty: the members of the project, by their role. Otherwise exactly those who are named, by
/// any of the four ways, and nobody else: a permanent administrator who wants in puts itself on the list, and the trail
/// shows it.
///
/// People named by e-mail or by group need not belong to the project: that is what naming a group is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessList {
    /// E-mails, in lower case.
    pub emails: Vec<String>,
    /// Groups of the company's directory, as its tokens spell them.
    pub groups: Vec<String>,
    /// Machine identities.
    pub identities: Vec<IdentityId>,
    /// Roles in the project.
    pub project_roles: Vec<Role>,
}

/// The longest each part of a list may be.
const MOST: usize = 100;

/// Roles that can be named: naming `no-access` would mean everybody.
const ROLES: &[(&str, Role)] = &[("admin", Role::Admin), ("member", Role::Member), ("viewer", Role::Viewer)];

impl AccessList {
    /// Whether nobody is named, so that the project's members decide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { emails, groups, identities, project_roles } = self;
        emails.is_empty() && groups.is_empty() && identities.is_empty() && project_roles.is_empty()
    }

    /// Whether they may use the account.
    #[must_use]
    pub fn admits(&self, asker: &Asker<'_>) -> bool {
        if self.is_empty() {
            return asker.role.allows_in_project(Action::Access, Subject::PamAccounts);
        }
        if self.project_roles.contains(&asker.role) {
            return true;
        }
        match asker.kind {
            ActorKind::User => {
                let named = |email: &str| self.emails.iter().any(|named| *named == email.to_lowercase());
                asker.email.is_some_and(named) || asker.groups.iter().any(|group| self.groups.contains(group))
            }
            ActorKind::Identity => self.identities.iter().any(|id| id.to_string() == asker.id),
        }
    }

    /// Whether somebody may use the account by this list who may not by `other`, as far as names tell: a person of a group
    /// who gets a name of their own counts.
    #[must_use]
    pub fn admits_more_than(&self, other: &Self) -> bool {
        fn gains<T: PartialEq>(mine: &[T], others: &[T]) -> bool {
            mine.iter().any(|one| !others.contains(one))
        }
        gains(&self.emails, &other.emails)
            || gains(&self.groups, &other.groups)
            || gains(&self.identities, &other.identities)
            || gains(&self.roles(), &other.roles())
    }

    /// The roles in the project that are enough.
    fn roles(&self) -> Vec<Role> {
        if self.is_empty() {
            let enough = |role: &Role| role.allows_in_project(Action::Access, Subject::PamAccounts);
            ROLES.iter().map(|(_, role)| *role).filter(enough).collect()
        } else {
            self.project_roles.clone()
        }
    }

    /// Reads the list's own fields.
    pub(super) fn read(form: &mut Form<'_>) -> Option<Self> {
        let email = rule::text(|text| match text.trim().to_lowercase() {
            email if email.contains('@') && (3..=254).contains(&email.len()) => Ok(email),
            _ => Err(vec![crate::form::Fault::invalid("email", "Invalid email")]),
        });
        let emails = form.or("emails", rule::list(0, MOST, email), Vec::new());
        let groups = form.or("groups", rule::list(0, MOST, rule::trimmed(1, 256)), Vec::new());
        let identities = form.or("identities", rule::list(0, MOST, rule::id()), Vec::new());
        let project_roles = form.or("projectRoles", rule::list(0, 3, rule::one_of(ROLES)), Vec::new());
        Some(Self {
            emails: emails?,
            groups: groups?,
            identities: identities?,
            project_roles: project_roles?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;
    use crate::form;

    fn person<'a>(email: &'a str, groups: &'a [String], role: Role) -> Asker<'a> {
        Asker { kind: ActorKind::User, id: email, email: Some(email), groups, role }
    }

    #[test]
    fn nobody_named_means_the_projects_members() {
        let list = AccessList::default();
        for (role, admitted) in
            [(Role::Admin, true), (Role::Member, true), (Role::Viewer, false), (Role::NoAccess, false)]
        {
            assert_eq!(list.admits(&person("ada@example.com", &[], role)), admitted, "{role:?}");
        }
    }

    #[test]
    fn whoever_is_named_by_any_way_is_admitted_and_nobody_else() {
        let id = IdentityId::random();
        let body = json!({ "emails": [" Ada@Example.com "], "groups": ["on-call"], "identities": [id], "projectRoles": ["admin"] });
        let list = form::read(&body, AccessList::read).unwrap();
        let on_call = ["on-call".to_owned()];
        let machine = |id: &str, role| {
            let id = id.to_owned();
            list.admits(&Asker { kind: ActorKind::Identity, id: &id, email: None, groups: &[], role })
        };
        assert!(list.admits(&person("ada@example.com", &[], Role::NoAccess)));
        assert!(list.admits(&person("bob@example.com", &on_call, Role::NoAccess)));
        assert!(list.admits(&person("bob@example.com", &[], Role::Admin)));
        assert!(!list.admits(&person("bob@example.com", &[], Role::Member)));
        assert!(machine(&id.to_string(), Role::NoAccess));
        assert!(!machine(&IdentityId::random().to_string(), Role::Member));
        // A machine is not admitted by a person's e-mail, whatever it calls itself.
        assert!(!machine("ada@example.com", Role::Member));
    }

    #[test]
    fn a_list_admits_more_when_it_names_somebody_new_or_opens_to_the_members() {
        let list = |body| form::read(&body, AccessList::read).unwrap();
        let id = IdentityId::random();
        let (nobody, ada) = (json!({}), json!({ "emails": ["ada@example.com"] }));
        for (after, before, more) in [
            (&nobody, &nobody, false),
            (&ada, &nobody, true),
            (&ada, &ada, false),
            (
                &json!({ "emails": ["ADA@example.com"] }),
                &json!({ "emails": ["ada@example.com", "bob@example.com"] }),
                false,
            ),
            (&json!({ "emails": ["ada@example.com"], "groups": ["on-call"] }), &ada, true),
            (&json!({ "emails": ["ada@example.com"], "identities": [id] }), &ada, true),
            (&json!({ "projectRoles": ["viewer"] }), &nobody, true),
            // Without a list the members and administrators may.
            (&nobody, &ada, true),
            (&json!({ "projectRoles": ["admin", "member"] }), &nobody, false),
            (&nobody, &json!({ "projectRoles": ["admin"] }), true),
            (&nobody, &json!({ "projectRoles": ["member", "admin"] }), false),
        ] {
            assert_eq!(
                list(after.clone()).admits_more_than(&list(before.clone())),
                more,
                "{after} after {before}"
            );
        }
    }

    #[test]
    fn a_person_without_email_is_not_admitted_by_one() {
        let list = AccessList { emails: vec!["sub-1".into()], ..AccessList::default() };
        let asker =
            Asker { kind: ActorKind::User, id: "sub-1", email: None, groups: &[], role: Role::Member };
        assert!(!list.admits(&asker));
    }

    #[test]
    fn what_cannot_be_named_is_refused() {
        for body in [
            json!({ "emails": ["ada"] }),
            json!({ "groups": [""] }),
            json!({ "identities": ["x"] }),
            json!({ "projectRoles": ["no-access"] }),
            json!({ "projectRoles": "admin" }),
        ] {
            assert!(form::read(&body, AccessList::read).is_err(), "{body}");
        }
    }
}

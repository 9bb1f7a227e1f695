//! People, by the tokens of the company's OpenID Connect provider.

use std::collections::HashSet;

use model::Timestamp;
use model::bearer::Refusal;
use model::membership::{ActorKind, LONGEST_PERSON, SUBJECT, address};
use model::permission::Role;
use serde_json::Value;
use tokens::{Issuer, IssuerError, Issuers};

use crate::answer::{Answer, Caller};

/// The most groups that are passed on: the gateway limits the size of a context.
const MAX_GROUPS: usize = 50;

/// The longest name of a group or person that is passed on.
const MAX_NAME_CHARACTERS: usize = 128;

/// The company's people: whose tokens they have, and which of them administer.
#[derive(Debug)]
pub struct People {
    issuer: Issuer,
    administrators: HashSet<String>,
}

impl People {
    /// People with tokens of `issuer`; those with one of the e-mail addresses administer.
    #[must_use]
    pub fn new(issuer: Issuer, administrators: &[String]) -> Self {
        let administrators = administrators.iter().filter_map(|email| address(email)).collect();
        Self { issuer, administrators }
    }

    pub(crate) fn are_of(&self, issuer: &str) -> bool {
        self.issuer.name == issuer
    }

    pub(crate) async fn caller(
        &self,
        issuers: &Issuers,
        token: &str,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let claims = issuers.verify(&self.issuer, token, now).await.map_err(|error| match error {
            IssuerError::Refused(refused) => refused.into(),
            IssuerError::Unavailable(_) => Refusal::Unavailable,
        })?;
        self.person(&claims).map(Answer::caller)
    }

    /// Who the claims of a verified token describe. An address that the provider has not verified is no address:
    /// with some providers people choose it themselves.
    fn person(&self, claims: &Value) -> Result<Caller, Refusal> {
        let text = |name: &str| {
            claims.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
        };
        let verified = match claims.get("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            Some(Value::String(text)) => text == "true",
            Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => false,
        };
        let email = text("email").filter(|_| verified).and_then(address);
        // Memberships are given to addresses. A subject that looks like one must not be taken for it.
        let subject = text("sub").filter(|sub| sub.len() <= LONGEST_PERSON);
        let id = email.clone().or_else(|| subject.map(|sub| format!("{SUBJECT}{sub}")));
        let id = id.ok_or(Refusal::Malformed)?;
        let administers = email.as_ref().is_some_and(|email| self.administrators.contains(email));
        let groups = claims.get("groups").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let expires_at = claims.get("exp").and_then(Value::as_i64).map(Timestamp::from_unix_seconds);
        Ok(Caller {
            kind: ActorKind::User.name(),
            name: shortened(text("name").unwrap_or(&id)),
            id,
            email: email.unwrap_or_default(),
            groups: named(groups),
            organization_role: if administers { Role::Admin } else { Role::Member },
            auth_method: "oidc",
            token_id: None,
            expires_at,
        })
    }
}

/// The groups by their whole names. One that is too long is left out: its beginning may be another group's name.
fn named(groups: &[Value]) -> Vec<String> {
    let groups = groups.iter().filter_map(Value::as_str);
    let short = groups.filter(|group| group.chars().count() <= MAX_NAME_CHARACTERS);
    short.take(MAX_GROUPS).map(str::to_owned).collect()
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_NAME_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn person(claims: Value) -> Result<(String, String, &'static str), Refusal> {
        let issuer = Issuer {
            name: "https://login.example".to_owned(),
            url: "https://login.example".parse().expect("a URL"),
            ca_cert: String::new(),
            audience: Some("drawbridge".to_owned()),
        };
        let people = People::new(issuer, &["Ada@Example.com".to_owned()]);
        people.person(&claims).map(|person| (person.id, person.email, person.organization_role.name()))
    }

    #[test]
    fn no_group_is_taken_for_one_that_its_name_begins_with() {
        let long = "g".repeat(MAX_NAME_CHARACTERS);
        let groups = [json!(format!("{long}g")), json!(long), json!(7), json!("ops")];
        assert_eq!(named(&groups), [long.as_str(), "ops"]);
    }

    #[test]
    fn only_a_verified_address_names_or_raises_a_person() {
        let who = |id: &str, email: &str, role| Ok((id.to_owned(), email.to_owned(), role));
        for (claims, expected) in [
            (
                json!({ "sub": "1", "email": "ADA@example.com", "email_verified": true }),
                who("ada@example.com", "ada@example.com", "admin"),
            ),
            (
                json!({ "sub": "1", "email": "ada@example.com", "email_verified": "true" }),
                who("ada@example.com", "ada@example.com", "admin"),
            ),
            (
                json!({ "sub": "1", "email": "ada@example.com", "email_verified": false }),
                who("sub:1", "", "member"),
            ),
            (
                json!({ "sub": "1", "email": "ada@example.com", "email_verified": "false" }),
                who("sub:1", "", "member"),
            ),
            (json!({ "sub": "1", "email": "ada@example.com" }), who("sub:1", "", "member")),
            (json!({ "sub": "ada@example.com" }), who("sub:ada@example.com", "", "member")),
            (
                json!({ "sub": "2", "email": "bob@example.com", "email_verified": true }),
                who("bob@example.com", "bob@example.com", "member"),
            ),
            // The Kelvin sign: its lower case is the k of another mailbox.
            (
                json!({ "sub": "3", "email": "\u{212a}im@example.com", "email_verified": true }),
                who("sub:3", "", "member"),
            ),
            (json!({ "sub": "4", "email": "sub:1", "email_verified": true }), who("sub:4", "", "member")),
            (json!({ "email_verified": true }), Err(Refusal::Malformed)),
            (json!({ "sub": "s".repeat(255) }), Err(Refusal::Malformed)),
        ] {
            assert_eq!(person(claims.clone()), expected, "{claims}");
        }
    }
}

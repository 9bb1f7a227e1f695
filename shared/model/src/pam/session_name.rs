//! Under which name a person appears in the customer's account.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::id::IdentityId;

/// The longest that AWS takes (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const LONGEST: usize = 64;

/// So many hexadecimal digits of a hash, 80 bits, stand for what had to be left out of a name.
const HASH: usize = 20;

/// The RoleSessionName of a person or a machine: 2 to 64 of `[\w+=,.@-]`. Two of them never share one.
///
/// A person's is the e-mail in lower case. Where that does not fit or holds other characters, these become `_`, the
/// text is cut, and `=` and a hash of the whole e-mail follow; an e-mail that happens to end like that gets a hash too, so
/// that what is unchanged and what was changed cannot meet. A machine's has no `@`, which every e-mail has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionName(String);

impl SessionName {
    /// The name of the person with this e-mail; `None` when the text is no e-mail.
    #[must_use]
    pub fn of_person(email: &str) -> Option<Self> {
        let email = email.trim().to_lowercase();
        if email.len() < 3 || !email.contains('@') {
            return None;
        }
        let clean: String = email.chars().map(|c| if is_allowed(c) { c } else { '_' }).collect();
        if clean == email && clean.len() <= LONGEST && !ends_in_hash(&clean) {
            return Some(Self(clean));
        }
        let hash = hex::encode(Sha256::digest(email.as_bytes()));
        // Every character is ASCII by now, so that bytes are characters.
        let beginning = clean.get(..LONGEST - 1 - HASH).unwrap_or(&clean);
        Some(Self(format!("{beginning}={}", &hash[..HASH])))
    }

    /// The name of a machine identity.
    #[must_use]
    pub fn of_identity(id: IdentityId) -> Self {
        Self(format!("identity-{id}"))
    }

    /// The text that AWS gets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

fn ends_in_hash(name: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.rsplit_once('=').is_some_and(|(_, end)| end.len() == HASH && end.bytes().all(digit))
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn name(email: &str) -> String {
        SessionName::of_person(email).unwrap().to_string()
    }

    #[test]
    fn an_ordinary_email_is_the_name_itself() {
        for email in ["ada@example.com", "a.b+c=d,e_f-g@x-y.example", "1@2"] {
            assert_eq!(name(email), email);
        }
        assert_eq!(name(" Ada@Example.COM "), "ada@example.com");
    }

    #[test]
    fn what_aws_does_not_take_is_replaced_and_told_apart_by_a_hash() {
        assert_eq!(name("o'hara@example.com"), "o_hara@example.com=7701f8a21259dafb4c0c");
        let alike = ["o'hara@example.com", "o`hara@example.com", "o_hara@example.com", "ö_hara@example.com"];
        let names: std::collections::HashSet<String> = alike.into_iter().map(name).collect();
        assert_eq!(names.len(), alike.len());
    }

    #[test]
    fn a_long_email_is_cut_and_told_apart_by_a_hash() {
        let (one, other) =
            (format!("{}1@example.com", "a".repeat(60)), format!("{}2@example.com", "a".repeat(60)));
        assert_eq!((name(&one).len(), name(&other).len()), (64, 64));
        assert_ne!(name(&one), name(&other));
        let exactly = format!("{}@example.com", "a".repeat(52));
        assert_eq!(name(&exactly), exactly);
    }

    #[test]
    fn nobody_can_choose_an_email_that_is_another_persons_name() {
        let victim = name("o'hara@example.com");
        assert_ne!(name(&victim), victim);
    }

    #[test]
    fn what_is_no_email_names_nobody() {
        for text in ["", " ", "@", "a@", "ada", "auth0|12345"] {
            assert_eq!(SessionName::of_person(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_machine_is_no_person() {
        let machine = SessionName::of_identity("7ffbb072-2575-495a-b5b0-127f88caef78".parse().unwrap());
        assert_eq!(machine.as_str(), "identity-7ffbb072-2575-495a-b5b0-127f88caef78");
        assert_eq!(SessionName::of_person(machine.as_str()), None);
    }

    proptest! {
        #[test]
        fn every_name_is_one_that_aws_takes(email in "\\PC{0,80}@\\PC{1,60}") {
            if let Some(name) = SessionName::of_person(&email) {
                prop_assert!((2..=64).contains(&name.as_str().len()));
                prop_assert!(name.as_str().chars().all(is_allowed), "{name}");
            }
        }

        #[test]
        fn two_people_never_share_a_name(
            emails in proptest::collection::hash_set("[abAÄ_=']{1,3}[a-c=]{0,70}@[ab]{1,2}(=[0-9a-f]{20})?", 2..40)
        ) {
            let mut owners: HashMap<SessionName, String> = HashMap::new();
            for email in emails {
                let lower = email.to_lowercase();
                let name = SessionName::of_person(&email).unwrap();
                if let Some(other) = owners.insert(name, lower.clone()) {
                    prop_assert_eq!(other, lower);
                }
            }
        }
    }
}

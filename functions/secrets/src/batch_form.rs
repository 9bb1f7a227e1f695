//! What a request about many secrets of a folder says.

use model::form::{Form, Read, rule};
use model::secret::{SecretName, SecretPath};

use crate::secret_form::{Said, personal};
use crate::secret_place::SecretPlace;

/// The most secrets of one request: validated together, and written within the time that clients wait.
pub(crate) const MOST: usize = 1_000;

/// New secrets.
#[derive(Debug)]
pub(crate) struct CreateMany {
    pub(crate) place: SecretPlace,
    pub(crate) secrets: Vec<(SecretName, Said)>,
}

/// Changes of secrets.
#[derive(Debug)]
pub(crate) struct UpdateMany {
    pub(crate) place: SecretPlace,
    pub(crate) mode: Mode,
    pub(crate) secrets: Vec<Update>,
}

/// The change of one secret among many.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) name: SecretName,
    /// Another folder than the request's.
    pub(crate) path: Option<SecretPath>,
    pub(crate) new_name: Option<SecretName>,
    pub(crate) said: Said,
}

/// What becomes of a change of a secret that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing of the request is done.
    FailOnNotFound,
    /// It is left out.
    Ignore,
    /// The secret is made.
    Upsert,
}

/// Secrets that go.
#[derive(Debug)]
pub(crate) struct DeleteMany {
    pub(crate) place: SecretPlace,
    /// Their names, and whether the caller's own is meant. What is no name is nobody's.
    pub(crate) secrets: Vec<(String, bool)>,
}

impl Read for CreateMany {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let place = SecretPlace::body(form);
        let secrets = many(form, |form| {
            let name = form.required("secretKey", rule::parsed());
            let said = Said::new_form(form);
            Some((name?, said?))
        });
        Some(Self { place: place?, secrets: secrets? })
    }
}

impl Read for UpdateMany {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        const MODES: &[(&str, Mode)] =
            &[("failOnNotFound", Mode::FailOnNotFound), ("ignore", Mode::Ignore), ("upsert", Mode::Upsert)];
        let place = SecretPlace::body(form);
        let mode = form.or("mode", rule::one_of(MODES), Mode::FailOnNotFound);
        let secrets = many(form, |form| {
            let name = form.required("secretKey", rule::parsed());
            let path = form.nullish("secretPath", rule::parsed());
            let new_name = form.nullish("newSecretName", rule::parsed());
            let said = Said::form(form);
            Some(Update { name: name?, path: path?, new_name: new_name?, said: said? })
        });
        Some(Self { place: place?, mode: mode?, secrets: secrets? })
    }
}

impl Read for DeleteMany {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let place = SecretPlace::body(form);
        let secrets = many(form, |form| {
            let name = form.required("secretKey", rule::string(0, 1_024));
            let personal = personal(form);
            Some((name?, personal?))
        });
        Some(Self { place: place?, secrets: secrets? })
    }
}

fn many<T>(form: &mut Form<'_>, reader: impl FnMut(&mut Form<'_>) -> Option<T>) -> Option<Vec<T>> {
    match form.optional_objects("secrets", 1, reader)? {
        Some(secrets) if secrets.len() <= MOST => Some(secrets),
        Some(_) => form.refuse("secrets", format!("Array must contain at most {MOST} element(s)")),
        None => form.refuse("secrets", "Required"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use model::form;
    use secrecy::ExposeSecret as _;
    use serde_json::{Value, json};

    use super::*;

    fn body(secrets: Value) -> Value {
        json!({ "workspaceId": "w", "environment": "dev", "secrets": secrets })
    }

    #[test]
    fn each_secret_is_read_like_one_alone() {
        let made = form::read(
            &body(json!([{ "secretKey": " A ", "secretValue": " 1 ", "tagIds": [] }, { "secretKey": "B", "secretValue": "" }])),
            CreateMany::read,
        )
        .unwrap();
        let read: Vec<_> = made
            .secrets
            .iter()
            .map(|(name, said)| (name.as_str(), said.value.as_ref().unwrap().expose_secret()))
            .collect();
        assert_eq!(read, [("A", "1"), ("B", "")]);
        let changed = form::read(
            &body(json!([{ "secretKey": "A", "secretPath": "x/", "newSecretName": "B" }])),
            UpdateMany::read,
        )
        .unwrap();
        assert_eq!(changed.mode, Mode::FailOnNotFound);
        assert_eq!(changed.secrets[0].path.as_ref().unwrap().as_str(), "/x");
        assert_eq!(changed.secrets[0].new_name.as_ref().unwrap().as_str(), "B");
        let gone =
            form::read(&body(json!([{ "secretKey": "a:b", "type": "personal" }])), DeleteMany::read).unwrap();
        assert_eq!(gone.secrets, [("a:b".to_owned(), true)]);
    }

    #[test]
    fn a_broken_rule_names_the_place_in_the_list() {
        let issues = form::read(
            &body(json!([{ "secretKey": "A", "secretValue": "" }, { "secretKey": "a/b" }])),
            CreateMany::read,
        )
        .unwrap_err();
        let text = issues.to_string();
        assert!(text.contains("secrets.1.secretKey") && text.contains("secrets.1.secretValue"), "{text}");
    }

    #[test]
    fn a_batch_has_a_first_and_a_last() {
        let many = |count: usize| {
            let secrets: Vec<_> =
                (0..count).map(|n| json!({ "secretKey": n.to_string(), "secretValue": "" })).collect();
            form::read(&body(json!(secrets)), CreateMany::read)
        };
        assert!(many(0).is_err());
        assert!(many(MOST).is_ok());
        assert!(many(MOST + 1).unwrap_err().to_string().contains("1000"));
        assert!(form::read(&json!({ "environment": "dev" }), CreateMany::read).is_err());
    }
}

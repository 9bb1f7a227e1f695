//! One step at Secrets Manager.

use aws_sdk_secretsmanager::types::Tag;
use futures::future::join_all;
use model::secret_sync::ownership::Owner;
use model::secret_sync::plan::{Action, Presence, Rule, Step, Write};
use secrecy::ExposeSecret as _;

use super::SecretsManager;
use crate::api::Api;
use crate::{Error, Outcome};

const EXISTS: &str = "ResourceExistsException";
const INVALID_REQUEST: &str = "InvalidRequestException";
/// The alias that puts a secret back under the service's default key.
const DEFAULT_KEY: &str = "alias/aws/secretsmanager";

/// Why a step did not succeed.
enum Stop {
    /// Its first call failed.
    First(Error),
    Aws(Error),
    Rule(Rule),
}

impl Stop {
    /// The same after a call that succeeded.
    fn not_first(self) -> Self {
        match self {
            Self::First(error) => Self::Aws(error),
            other @ (Self::Aws(_) | Self::Rule(_)) => other,
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Aws(error)
    }
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::First(error) => Self::of_first_call(error),
            Stop::Aws(error) => error.into(),
            Stop::Rule(rule) => rule.into(),
        }
    }
}

type Version = Option<String>;

impl SecretsManager {
    pub(crate) async fn apply(&self, step: &Step) -> Outcome {
        let name = step.name.as_str();
        let done = match &step.action {
            Action::Create(write) => self.create(name, write).await,
            Action::Restore(write) => self.restore(name, write).await,
            Action::Update(write) => self.update(name, write, write.changes.value).await,
            Action::Adopt(write) => self.take_over(name, write).await,
            Action::Delete => self.remove(name).await,
        };
        done.map_or_else(Outcome::from, |version| Outcome::Done { version })
    }

    pub(crate) async fn delete(&self, steps: &[&Step]) -> Vec<Outcome> {
        join_all(steps.iter().map(|step| self.apply(step))).await
    }

    async fn create(&self, name: &str, write: &Write) -> Result<Version, Stop> {
        let send = || {
            self.client
                .create_secret()
                .name(name)
                .client_request_token(&write.token)
                .secret_string(write.value.expose_secret())
                .set_kms_key_id(write.key_id.clone())
                .set_tags(Some(sdk_tags(&write.set_tags)))
                .send()
        };
        match self.caller.call_with(Api::CreateSecret, name, Some(&write.value), send).await {
            Ok(answer) => Ok(answer.version_id),
            // Made since it was looked for: by our own call whose answer was lost, or by somebody else.
            Err(error) if error.code() == Some(EXISTS) => self.exists_already(name, write, error).await,
            Err(error) if error.code() == Some(INVALID_REQUEST) => {
                self.exists_already(name, write, error).await
            }
            Err(error) => Err(Stop::First(error)),
        }
    }

    /// What follows when a name that was free is not.
    async fn exists_already(&self, name: &str, write: &Write, error: Error) -> Result<Version, Stop> {
        let Some(there) = self.describe(name).await? else { return Err(error.into()) };
        match (self.owner(&there.tags), there.presence) {
            (Owner::This, Presence::Live) if there.version.as_ref() == Some(&write.token) => {
                Ok(there.version)
            }
            (Owner::This, Presence::Live) => self.update(name, write, true).await,
            (Owner::This, Presence::Deleted { .. }) => self.restore(name, write).await,
            (Owner::Nobody, Presence::Deleted { at }) => Err(Stop::Rule(Rule::ScheduledForDeletion { at })),
            (Owner::Nobody, Presence::Live) => Err(Stop::Rule(Rule::OwnedByNobody)),
            (Owner::Another(id), _) => Err(Stop::Rule(Rule::OwnedByAnother(id))),
        }
    }

    /// The documented policy has no RestoreSecret: then its name is told, with the date that AWS gives.
    async fn restore(&self, name: &str, write: &Write) -> Result<Version, Stop> {
        let send = || self.client.restore_secret().secret_id(name).send();
        match self.caller.call(Api::RestoreSecret, name, send).await {
            Ok(_) => self.adopt(name, write, true).await.map_err(Stop::not_first),
            Err(error) if error.is_access_denied() => {
                let at = match self.describe(name).await?.map(|there| there.presence) {
                    Some(Presence::Deleted { at }) => at,
                    Some(Presence::Live) | None => None,
                };
                Err(Stop::Rule(Rule::NotRestored { at, why: error.to_string() }))
            }
            // Restored since it was looked for: by our own call whose answer was lost.
            Err(error) if error.code() == Some(INVALID_REQUEST) => match self.describe(name).await? {
                Some(there) if there.presence == Presence::Live => self.take_over(name, write).await,
                Some(_) | None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Whose it is is asked once more: another sync that took it since the plan was made would lose its tag.
    async fn take_over(&self, name: &str, write: &Write) -> Result<Version, Stop> {
        match self.describe(name).await?.map(|there| self.owner(&there.tags)) {
            Some(Owner::Another(id)) => Err(Stop::Rule(Rule::OwnedByAnother(id))),
            Some(Owner::This | Owner::Nobody) | None => self.adopt(name, write, write.changes.value).await,
        }
    }

    /// Tags first: whoever is interrupted here finds its own secret again.
    async fn adopt(&self, name: &str, write: &Write, value: bool) -> Result<Version, Stop> {
        self.set_tags(name, write).await.map_err(Stop::First)?;
        self.remove_tags(name, write).await?;
        self.write(name, write, value).await
    }

    async fn update(&self, name: &str, write: &Write, value: bool) -> Result<Version, Stop> {
        let version = self.write(name, write, value).await?;
        self.set_tags(name, write).await?;
        self.remove_tags(name, write).await?;
        Ok(version)
    }

    /// The value and the key, where they differ.
    async fn write(&self, name: &str, write: &Write, value: bool) -> Result<Version, Stop> {
        if !value && !write.changes.kms_key {
            return Ok(write.there.clone());
        }
        let key = write.key_id.clone().or_else(|| Some(DEFAULT_KEY.to_owned()));
        let send = || {
            let mut request = self.client.update_secret().secret_id(name);
            if write.changes.kms_key {
                request = request.set_kms_key_id(key.clone());
            }
            if value {
                request =
                    request.client_request_token(&write.token).secret_string(write.value.expose_secret());
            }
            request.send()
        };
        let answer = self.caller.call_with(Api::UpdateSecret, name, Some(&write.value), send).await?;
        Ok(answer.version_id.filter(|_| value).or_else(|| write.there.clone()))
    }

    async fn set_tags(&self, name: &str, write: &Write) -> Result<(), Error> {
        if write.set_tags.is_empty() {
            return Ok(());
        }
        let tags = sdk_tags(&write.set_tags);
        let send = || self.client.tag_resource().secret_id(name).set_tags(Some(tags.clone())).send();
        self.caller.call(Api::TagSecret, name, send).await.map(drop)
    }

    async fn remove_tags(&self, name: &str, write: &Write) -> Result<(), Error> {
        if write.remove_tags.is_empty() {
            return Ok(());
        }
        let keys = write.remove_tags.clone();
        let send = || self.client.untag_resource().secret_id(name).set_tag_keys(Some(keys.clone())).send();
        self.caller.call(Api::UntagSecret, name, send).await.map(drop)
    }

    /// Its tags are asked for once more: what was ours when the plan was made may have been given away since.
    async fn remove(&self, name: &str) -> Result<Version, Stop> {
        let Some(there) = self.describe(name).await? else { return Ok(None) };
        match self.owner(&there.tags) {
            Owner::This => {}
            Owner::Another(id) => return Err(Stop::Rule(Rule::OwnedByAnother(id))),
            Owner::Nobody => return Err(Stop::Rule(Rule::OwnedByNobody)),
        }
        if there.presence != Presence::Live {
            return Ok(None);
        }
        let days = i64::from(self.site.options.recovery_window_days());
        let send = || self.client.delete_secret().secret_id(name).recovery_window_in_days(days).send();
        match self.caller.call(Api::DeleteSecret, name, send).await {
            Ok(_) => Ok(None),
            // Scheduled for deletion since it was looked for: by our own call whose answer was lost.
            Err(error) if error.code() == Some(INVALID_REQUEST) => match self.describe(name).await? {
                Some(there) if there.presence == Presence::Live => Err(error.into()),
                Some(_) | None => Ok(None),
            },
            Err(error) => Err(error.into()),
        }
    }
}

fn sdk_tags(tags: &[model::secret_sync::Tag]) -> Vec<Tag> {
    tags.iter().map(|tag| Tag::builder().key(&tag.key).value(&tag.value).build()).collect()
}

//! Steps at Parameter Store.

use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use futures::future::join_all;
use model::secret_sync::ownership::{self, Owner};
use model::secret_sync::plan::{Action, Rule, Step, Tier, Write};
use secrecy::ExposeSecret as _;

use super::ParameterStore;
use super::tags::sdk_tags;
use crate::api::Api;
use crate::{Error, Outcome};

const EXISTS: &str = "ParameterAlreadyExists";

/// The version of a parameter that was just made.
const FIRST_VERSION: &str = "1";

/// What is put, and how.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Put {
    /// With its tags, and only if nothing is there.
    New,
    /// Over what is there. AWS takes no tags with it.
    Over,
}

impl ParameterStore {
    pub(crate) async fn apply(&self, step: &Step) -> Outcome {
        let name = step.name.as_str();
        let done = match &step.action {
            Action::Create(write) | Action::Restore(write) => self.create(name, write).await,
            Action::Update(write) => self.update(name, write).await,
            Action::Adopt(write) => self.adopt(name, write).await,
            Action::Delete => {
                return self.delete(&[step]).await.pop().unwrap_or(Outcome::NotStarted);
            }
        };
        done.unwrap_or_else(Outcome::from)
    }

    async fn create(&self, name: &str, write: &Write) -> Result<Outcome, Error> {
        match self.put(name, write, Put::New).await {
            Ok(version) => Ok(done(version)),
            // Made since it was looked for: by our own call whose answer was lost, or by somebody else.
            Err(error) if error.code() == Some(EXISTS) => match self.tags_of(name).await? {
                Some(tags) => match self.owner(&tags) {
                    Owner::This => Ok(done(self.put(name, write, Put::Over).await?)),
                    Owner::Nobody => Ok(Rule::OwnedByNobody.into()),
                    Owner::Another(id) => Ok(Rule::OwnedByAnother(id).into()),
                },
                None => Err(error),
            },
            Err(error) => Ok(Outcome::of_first_call(error)),
        }
    }

    async fn update(&self, name: &str, write: &Write) -> Result<Outcome, Error> {
        if write.is_vouched
            && let Some(outcome) = self.is_not_ours(name).await?
        {
            return Ok(outcome);
        }
        let version = self.put_changes(name, write).await?;
        self.tag(name, &write.set_tags).await?;
        self.untag(name, &write.remove_tags).await?;
        Ok(done(version))
    }

    /// Whose tag is on it now, where the ledger alone said that it is ours; `None` when it still is.
    async fn is_not_ours(&self, name: &str) -> Result<Option<Outcome>, Error> {
        let Some(tags) = self.tags_of(name).await? else {
            // Gone since it was read. The tags of a new one are not all in this write: the next run makes it.
            let why = format!("{name} was deleted while this run went on");
            return Ok(Some(Outcome::Failed { rule: Rule::Aws(why), later: true, is_untouched: true }));
        };
        Ok(match self.owner(&tags) {
            Owner::This => None,
            Owner::Nobody => Some(Rule::OwnedByNobody.into()),
            Owner::Another(id) => Some(Rule::OwnedByAnother(id).into()),
        })
    }

    /// Tags first: whoever is interrupted here finds its own parameter again. But before that whose it is is asked once more:
    /// another sync that took it since the plan was made would lose its tag.
    async fn adopt(&self, name: &str, write: &Write) -> Result<Outcome, Error> {
        if let Some(Owner::Another(id)) = self.tags_of(name).await?.map(|tags| self.owner(&tags)) {
            return Ok(Rule::OwnedByAnother(id).into());
        }
        if let Err(error) = self.tag(name, &write.set_tags).await {
            return Ok(Outcome::of_first_call(error));
        }
        self.untag(name, &write.remove_tags).await?;
        Ok(done(self.put_changes(name, write).await?))
    }

    async fn put_changes(&self, name: &str, write: &Write) -> Result<Option<String>, Error> {
        if write.changes.value || write.changes.kms_key {
            let version = self.put(name, write, Put::Over).await?;
            if version.as_deref() == Some(FIRST_VERSION) {
                // It was deleted since it was read, and AWS made another one, without tags.
                self.tag(name, &ownership::tags(self.site.sync)).await?;
            }
            Ok(version)
        } else {
            Ok(write.there.clone())
        }
    }

    async fn put(&self, name: &str, write: &Write, put: Put) -> Result<Option<String>, Error> {
        let tier = Tier::of(&write.value);
        match self.put_as(name, write, put, tier).await {
            // It was advanced once, which cannot be undone; nothing but this refusal tells.
            Err(error) if tier == Tier::Standard && error.message().contains("advanced-parameter tier") => {
                self.put_as(name, write, put, Tier::Advanced).await
            }
            other => other,
        }
    }

    async fn put_as(&self, name: &str, write: &Write, put: Put, tier: Tier) -> Result<Option<String>, Error> {
        let tags = match put {
            Put::New => Some(sdk_tags(&write.set_tags, Api::PutParameter, name)?),
            Put::Over => None,
        };
        let tier = match tier {
            Tier::Standard => ParameterTier::Standard,
            Tier::Advanced => ParameterTier::Advanced,
        };
        let send = || {
            self.client
                .put_parameter()
                .name(name)
                .value(write.value.expose_secret())
                .r#type(ParameterType::SecureString)
                .tier(tier.clone())
                .overwrite(put == Put::Over)
                .set_key_id(write.key_id.clone())
                .set_tags(tags.clone())
                .send()
        };
        let answer = self.caller.call_with(Api::PutParameter, name, Some(&write.value), send).await?;
        Ok(Some(answer.version.to_string()))
    }

    /// Their tags are asked for first, each one's: the ledger alone is no reason to delete.
    pub(crate) async fn delete(&self, steps: &[&Step]) -> Vec<Outcome> {
        let verdicts = join_all(steps.iter().map(|step| self.may_delete(&step.name))).await;
        let names: Vec<String> = steps
            .iter()
            .zip(&verdicts)
            .filter(|(_, verdict)| verdict.is_none())
            .map(|(step, _)| step.name.clone())
            .collect();
        let mut deleted = self.delete_names(&names).await.into_iter();
        let mut outcome = || deleted.next().unwrap_or(Outcome::NotStarted);
        verdicts.into_iter().map(|verdict| verdict.unwrap_or_else(&mut outcome)).collect()
    }

    /// Deletes up to ten in one call; each by its own where AWS refuses them together, for one that the role may not delete has
    /// the others refused with it. The outcomes are in the order of the names.
    ///
    /// What is refused and not there is deleted: our session may delete what has the sync's tag, and what is gone has none. So
    /// AWS answers a call that the SDK repeats, since the answer to the first was lost.
    async fn delete_names(&self, names: &[String]) -> Vec<Outcome> {
        match (self.delete_at_once(names).await, names) {
            (Ok(left), _) => names.iter().map(|name| deleted(name, &left)).collect(),
            (Err(error @ Error::Refused { .. }), [name]) => match self.tags_of(name).await {
                Ok(None) => vec![done(None)],
                Ok(Some(_)) | Err(_) => vec![error.into()],
            },
            (Err(Error::Refused { .. }), _) => {
                let alone = names.iter().map(|name| Box::pin(self.delete_names(std::slice::from_ref(name))));
                join_all(alone).await.into_iter().flatten().collect()
            }
            (Err(error), _) => names.iter().map(|_| error.clone().into()).collect(),
        }
    }

    /// `None` when it may be deleted, else what became of it.
    async fn may_delete(&self, name: &str) -> Option<Outcome> {
        match self.tags_of(name).await {
            Ok(None) => Some(done(None)),
            Ok(Some(tags)) => match self.owner(&tags) {
                Owner::This => None,
                Owner::Nobody => Some(Rule::OwnedByNobody.into()),
                Owner::Another(id) => Some(Rule::OwnedByAnother(id).into()),
            },
            Err(error) => Some(error.into()),
        }
    }

    /// Deletes up to ten, and answers those that are still there. `InvalidParameters` are names that AWS did not delete: most
    /// often because they are gone already, which is asked.
    async fn delete_at_once(&self, names: &[String]) -> Result<Vec<String>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let resource = names.join(", ");
        let send = || self.client.delete_parameters().set_names(Some(names.to_vec())).send();
        let answer = self.caller.call(Api::DeleteParameters, &resource, send).await?;
        let deleted = answer.deleted_parameters.unwrap_or_default();
        let open: Vec<String> = names.iter().filter(|name| !deleted.contains(name)).cloned().collect();
        if open.is_empty() {
            return Ok(open);
        }
        let resource = open.join(", ");
        let send =
            || self.client.get_parameters().set_names(Some(open.clone())).with_decryption(false).send();
        let answer = self.caller.call(Api::GetParameters, &resource, send).await?;
        Ok(answer.parameters.unwrap_or_default().into_iter().filter_map(|parameter| parameter.name).collect())
    }
}

/// What became of a name when those in `left` are still there.
fn deleted(name: &String, left: &[String]) -> Outcome {
    if left.contains(name) {
        let why = "AWS calls the name invalid and keeps the parameter";
        return Rule::Aws(format!("ssm:DeleteParameters on {name}: {why}")).into();
    }
    done(None)
}

const fn done(version: Option<String>) -> Outcome {
    Outcome::Done { version }
}

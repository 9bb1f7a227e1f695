//! What is there: by our tag, and by the wanted names.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use model::secret_sync::Destination;
use model::secret_sync::ownership::{Owner, SECRET_SYNC};
use model::secret_sync::plan::{Found, FoundItem, FoundKey, FoundValue, KmsKeys, Presence};

use super::one::{Description, NOT_FOUND, Value};
use super::{LISTED_AT_ONCE, SecretsManager, VALUES_AT_ONCE};
use crate::api::Api;
use crate::publish::AT_ONCE;
use crate::{Error, Question};

/// What a batch told of one name.
enum Told {
    Value(Value),
    /// There is none.
    Absent,
    /// It exists, but not its value, or AWS did not say: it is asked for alone.
    Unclear,
}

impl SecretsManager {
    pub(crate) async fn read(&self, question: &Question<'_>) -> Result<Found, Error> {
        let mut found = Found { keys: KmsKeys::of(Destination::AwsSecretsManager), ..Found::default() };
        if self.site.config.is_many_to_one() {
            for name in question.names {
                let described = self.describe(name).await?;
                self.add(&mut found, name, described, None).await?;
            }
        } else {
            // The pages of the list come one after another, beside the batches.
            let (owned, told) = tokio::try_join!(self.owned(), self.values(question.names, AT_ONCE - 1))?;
            let mut owned = owned;
            let mut others = Vec::new();
            for (name, told) in told {
                match (told, owned.remove(&name)) {
                    // The list lags behind: what it shows may be an earlier secret of this name, and its tags.
                    (Told::Value(value), Some(ours)) if ours.is_another_than(&value) => {
                        others.push((name, Some(value)));
                    }
                    (Told::Value(value), Some(ours)) => {
                        found.items.insert(name, ours.item(Owner::This, Some(value)));
                    }
                    (Told::Value(value), None) => others.push((name, Some(value))),
                    // What the list shows may be gone, too.
                    (Told::Absent, _) => {}
                    (Told::Unclear, _) => others.push((name, None)),
                }
            }
            let described: Vec<_> = stream::iter(others)
                .map(|(name, value)| async move { Ok::<_, Error>((self.ask(&name).await?, name, value)) })
                .buffer_unordered(AT_ONCE)
                .try_collect()
                .await?;
            for (described, name, value) in described {
                match described {
                    Asked::There(described) => self.add(&mut found, &name, Some(described), value).await?,
                    Asked::Absent => {}
                    Asked::NotAllowed(why) => {
                        found.items.insert(name, unknown(value, why));
                    }
                }
            }
            found.items.extend(owned.into_iter().map(|(name, ours)| (name, ours.item(Owner::This, None))));
            self.add_unlisted(&mut found, question).await?;
        }
        let ledger = question.ledger.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        let wanted = self.site.options.key_id.clone();
        self.kms.learn(&mut found, question.names, wanted.as_deref(), &ledger).await?;
        Ok(found)
    }

    /// Adds what the ledger knows and neither the list nor the wanted names have shown: the list may be minutes behind, and what
    /// was made in them would never be deleted (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html>).
    async fn add_unlisted(&self, found: &mut Found, question: &Question<'_>) -> Result<(), Error> {
        let wanted: BTreeSet<&String> = question.names.iter().collect();
        let unlisted = question.ledger.iter().filter(|entry| {
            entry.is_in(&self.site.account, self.site.config.region())
                && !wanted.contains(&entry.name)
                && !found.items.contains_key(&entry.name)
        });
        let names: Vec<String> = unlisted.map(|entry| entry.name.clone()).collect();
        let described: Vec<_> = stream::iter(names)
            .map(|name| async move { Ok::<_, Error>((self.ask(&name).await?, name)) })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for (described, name) in described {
            let item = match described {
                Asked::There(described) => {
                    let owner = self.owner(&described.tags);
                    described.item(owner, None)
                }
                Asked::Absent => continue,
                Asked::NotAllowed(why) => unknown(None, why),
            };
            found.items.insert(name, item);
        }
        Ok(())
    }

    /// Adds a secret that was described, with its value, which is read now unless it was already.
    async fn add(
        &self,
        found: &mut Found,
        name: &str,
        described: Option<Description>,
        value: Option<Value>,
    ) -> Result<(), Error> {
        let Some(described) = described else { return Ok(()) };
        let value = match value {
            Some(value) => Some(value),
            None if described.presence == Presence::Live => {
                let read = self.value(name).await?;
                Some(read.unwrap_or_else(|| Value::of(None, false, None)))
            }
            None => None,
        };
        let owner = self.owner(&described.tags);
        found.items.insert(name.to_owned(), described.item(owner, value));
        Ok(())
    }

    pub(super) async fn ask(&self, name: &str) -> Result<Asked, Error> {
        match self.describe(name).await {
            Ok(Some(described)) => Ok(Asked::There(described)),
            Ok(None) => Ok(Asked::Absent),
            Err(error @ Error::Refused { .. }) => Ok(Asked::NotAllowed(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// What carries this sync's tag. AWS's filter takes beginnings, and takes key and value from different tags: the tags are
    /// looked at again.
    async fn owned(&self) -> Result<BTreeMap<String, Description>, Error> {
        let sync = self.site.sync.to_string();
        let filters = [
            filter(FilterNameStringType::TagKey, SECRET_SYNC),
            filter(FilterNameStringType::TagValue, &sync),
        ];
        let mut owned = BTreeMap::new();
        self.list(&filters, |name, description| {
            if self.owner(&description.tags) == Owner::This {
                owned.insert(name, description);
            }
            true
        })
        .await?;
        Ok(owned)
    }

    /// Gives every secret that the filters let through to `each`, until it says that it has enough.
    pub(super) async fn list(
        &self,
        filters: &[Filter],
        mut each: impl FnMut(String, Description) -> bool,
    ) -> Result<(), Error> {
        let mut token = None;
        loop {
            let send = || {
                let page =
                    self.client.list_secrets().max_results(LISTED_AT_ONCE).set_next_token(token.clone());
                page.set_filters(Some(filters.to_vec())).send()
            };
            let page = self.caller.call(Api::ListSecrets, "*", send).await?;
            for entry in page.secret_list.unwrap_or_default() {
                let (name, description) = Description::of_entry(entry);
                if !each(name, description) {
                    return Ok(());
                }
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// What is told of names, in batches.
    async fn values(&self, names: &[String], at_once: usize) -> Result<Vec<(String, Told)>, Error> {
        let batches = stream::iter(names.chunks(VALUES_AT_ONCE).map(<[String]>::to_vec));
        let told: Vec<Vec<_>> =
            batches.map(|batch| self.batch(batch)).buffer_unordered(at_once).try_collect().await?;
        Ok(told.into_iter().flatten().collect())
    }

    async fn batch(&self, names: Vec<String>) -> Result<Vec<(String, Told)>, Error> {
        let resource = format!(
            "{} and {} more",
            names.first().map_or("", String::as_str),
            names.len().saturating_sub(1)
        );
        let send = || self.client.batch_get_secret_value().set_secret_id_list(Some(names.clone())).send();
        let answer = self.caller.call(Api::BatchGetSecretValue, &resource, send).await?;
        let mut told: BTreeMap<String, Told> = names.into_iter().map(|name| (name, Told::Unclear)).collect();
        for value in answer.secret_values.unwrap_or_default() {
            if let Some(place) = value.name.as_ref().and_then(|name| told.get_mut(name)) {
                *place = Told::Value(Value::of_entry(value));
            }
        }
        for error in answer.errors.unwrap_or_default() {
            let (Some(name), Some(code)) = (error.secret_id, error.error_code) else { continue };
            let message = error.message.unwrap_or_default();
            match code.as_str() {
                // A secret that has no value yet answers with the same code.
                NOT_FOUND if !message.contains("staging label") => {
                    told.insert(name, Told::Absent);
                }
                // Deleted secrets, and what may go better when asked for alone.
                NOT_FOUND
                | "InvalidRequestException"
                | "InternalServiceError"
                | "InternalServiceErrorException"
                | "ThrottlingException" => {}
                code => {
                    let error = Error::of_one(Api::GetSecretValue, &name, code, &message);
                    let value = FoundValue::Unreadable(error.to_string());
                    told.insert(name, Told::Value(Value { value, version: None, arn: None }));
                }
            }
        }
        Ok(told.into_iter().collect())
    }
}

/// What is told of a name, beside its value.
pub(super) enum Asked {
    There(Description),
    Absent,
    NotAllowed(String),
}

/// A secret that exists and of which nothing else is known.
pub(super) fn unknown(value: Option<Value>, why: String) -> FoundItem {
    let value = value.unwrap_or_else(|| Value { value: FoundValue::NotRead, version: None, arn: None });
    FoundItem {
        value: value.value,
        owner: None,
        owner_unknown: Some(why),
        version: value.version,
        kms_key: FoundKey::Unknown,
        tags: None,
        presence: Presence::Live,
    }
}

pub(super) fn filter(key: FilterNameStringType, value: &str) -> Filter {
    Filter::builder().key(key).values(value).build()
}

impl SecretsManager {
    /// The values of names that exist; `None` where a batch did not tell.
    pub(super) async fn values_of(&self, names: &[String]) -> Result<Vec<(String, Option<Value>)>, Error> {
        let value = |(name, told)| match told {
            Told::Value(value) => Some((name, Some(value))),
            Told::Unclear => Some((name, None)),
            Told::Absent => None,
        };
        Ok(self.values(names, AT_ONCE).await?.into_iter().filter_map(value).collect())
    }
}

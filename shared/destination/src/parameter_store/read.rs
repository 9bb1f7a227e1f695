//! What is there: the path, page by page. Whose it is the ledger says where it fits, else the parameter's tags.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssm::types::{Parameter, ParameterType};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use model::secret_sync::ownership::Owner;
use model::secret_sync::plan::{Found, FoundItem, FoundKey, FoundValue, KmsKeys, Presence};
use model::secret_sync::{Destination, Owned};
use secrecy::SecretString;
use tokio::time::Instant;

use super::{NAMES_AT_ONCE, ParameterStore, READ_AT_ONCE};
use crate::api::Api;
use crate::call::Caller;
use crate::publish::AT_ONCE;
use crate::{Error, Question};

impl ParameterStore {
    pub(crate) async fn read(&self, question: &Question<'_>) -> Result<Found, Error> {
        let mut found = Found { keys: KmsKeys::of(Destination::AwsParameterStore), ..Found::default() };
        let ledger = self.entries(question.ledger);
        let wanted: BTreeSet<&str> = question.names.iter().map(String::as_str).collect();
        let relevant = |name: &str| wanted.contains(name) || ledger.contains_key(name);
        // What a filter lets through is asked for its tags all the same: whatever is ours here may be overwritten.
        let tagged = if question.discover {
            self.tagged_as_ours(&mut found.not_allowed).await?
        } else {
            BTreeMap::new()
        };
        let mut there = self.by_path(|name| relevant(name) || tagged.contains_key(name)).await?;
        // The key schema may have been another when they were made.
        let path = format!("{}/", self.search_path().trim_end_matches('/'));
        let in_path = |name: &str| name.strip_prefix(&path).is_some_and(|rest| !rest.contains('/'));
        let elsewhere: Vec<String> =
            ledger.keys().filter(|name| !in_path(name)).map(ToString::to_string).collect();
        there.extend(self.by_name(&elsewhere).await?);

        let vouched = |name: &str, item: &FoundItem| {
            ledger.get(name).is_some_and(|entry| item.has_version(&entry.left_version))
        };
        let mut unclear = Vec::new();
        for (name, mut item) in there {
            if let Some(key) = tagged.get(&name) {
                item.kms_key = FoundKey::Known(key.clone());
            }
            if vouched(&name, &item) {
                item.owner = Some(Owner::This);
                found.items.insert(name, item);
            } else {
                unclear.push((name, item));
            }
        }
        unclear.sort_by_key(|(name, _)| !wanted.contains(name.as_str()));
        self.ask_whose(&mut found, unclear, question).await?;
        let wanted = self.site.options.key_id.clone().filter(|key| !key.is_empty());
        if wanted.is_some() || ledger.values().any(|entry| entry.key_id.is_some()) {
            self.ask_keys(&mut found, question.names).await?;
            self.kms.learn(&mut found, question.names, wanted.as_deref(), &ledger).await?;
        }
        Ok(found)
    }

    pub(crate) async fn read_for_import(&self) -> Result<Found, Error> {
        let matches = |name: &str| self.site.config.key_of(&self.site.affixes, name).is_some();
        let mut found = Found { keys: KmsKeys::of(Destination::AwsParameterStore), ..Found::default() };
        let owned = self.tagged_as_owned(&mut found.not_allowed).await?;
        let ours = self.tagged_as_ours(&mut found.not_allowed).await?;
        let is_anothers = |name: &str| owned.contains_key(name) && !ours.contains_key(name);
        found.items = self.by_path(|name| matches(name) && !is_anothers(name)).await?;
        Ok(found)
    }

    /// The ledger's entries below this sync's path.
    fn entries<'a>(&self, ledger: &'a [Owned]) -> BTreeMap<&'a str, &'a Owned> {
        let path = match &self.site.config {
            model::secret_sync::DestinationConfig::AwsParameterStore { path, .. } => path.as_str(),
            model::secret_sync::DestinationConfig::AwsSecretsManager { .. } => "/",
        };
        let here = |entry: &&Owned| {
            entry.is_in(&self.site.account, self.site.config.region()) && entry.name.starts_with(path)
        };
        ledger.iter().filter(here).map(|entry| (entry.name.as_str(), entry)).collect()
    }

    /// What lies in the path, not below it. A page may be empty and have another behind it.
    async fn by_path(&self, keep: impl Fn(&str) -> bool) -> Result<BTreeMap<String, FoundItem>, Error> {
        let (path, mut token, mut there) = (self.search_path(), None, BTreeMap::new());
        loop {
            let send = || {
                let page =
                    self.client.get_parameters_by_path().path(&path).recursive(false).with_decryption(true);
                page.max_results(READ_AT_ONCE).set_next_token(token.clone()).send()
            };
            let page = self.caller.call(Api::GetParametersByPath, &path, send).await?;
            let items = page.parameters.unwrap_or_default().into_iter().filter_map(item);
            there.extend(items.filter(|(name, _)| keep(name)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(there);
            }
        }
    }

    /// Whether these names exist, without their values: nobody wants them any more.
    async fn by_name(&self, names: &[String]) -> Result<BTreeMap<String, FoundItem>, Error> {
        let read: Vec<Vec<_>> = stream::iter(names.chunks(NAMES_AT_ONCE).map(<[String]>::to_vec))
            .map(|names| async move {
                let resource = names.join(", ");
                let send = || {
                    self.client.get_parameters().set_names(Some(names.clone())).with_decryption(false).send()
                };
                let answer = self.caller.call(Api::GetParameters, &resource, send).await?;
                let items = answer.parameters.unwrap_or_default().into_iter().filter_map(item);
                let unread = |(name, item)| (name, FoundItem { value: FoundValue::NotRead, ..item });
                Ok::<_, Error>(items.map(unread).collect())
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(read.into_iter().flatten().collect())
    }

    /// Asks each parameter for its tags, as long as there is time.
    async fn ask_whose(
        &self,
        found: &mut Found,
        unclear: Vec<(String, FoundItem)>,
        question: &Question<'_>,
    ) -> Result<(), Error> {
        let asker = self.until(question.until);
        let known = |name: &str, item: &FoundItem| {
            let known = question.known?.items.get(name)?;
            known.tags.clone().filter(|_| known.version == item.version)
        };
        let (asker, known) = (&asker, &known);
        let asked: Vec<_> = stream::iter(unclear)
            .map(|(name, item)| async move {
                let tags = match known(&name, &item) {
                    Some(tags) => Ok(Some(tags)),
                    None => asker.tags_of(&name).await,
                };
                let (asked, item) = match tags {
                    Ok(Some(tags)) => {
                        (true, FoundItem { owner: Some(self.owner(&tags)), tags: Some(tags), ..item })
                    }
                    // Gone since the path was read.
                    Ok(None) => return Ok(None),
                    Err(error @ Error::Refused { .. }) => {
                        (true, FoundItem { owner_unknown: Some(error.to_string()), ..item })
                    }
                    Err(error @ (Error::NoTime { .. } | Error::Throttled { .. }))
                        if question.until.is_some() =>
                    {
                        (false, FoundItem { owner_unknown: Some(error.to_string()), ..item })
                    }
                    Err(error) => return Err(error),
                };
                Ok(Some((asked, name, item)))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for (asked, name, item) in asked.into_iter().flatten() {
            if !asked {
                found.unasked.insert(name.clone());
            }
            found.items.insert(name, item);
        }
        Ok(())
    }

    /// The same, but with less time.
    fn until(&self, until: Option<Instant>) -> Self {
        let until = self.caller.until.into_iter().chain(until.map(Instant::into_std)).min();
        Self { caller: Caller { until, ..self.caller.clone() }, ..self.clone() }
    }

    /// Asks for the KMS keys of wanted parameters that nothing tells: the path's pages do not have them, and of what the
    /// ledger vouches for it knows the key.
    async fn ask_keys(&self, found: &mut Found, names: &[String]) -> Result<(), Error> {
        let open: Vec<String> = names
            .iter()
            .filter(|name| {
                let item = found.items.get(*name);
                item.is_some_and(|item| {
                    item.tags.is_some() && item.kms_key == FoundKey::Unknown && item.owner.is_some()
                })
            })
            .cloned()
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        for (name, key) in self.keys_of(&open, &mut found.not_allowed).await? {
            if let Some(item) = found.items.get_mut(&name) {
                item.kms_key = FoundKey::Known(key);
            }
        }
        Ok(())
    }
}

fn item(parameter: Parameter) -> Option<(String, FoundItem)> {
    let name = parameter.name?;
    let value = match parameter.r#type {
        Some(ParameterType::SecureString) | None => {
            FoundValue::Text(SecretString::from(parameter.value.unwrap_or_default()))
        }
        Some(other) => FoundValue::OtherType(other.as_str().to_owned()),
    };
    let item = FoundItem {
        value,
        owner: None,
        owner_unknown: None,
        version: Some(parameter.version.to_string()),
        kms_key: FoundKey::Unknown,
        tags: None,
        presence: Presence::Live,
    };
    Some((name, item))
}

//! Which spellings name one KMS key: DescribeKey, where the role may, and only when spellings alone cannot tell.

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use model::secret_sync::Owned;
use model::secret_sync::plan::{Found, FoundKey};

use crate::Error;
use crate::api::Api;
use crate::call::Caller;

#[derive(Debug, Clone)]
pub(crate) struct Kms {
    client: Client,
    caller: Caller,
}

impl Kms {
    pub(crate) fn new(config: &SdkConfig, caller: Caller) -> Self {
        Self { client: Client::new(config), caller }
    }

    /// Makes the keys of `names` comparable with `wanted`. A key that this sync set under the same spelling needs no question.
    pub(crate) async fn learn(
        &self,
        found: &mut Found,
        names: &[String],
        wanted: Option<&str>,
        ledger: &BTreeMap<&str, &Owned>,
    ) -> Result<(), Error> {
        let wanted = wanted.filter(|key| !key.is_empty());
        let mut asked = BTreeSet::new();
        let mut questions = |found: &Found| -> BTreeSet<String> {
            let mut open = BTreeSet::new();
            for name in names {
                let Some(item) = found.items.get(name).filter(|item| item.is_ours() || item.owner.is_some())
                else {
                    continue;
                };
                let set_by_us = ledger.get(name.as_str()).and_then(|entry| entry.key_id.as_deref());
                let is_vouched = wanted.is_some() && set_by_us == wanted;
                let is_left_alone = wanted.is_none() && set_by_us.is_none();
                let there = match &item.kms_key {
                    FoundKey::Known(there) => there.as_deref(),
                    FoundKey::Unknown if ledger.contains_key(name.as_str()) => set_by_us,
                    FoundKey::Unknown => continue,
                };
                if !is_vouched && !is_left_alone {
                    open.extend(found.keys.questions(wanted, there));
                }
            }
            open.retain(|spelling| asked.insert(spelling.clone()));
            open
        };
        // Twice at most: what is behind the wanted alias can raise the question which key is the default one.
        for _ in 0..2 {
            for spelling in questions(found) {
                match self.describe(&spelling).await {
                    Ok(Some(arn)) => found.keys.learn(&spelling, &arn),
                    Ok(None) => {}
                    Err(error) if error.is_access_denied() => {
                        found.not_allowed.push(Api::DescribeKey.action().to_owned());
                        return Ok(());
                    }
                    // A key that is not there, or belongs to somebody else: the write will say so by its key.
                    Err(Error::Refused { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    async fn describe(&self, key: &str) -> Result<Option<String>, Error> {
        let answer =
            self.caller.call(Api::DescribeKey, key, || self.client.describe_key().key_id(key).send()).await?;
        Ok(answer.key_metadata.and_then(|key| key.arn))
    }
}

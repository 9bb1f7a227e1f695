//! What an import can take over from Secrets Manager.

use aws_sdk_secretsmanager::types::FilterNameStringType;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use model::secret_sync::Destination;
use model::secret_sync::ownership::{Owner, SECRET_SYNC};
use model::secret_sync::plan::{Found, FoundItem, FoundValue, KmsKeys};

use super::SecretsManager;
use super::one::Value;
use super::read::{Asked, filter, unknown};
use crate::publish::AT_ONCE;
use crate::{Error, Question};

/// The most secrets that an import takes over.
pub(crate) const MOST: usize = 10_000;
/// The most that an import without a prefix looks at: such a sync means every secret of its region that no sync owns.
const MOST_UNFILTERED: usize = 1_000;

impl SecretsManager {
    pub(crate) async fn read_for_import(&self) -> Result<Found, Error> {
        if self.site.config.is_many_to_one() {
            let names = [self.site.config.name_of(&self.site.affixes, "")];
            let mut found = self.read(&Question { names: &names, ..Question::default() }).await?;
            found.items.retain(|_, item| !matches!(item.owner, Some(Owner::Another(_))));
            return Ok(found);
        }
        let prefix = self.site.affixes.prefix.as_str();
        let (filters, most) = if prefix.is_empty() {
            // `!` turns a filter round.
            (vec![filter(FilterNameStringType::TagKey, &format!("!{SECRET_SYNC}"))], MOST_UNFILTERED)
        } else {
            (vec![filter(FilterNameStringType::Name, prefix)], MOST)
        };
        let mut found = Found { keys: KmsKeys::of(Destination::AwsSecretsManager), ..Found::default() };
        let mut listed = Vec::new();
        let mut count = 0;
        let mut take = |name: String, description: super::one::Description| {
            count += 1;
            let owner = self.owner(&description.tags);
            if self.site.affixes.matches(&name) && matches!(owner, Owner::This | Owner::Nobody) {
                listed.push((name, (description, owner)));
            }
            count <= most
        };
        self.list(&filters, &mut take).await?;
        if prefix.is_empty() {
            // The filter let through what nobody owns; what this sync owns is asked for too.
            let ours = [
                filter(FilterNameStringType::TagKey, SECRET_SYNC),
                filter(FilterNameStringType::TagValue, &self.site.sync.to_string()),
            ];
            self.list(&ours, &mut take).await?;
        }
        if count > most {
            return Err(Error::TooMany { most });
        }
        let mut listed: std::collections::BTreeMap<_, _> = listed.into_iter().collect();
        let names: Vec<String> = listed.keys().cloned().collect();
        let values: Vec<(String, Option<Value>)> = stream::iter(self.values_of(&names).await?)
            .map(|(name, value)| async move {
                let value = match value {
                    Some(value) => Some(value),
                    None => self.value(&name).await?,
                };
                Ok::<_, Error>((name, value))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for (name, value) in values {
            let (Some((description, owner)), Some(value)) = (listed.remove(&name), value) else { continue };
            // The list lags behind: a value that is another secret's of this name may be another sync's by now.
            let item = if description.is_another_than(&value) {
                self.asked_once_more(&name, value).await?
            } else {
                Some(description.item(owner, Some(value)))
            };
            found.items.extend(item.map(|item| (name, item)));
        }
        Ok(found)
    }

    /// What there is to import of a name, by what AWS tells of it now; `None` when it is gone or another sync's.
    async fn asked_once_more(&self, name: &str, value: Value) -> Result<Option<FoundItem>, Error> {
        Ok(match self.ask(name).await? {
            Asked::Absent => None,
            Asked::NotAllowed(why) => {
                let value = FoundValue::Unreadable(why.clone());
                Some(unknown(Some(Value { value, version: None, arn: None }), why))
            }
            Asked::There(there) => match self.owner(&there.tags) {
                Owner::Another(_) => None,
                owner @ (Owner::This | Owner::Nobody) => Some(there.item(owner, Some(value))),
            },
        })
    }
}

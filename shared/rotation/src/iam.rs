//! IAM as a rotation sees it: one user and its keys.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{Error, Session};
use aws_sdk_iam::Client;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::{Builder, Region};
use aws_sdk_iam::types::StatusType;
use model::Timestamp;
use model::arn::AccountId;
use model::id::ConnectionId;
use model::key_rotation::{AccessKeyId, LastUsed, Seen, SeenKey};
use model::partition::Partition;
use secrecy::SecretString;

use crate::pace::{Call, Pace};

/// How long a list of users is believed: a thousand rotations of one account in one minute read it a few times.
const LISTED: Duration = Duration::from_secs(10);
const USERS_OF_A_PAGE: i32 = 1_000;

/// IAM of all accounts. Clones share what they know.
#[derive(Debug, Clone)]
pub(crate) struct Iam {
    client: Client,
    pace: Pace,
    users: Arc<Mutex<HashMap<(ConnectionId, u64), Listed>>>,
}

#[derive(Debug, Clone)]
struct Listed {
    at: Timestamp,
    ids: Arc<HashMap<String, String>>,
}

/// IAM of one account, as one session, about one user.
#[derive(Debug)]
pub(crate) struct UserKeys<'a> {
    pub(crate) iam: &'a Iam,
    pub(crate) session: Session,
    pub(crate) account: AccountId,
    pub(crate) partition: Partition,
    /// The connection and its credentials version.
    pub(crate) connection: (ConnectionId, u64),
    pub(crate) user_name: String,
    /// The connection's own access key, if it has one.
    pub(crate) signed_by: Option<AccessKeyId>,
}

impl Iam {
    pub(crate) fn new(config: &aws_config::SdkConfig, pace: Pace) -> Self {
        Self { client: Client::new(config), pace, users: Arc::default() }
    }
}

impl UserKeys<'_> {
    /// The user and its keys, without their last uses; `pinned` is the id that the user is known by. A list of users that is
    /// some seconds old, and one ListAccessKeys.
    pub(crate) async fn look(&self, pinned: Option<&str>, now: Timestamp) -> Result<Seen, Error> {
        let signed_by = self.signed_by.clone();
        let absent = |renamed_to| Seen { user_id: None, keys: Vec::new(), renamed_to, signed_by: None };
        let ids = self.users(now).await?;
        let Some(user_id) = ids.get(&self.user_name).cloned() else {
            let renamed = ids.iter().find(|(_, id)| Some(id.as_str()) == pinned);
            return Ok(absent(renamed.map(|(name, _)| name.clone())));
        };
        let keys = self.list_keys().await?;
        let present = |keys| Seen { user_id: Some(user_id), keys, renamed_to: None, signed_by };
        Ok(keys.map_or_else(|| absent(None), present))
    }

    /// The same with the keys' last uses; where the role may not ask, they are unknown. One GetAccessKeyLastUsed for each key.
    pub(crate) async fn with_uses(&self, seen: Seen) -> Result<Seen, Error> {
        let mut seen = seen;
        for key in &mut seen.keys {
            match self.last_used(&key.id).await {
                Ok(last_used) => key.last_used = last_used,
                // Without the permission the grace alone decides.
                Err(error) if error.is_access_denied() => break,
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(seen)
    }

    /// Whether the user has the keys that it was seen with. One ListAccessKeys.
    pub(crate) async fn still_has(&self, seen: &Seen) -> Result<bool, Error> {
        let ids =
            |keys: &[SeenKey]| -> BTreeSet<AccessKeyId> { keys.iter().map(|key| key.id.clone()).collect() };
        Ok(self.list_keys().await?.is_some_and(|keys| ids(&keys) == ids(&seen.keys)))
    }

    /// IAM's own ids of the users, by name, from ListUsers: GetUser is not among the actions that customers' policies have.
    async fn users(&self, now: Timestamp) -> Result<Arc<HashMap<String, String>>, Error> {
        let known =
            self.iam.users.lock().unwrap_or_else(PoisonError::into_inner).get(&self.connection).cloned();
        let known = known.filter(|listed| listed.at.plus(LISTED) > now);
        if let Some(listed) = known.filter(|listed| listed.ids.contains_key(&self.user_name)) {
            return Ok(listed.ids);
        }
        let (mut ids, mut marker) = (HashMap::new(), None);
        loop {
            self.turn(Call::Read).await;
            let request = self.iam.client.list_users().max_items(USERS_OF_A_PAGE).set_marker(marker);
            let answer = request.customize().config_override(self.overrides()).send().await;
            let page = answer.map_err(|error| self.error("ListUsers", Call::Read, error))?;
            for user in page.users {
                ids.insert(user.user_name, user.user_id);
            }
            match page.marker.filter(|_| page.is_truncated) {
                Some(next) => marker = Some(next),
                None => break,
            }
        }
        let ids = Arc::new(ids);
        let mut users = self.iam.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.retain(|_, listed| listed.at.plus(LISTED) > now);
        users.insert(self.connection, Listed { at: now, ids: Arc::clone(&ids) });
        Ok(ids)
    }

    /// The keys of the user; `None` when there is no such user.
    async fn list_keys(&self) -> Result<Option<Vec<SeenKey>>, Error> {
        const OPERATION: &str = "ListAccessKeys";
        self.turn(Call::Read).await;
        let request = self.iam.client.list_access_keys().user_name(&self.user_name);
        let answer = request.customize().config_override(self.overrides()).send().await;
        let page = match answer.map_err(|error| self.error(OPERATION, Call::Read, error)) {
            Ok(page) => page,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let missing = |missing| Error::Incomplete { operation: OPERATION, missing };
        let key = |key: aws_sdk_iam::types::AccessKeyMetadata| {
            let id = key.access_key_id.and_then(|id| id.parse().ok());
            Ok(SeenKey {
                id: id.ok_or_else(|| missing("the id of a key"))?,
                is_active: key.status == Some(StatusType::Active),
                created_at: Timestamp::from_unix_seconds(
                    key.create_date.ok_or_else(|| missing("when a key was made"))?.secs(),
                ),
                last_used: LastUsed::Unknown,
            })
        };
        page.access_key_metadata.into_iter().map(key).collect::<Result<_, _>>().map(Some)
    }

    async fn last_used(&self, id: &AccessKeyId) -> Result<LastUsed, Error> {
        self.turn(Call::Read).await;
        let request = self.iam.client.get_access_key_last_used().access_key_id(id.as_str());
        let answer = request.customize().config_override(self.overrides()).send().await;
        let answer = answer.map_err(|error| self.error("GetAccessKeyLastUsed", Call::Read, error))?;
        let at = answer.access_key_last_used.and_then(|last| last.last_used_date);
        Ok(at.map_or(LastUsed::Never, |at| LastUsed::At(Timestamp::from_unix_seconds(at.secs()))))
    }

    /// Waits for the turn of a call that makes a key.
    pub(crate) async fn turn_to_create(&self) {
        self.turn(Call::Write).await;
    }

    /// A new key, at once: whoever calls has had its turn. One attempt: the call has no token by which a repeat is known as
    /// one.
    pub(crate) async fn create(&self) -> Result<(AccessKeyId, SecretString), Error> {
        const OPERATION: &str = "CreateAccessKey";
        let request = self.iam.client.create_access_key().user_name(&self.user_name);
        let once = self.overrides().retry_config(RetryConfig::disabled());
        let answer = request.customize().config_override(once).send().await;
        let answer = answer.map_err(|error| self.error(OPERATION, Call::Write, error))?;
        let missing = |missing| Error::Incomplete { operation: OPERATION, missing };
        let key = answer.access_key.ok_or_else(|| missing("the key"))?;
        let id = key.access_key_id.parse().map_err(|_| missing("the key's id"))?;
        Ok((id, key.secret_access_key.into()))
    }

    /// Makes a key active or inactive.
    pub(crate) async fn set_active(&self, id: &AccessKeyId, is_active: bool) -> Result<(), Error> {
        self.turn(Call::Write).await;
        let status = if is_active { StatusType::Active } else { StatusType::Inactive };
        let request = self
            .iam
            .client
            .update_access_key()
            .user_name(&self.user_name)
            .access_key_id(id.as_str())
            .status(status);
        let answer = request.customize().config_override(self.overrides()).send().await;
        answer.map(drop).map_err(|error| self.error("UpdateAccessKey", Call::Write, error))
    }

    /// Deletes a key; one that is gone already is deleted.
    pub(crate) async fn delete(&self, id: &AccessKeyId) -> Result<(), Error> {
        self.turn(Call::Write).await;
        let request =
            self.iam.client.delete_access_key().user_name(&self.user_name).access_key_id(id.as_str());
        let answer = request.customize().config_override(self.overrides()).send().await;
        match answer.map_err(|error| self.error("DeleteAccessKey", Call::Write, error)) {
            Err(error) if !is_absent(&error) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn turn(&self, call: Call) {
        self.iam.pace.turn(&self.account, call).await;
    }

    /// IAM of the account's partition, as this session: IAM itself has no regions.
    fn overrides(&self) -> Builder {
        let region = self.partition.default_region().to_string();
        Builder::new().region(Region::new(region)).credentials_provider(self.session.provider())
    }

    fn error<E>(&self, operation: &'static str, call: Call, error: aws_sdk_iam::error::SdkError<E>) -> Error
    where
        E: aws_sdk_iam::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let error = Error::of(operation, error);
        if matches!(error, Error::Throttled { .. }) {
            self.iam.pace.throttled(&self.account, call);
        }
        error
    }
}

/// Whether the user, or the key, is not there.
pub(crate) fn is_absent(error: &Error) -> bool {
    matches!(error, Error::Refused { code, .. } if code == "NoSuchEntity")
}

/// Whether AWS certainly has not done what it was asked to: it said no, or asked for patience.
pub(crate) const fn is_certain(error: &Error) -> bool {
    match error {
        Error::Refused { .. } | Error::CredentialsInvalid { .. } | Error::Throttled { .. } => true,
        Error::Failed { .. } | Error::Unreachable { .. } | Error::Incomplete { .. } => false,
    }
}

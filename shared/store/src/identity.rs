//! Machine identities: one partition each, with the identity, its login methods, its client secrets and its lockout, so
//! that one Query reads all of it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::access_token::TokenTerms;
use model::aws_auth::AwsAuth;
use model::client_secret::ClientSecret;
use model::id::{AuthConfigurationId, ClientId, ClientSecretId, IdentityId, OrganizationId};
use model::identity::{AuthMethod, Identity};
use model::lockout::LockoutRecord;
use model::oidc_auth::OidcAuth;
use model::universal_auth::UniversalAuth;

use crate::Store;
use crate::entity::{Entity, Item, NameGuard, Stored, stored_from};
use crate::error::ReadError;
use crate::keys::Keys;
use crate::read::{From, fetch};

const CLIENT_ID: &str = "client-id";

impl Entity for Identity {
    const KIND: &'static str = "identity";

    fn keys(&self) -> Keys {
        Keys::own(partition(self.id)).listed(
            format!("ORG#{}", self.organization_id),
            format!("IDENTITY#{}#{}", self.name.to_lowercase(), self.id),
        )
    }
}

impl Entity for UniversalAuth {
    const KIND: &'static str = "universal auth";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.identity_id), position(AuthMethod::Universal))
    }

    /// The client id finds the identity.
    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(CLIENT_ID, "", &self.client_id.to_string(), self.identity_id)]
    }
}

impl Entity for AwsAuth {
    const KIND: &'static str = "aws auth";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.identity_id), position(AuthMethod::Aws))
    }
}

impl Entity for OidcAuth {
    const KIND: &'static str = "oidc auth";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.identity_id), position(AuthMethod::Oidc))
    }
}

impl Entity for ClientSecret {
    const KIND: &'static str = "client secret";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.identity_id), secret_position(self.id))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.forgotten_at()
    }
}

impl Entity for LockoutRecord {
    const KIND: &'static str = "lockout";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.identity_id), "LOCKOUT#UNIVERSAL")
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.forgotten_at)
    }
}

pub(crate) fn partition(id: IdentityId) -> String {
    format!("IDENTITY#{id}")
}

/// The position of a login method's configuration.
pub(crate) const fn position(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::Universal => "AUTH#UNIVERSAL",
        AuthMethod::Aws => "AUTH#AWS",
        AuthMethod::Oidc => "AUTH#OIDC",
    }
}

pub(crate) fn secret_position(id: ClientSecretId) -> String {
    format!("CLIENT_SECRET#{id}")
}

/// An identity's configuration of one way to log in.
pub trait LoginMethod: Entity {
    /// The way.
    const METHOD: AuthMethod;

    /// The configuration's id, under which its tokens count.
    fn id(&self) -> AuthConfigurationId;

    /// What it says of its tokens.
    fn tokens(&self) -> &TokenTerms;
}

impl LoginMethod for UniversalAuth {
    const METHOD: AuthMethod = AuthMethod::Universal;

    fn id(&self) -> AuthConfigurationId {
        self.id
    }

    fn tokens(&self) -> &TokenTerms {
        &self.tokens
    }
}

impl LoginMethod for AwsAuth {
    const METHOD: AuthMethod = AuthMethod::Aws;

    fn id(&self) -> AuthConfigurationId {
        self.id
    }

    fn tokens(&self) -> &TokenTerms {
        &self.tokens
    }
}

impl LoginMethod for OidcAuth {
    const METHOD: AuthMethod = AuthMethod::Oidc;

    fn id(&self) -> AuthConfigurationId {
        self.id
    }

    fn tokens(&self) -> &TokenTerms {
        &self.tokens
    }
}

/// All of an identity's partition.
#[derive(Debug)]
pub struct IdentityPartition {
    /// The identity itself.
    pub identity: Stored<Identity>,
    /// Its universal auth.
    pub universal_auth: Option<Stored<UniversalAuth>>,
    /// Its AWS auth.
    pub aws_auth: Option<Stored<AwsAuth>>,
    /// Its OIDC auth.
    pub oidc_auth: Option<Stored<OidcAuth>>,
    /// All client secrets that were ever made for its universal auth, unless that was removed.
    pub client_secrets: Vec<Stored<ClientSecret>>,
    /// Its failed logins.
    pub lockout: Option<Stored<LockoutRecord>>,
}

impl Store {
    /// An identity by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn identity(&self, id: IdentityId) -> Result<Option<Stored<Identity>>, ReadError> {
        let key = partition(id);
        self.get(&key, &key).await
    }

    /// An identity and its configuration of one login method. One strongly consistent BatchGetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn identity_with<T: LoginMethod>(
        &self,
        id: IdentityId,
    ) -> Result<(Option<Stored<Identity>>, Option<Stored<T>>), ReadError> {
        let own = partition(id);
        let keys = [(own.clone(), own.clone()), (own, position(T::METHOD).to_owned())];
        let mut items = by_position(self.batch_get("identity with login method", &keys).await?);
        let identity = items.remove(&keys[0].1).map(stored_from).transpose()?;
        let method = items.remove(&keys[1].1).map(stored_from).transpose()?;
        Ok((identity, method))
    }

    /// Everything in an identity's partition. One strongly consistent Query for each MB.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn identity_partition(&self, id: IdentityId) -> Result<Option<IdentityPartition>, ReadError> {
        let own = partition(id);
        let mut items = by_position(self.query("identity", From::Table, &own, "").await?);
        let Some(identity) = items.remove(&own).map(stored_from).transpose()? else { return Ok(None) };
        let mut partition = IdentityPartition {
            identity,
            universal_auth: items.remove(position(AuthMethod::Universal)).map(stored_from).transpose()?,
            aws_auth: items.remove(position(AuthMethod::Aws)).map(stored_from).transpose()?,
            oidc_auth: items.remove(position(AuthMethod::Oidc)).map(stored_from).transpose()?,
            client_secrets: Vec::new(),
            lockout: items.remove("LOCKOUT#UNIVERSAL").map(stored_from).transpose()?,
        };
        let secrets = items.into_iter().filter(|(position, _)| position.starts_with("CLIENT_SECRET#"));
        let secrets = secrets.map(|(_, item)| stored_from(item));
        partition.client_secrets = secrets.collect::<Result<_, _>>()?;
        partition.client_secrets.sort_by_key(|secret| (secret.issued_at, secret.id));
        Ok(Some(partition))
    }

    /// One client secret. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn client_secret(
        &self,
        identity: IdentityId,
        id: ClientSecretId,
    ) -> Result<Option<Stored<ClientSecret>>, ReadError> {
        self.get(&partition(identity), &secret_position(id)).await
    }

    /// Counts one login with a client secret that may be used any number of times. One UpdateItem outside any
    /// transaction, so that a fleet that logs in at once does not wait for itself.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be written.
    pub async fn count_client_secret_use(
        &self,
        identity: IdentityId,
        id: ClientSecretId,
    ) -> Result<(), ReadError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a counter that nothing depends on, outside any transaction"
        )]
        let request = self.client.update_item();
        let counted = request
            .table_name(&self.table)
            .key("pk", AttributeValue::S(partition(identity)))
            .key("sk", AttributeValue::S(secret_position(id)))
            .update_expression("ADD uses :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .send()
            .await;
        counted.map(|_| ()).map_err(|error| fetch("uses of a client secret", error))
    }

    /// The identity that logs in with a client id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn identity_of_client(&self, client: ClientId) -> Result<Option<IdentityId>, ReadError> {
        self.owner_id(CLIENT_ID, "", &client.to_string()).await
    }

    /// The organisation's identities, by name. One eventually consistent Query for each MB.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn identities_of(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<Stored<Identity>>, ReadError> {
        self.list(From::List, &format!("ORG#{organization}"), "IDENTITY#").await
    }
}

/// Items of one partition by their position in it.
pub(crate) fn by_position(items: Vec<Item>) -> HashMap<String, Item> {
    let position = |item: &Item| match item.get("sk") {
        Some(AttributeValue::S(position)) => Some(position.clone()),
        Some(_) | None => None,
    };
    items.into_iter().filter_map(|item| Some((position(&item)?, item))).collect()
}

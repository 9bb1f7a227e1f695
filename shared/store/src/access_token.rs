//! Access tokens: the record of each, and what the authorizer reads for every request.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::access_token::{AccessToken, Claims};
use model::aws_auth::AwsAuth;
use model::client_secret::ClientSecret;
use model::id::AccessTokenId;
use model::identity::{AuthMethod, Identity};
use model::oidc_auth::OidcAuth;
use model::standing::{Standing, TokenConfiguration};
use model::universal_auth::UniversalAuth;

use crate::Store;
use crate::entity::{Entity, Item, Stored, stored_from};
use crate::error::ReadError;
use crate::identity::{LoginMethod, by_position, partition, position, secret_position};
use crate::keys::Keys;
use crate::read::fetch;

impl Entity for AccessToken {
    const KIND: &'static str = "access token";

    fn keys(&self) -> Keys {
        Keys::own(own(self.id))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Self::expires_at(self)
    }
}

fn own(id: AccessTokenId) -> String {
    format!("TOKEN#{id}")
}

fn configuration<T: LoginMethod>(item: Item) -> Result<(TokenConfiguration, T), ReadError> {
    let method = stored_from::<T>(item)?.value;
    let (id, trusted_ips) = (method.id(), method.tokens().trusted_ips.clone());
    Ok((TokenConfiguration { id, trusted_ips, aws_auth: None }, method))
}

impl Store {
    /// An access token's record. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn access_token(&self, id: AccessTokenId) -> Result<Option<Stored<AccessToken>>, ReadError> {
        self.get(&own(id), &own(id)).await
    }

    /// A token's record, and what a token with these claims rests on. One strongly consistent BatchGetItem of up to four items.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn token_standing(
        &self,
        claims: &Claims,
    ) -> Result<(Option<Stored<AccessToken>>, Standing), ReadError> {
        let token = own(claims.identity_access_token_id);
        let identity = partition(claims.identity_id);
        let method = position(claims.auth_method);
        let secret = claims.client_secret_id.map(secret_position);
        let mut keys = vec![
            (token.clone(), token.clone()),
            (identity.clone(), identity.clone()),
            (identity.clone(), method.to_owned()),
        ];
        keys.extend(secret.clone().map(|secret| (identity.clone(), secret)));
        let mut items = by_position(self.batch_get("access token", &keys).await?);
        let configuration = match (items.remove(method), claims.auth_method) {
            (None, _) => None,
            (Some(item), AuthMethod::Universal) => Some(configuration::<UniversalAuth>(item)?.0),
            (Some(item), AuthMethod::Aws) => {
                let (configuration, auth) = configuration::<AwsAuth>(item)?;
                Some(TokenConfiguration { aws_auth: Some(auth), ..configuration })
            }
            (Some(item), AuthMethod::Oidc) => Some(configuration::<OidcAuth>(item)?.0),
        };
        let record = items.remove(&token).map(stored_from).transpose()?;
        let identity = items.remove(&identity).map(stored_from::<Identity>).transpose()?;
        let client_secret = secret.and_then(|secret| items.remove(&secret));
        let client_secret = client_secret.map(stored_from::<ClientSecret>).transpose()?;
        let standing = Standing {
            identity: identity.map(|identity| identity.value),
            configuration,
            client_secret: client_secret.map(|secret| secret.value),
        };
        Ok((record, standing))
    }

    /// Counts one use of a token that may be used `limit` times; `false` when it has been used as often already, or is
    /// gone. One conditional UpdateItem: of two callers for the last use, one gets it.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be written.
    pub async fn count_token_use(&self, id: AccessTokenId, limit: u64) -> Result<bool, ReadError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a counter with a condition of its own, outside any transaction"
        )]
        let request = self.client.update_item();
        let number = |number: u64| AttributeValue::N(number.to_string());
        let counted = request
            .table_name(&self.table)
            .key("pk", AttributeValue::S(own(id)))
            .key("sk", AttributeValue::S(own(id)))
            // The version counts on, so that a renewal which read the old count does not write it back.
            .update_expression("ADD uses :one, version :one")
            .condition_expression("attribute_exists(pk) AND uses < :limit")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":limit", number(limit))
            .send()
            .await;
        match counted {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refused))
                if matches!(refused.err(), UpdateItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(false)
            }
            Err(error) => Err(fetch("uses of an access token", error)),
        }
    }
}

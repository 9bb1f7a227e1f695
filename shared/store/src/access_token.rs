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
use model::trusted_ip::TrustedIp;
use model::universal_auth::UniversalAuth;

use crate::Store;
use crate::entity::{Entity, Stored, stored_from};
use crate::error::ReadError;
use crate::identity::{by_position, partition, position, secret_position};
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

/// What stands behind a token at the moment: whatever is missing has been revoked.
#[derive(Debug)]
pub struct TokenStanding {
    /// The token's record.
    pub token: Option<Stored<AccessToken>>,
    /// Its identity.
    pub identity: Option<Stored<Identity>>,
    /// From where its tokens may be used, by the login method that it was made with.
    pub trusted_ips: Option<Vec<TrustedIp>>,
    /// The client secret that it was made with.
    pub client_secret: Option<Stored<ClientSecret>>,
}

impl Store {
    /// An access token's record. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn access_token(&self, id: AccessTokenId) -> Result<Option<Stored<AccessToken>>, ReadError> {
        self.get(&own(id), &own(id)).await
    }

    /// What stands behind a token with these claims. One strongly consistent BatchGetItem of up to four items.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn token_standing(&self, claims: &Claims) -> Result<TokenStanding, ReadError> {
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
        let trusted_ips = match (items.remove(method), claims.auth_method) {
            (None, _) => None,
            (Some(item), AuthMethod::Universal) => {
                Some(stored_from::<UniversalAuth>(item)?.value.access_token_trusted_ips)
            }
            (Some(item), AuthMethod::Aws) => {
                Some(stored_from::<AwsAuth>(item)?.value.access_token_trusted_ips)
            }
            (Some(item), AuthMethod::Oidc) => {
                Some(stored_from::<OidcAuth>(item)?.value.access_token_trusted_ips)
            }
        };
        Ok(TokenStanding {
            token: items.remove(&token).map(stored_from).transpose()?,
            identity: items.remove(&identity).map(stored_from).transpose()?,
            trusted_ips,
            client_secret: secret.and_then(|secret| items.remove(&secret)).map(stored_from).transpose()?,
        })
    }

    /// Counts one use of a token that may be used `limit` times; `false` when it has been used as often already, or is
    /// gone. One conditional UpdateItem: of two callers for the last use, one gets it.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be written.
    pub async fn count_token_use(&self, id: AccessTokenId, limit: u64) -> Result<bool, ReadError> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let counted = self
            .client
            .update_item()
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

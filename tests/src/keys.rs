//! A customer's IAM users and their access keys, as the account's root sees and changes them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use local::ready::Ready;

use crate::account::{AccessKey, Account, element};

/// The actions that the documentation asks for, for users whose keys are rotated.
pub const KEY_ROTATION: [&str; 5] = [
    "iam:ListAccessKeys",
    "iam:CreateAccessKey",
    "iam:UpdateAccessKey",
    "iam:DeleteAccessKey",
    "iam:ListUsers",
];

/// What more helps: whether a previous key is still used.
pub const LAST_USE: &str = "iam:GetAccessKeyLastUsed";

impl Account {
    /// Another access key of a user.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn make_key(&self, user: &str) -> Result<AccessKey> {
        let fields = [("Action", "CreateAccessKey"), ("UserName", user)];
        let xml = self.iam(&fields).await.with_context(|| format!("make a key of {user}"))?;
        Ok(AccessKey {
            id: element(&xml, "AccessKeyId").context("no key id")?,
            secret: element(&xml, "SecretAccessKey").context("no secret key")?,
            user_arn: format!("arn:aws:iam::{}:user/{user}", self.number),
        })
    }

    /// Deletes an access key of a user.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn delete_key(&self, user: &str, id: &str) -> Result<()> {
        let fields = [("Action", "DeleteAccessKey"), ("UserName", user), ("AccessKeyId", id)];
        self.iam(&fields).await.map(drop).with_context(|| format!("delete a key of {user}"))
    }

    /// The access keys of a user: ids, and `Active` or `Inactive`.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn keys(&self, user: &str) -> Result<BTreeMap<String, String>> {
        let fields = [("Action", "ListAccessKeys"), ("UserName", user)];
        let xml = self.iam(&fields).await.with_context(|| format!("list the keys of {user}"))?;
        let key = |member: &str| Some((element(member, "AccessKeyId")?, element(member, "Status")?));
        Ok(xml.split("<member>").skip(1).filter_map(key).collect())
    }
}

impl AccessKey {
    /// `aws sts get-caller-identity` under it: whose it is, or nothing where AWS does not take it.
    ///
    /// # Errors
    /// When AWS says anything else.
    pub async fn identity(&self, ready: &Ready) -> Result<Option<String>> {
        #[expect(clippy::disallowed_methods, reason = "an application's own tools, which have its key")]
        let credentials = Credentials::new(&self.id, &self.secret, None, None, "an application");
        let aws = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&ready.aws_endpoint)
            .region(Region::new(ready.region.clone()))
            .credentials_provider(credentials)
            .load()
            .await;
        match aws_sdk_sts::Client::new(&aws).get_caller_identity().send().await {
            Ok(answer) => answer.arn.map(Some).context("AWS names nobody"),
            Err(refusal) if refusal.code() == Some("InvalidClientTokenId") => Ok(None),
            Err(failure) => Err(failure).context("ask AWS who it is"),
        }
    }
}

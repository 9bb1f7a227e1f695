//! What a customer's root sees, and does, in Secrets Manager and Parameter Store.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::account::Account;
use crate::system::text;

/// The actions that the documentation asks for, for Secrets Manager.
pub const SECRETS_MANAGER: [&str; 9] = [
    "secretsmanager:ListSecrets",
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:CreateSecret",
    "secretsmanager:UpdateSecret",
    "secretsmanager:DeleteSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
];

/// The actions that the documentation asks for, for Parameter Store.
pub const PARAMETER_STORE: [&str; 8] = [
    "ssm:PutParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:DescribeParameters",
    "ssm:DeleteParameters",
    "ssm:ListTagsForResource",
    "ssm:AddTagsToResource",
    "ssm:RemoveTagsFromResource",
];

/// Those for a KMS key of the customer's own, for both.
pub const FOR_A_KEY: [&str; 4] = ["kms:ListAliases", "kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"];

impl Account {
    /// The secrets that are not scheduled for deletion: names and values.
    ///
    /// # Errors
    /// When Secrets Manager refuses.
    pub async fn secrets(&self) -> Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        for entry in self.listed(&json!({})).await? {
            let name = text(&entry["Name"])?;
            let value = self.secrets_manager("GetSecretValue", &json!({ "SecretId": name })).await?;
            found.insert(name, text(&value["SecretString"])?);
        }
        Ok(found)
    }

    /// What ListSecrets says of each secret that fits.
    ///
    /// # Errors
    /// When Secrets Manager refuses.
    pub async fn listed(&self, filter: &Value) -> Result<Vec<Value>> {
        let mut request = filter.clone();
        let mut found = Vec::new();
        loop {
            let mut page = self.secrets_manager("ListSecrets", &request).await?;
            found.append(page["SecretList"].as_array_mut().context("a list of secrets")?);
            match page["NextToken"].as_str() {
                Some(next) => request["NextToken"] = json!(next),
                None => return Ok(found),
            }
        }
    }

    /// The parameters below a path: names and values.
    ///
    /// # Errors
    /// When Parameter Store refuses.
    pub async fn parameters(&self, path: &str) -> Result<BTreeMap<String, String>> {
        let mut request = json!({ "Path": path, "WithDecryption": true, "Recursive": true });
        let mut found = BTreeMap::new();
        loop {
            let page = self.parameter_store("GetParametersByPath", &request).await?;
            for parameter in page["Parameters"].as_array().into_iter().flatten() {
                found.insert(text(&parameter["Name"])?, text(&parameter["Value"])?);
            }
            match page["NextToken"].as_str() {
                Some(next) => request["NextToken"] = json!(next),
                None => return Ok(found),
            }
        }
    }

    /// The tags of a parameter.
    ///
    /// # Errors
    /// When Parameter Store refuses.
    pub async fn tags_of_parameter(&self, name: &str) -> Result<BTreeMap<String, String>> {
        let request = json!({ "ResourceType": "Parameter", "ResourceId": name });
        tags(&self.parameter_store("ListTagsForResource", &request).await?["TagList"])
    }

    /// The tags of a secret.
    ///
    /// # Errors
    /// When Secrets Manager refuses.
    pub async fn tags_of_secret(&self, name: &str) -> Result<BTreeMap<String, String>> {
        tags(&self.secrets_manager("DescribeSecret", &json!({ "SecretId": name })).await?["Tags"])
    }

    /// Makes a secret that is nobody's.
    ///
    /// # Errors
    /// When Secrets Manager refuses.
    pub async fn make_secret(&self, name: &str, value: &str) -> Result<()> {
        let request = json!({ "Name": name, "SecretString": value });
        self.secrets_manager("CreateSecret", &request).await.map(drop)
    }

    /// Makes or changes a parameter.
    ///
    /// # Errors
    /// When Parameter Store refuses.
    pub async fn make_parameter(&self, name: &str, value: &str) -> Result<()> {
        let request = json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": true });
        self.parameter_store("PutParameter", &request).await.map(drop)
    }

    /// Any call of Secrets Manager.
    ///
    /// # Errors
    /// When Secrets Manager refuses.
    pub async fn secrets_manager(&self, action: &str, request: &Value) -> Result<Value> {
        self.json("secretsmanager", &format!("secretsmanager.{action}"), request).await
    }

    /// Any call of Parameter Store.
    ///
    /// # Errors
    /// When Parameter Store refuses.
    pub async fn parameter_store(&self, action: &str, request: &Value) -> Result<Value> {
        self.json("ssm", &format!("AmazonSSM.{action}"), request).await
    }
}

fn tags(list: &Value) -> Result<BTreeMap<String, String>> {
    let tags = list.as_array().into_iter().flatten();
    tags.map(|tag| Ok((text(&tag["Key"])?, text(&tag["Value"])?))).collect()
}

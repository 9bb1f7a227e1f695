//! A customer's AWS account in the stand-in: roles with trust policies, users with keys.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use local::root::Root;
use serde_json::{Value, json};

const IAM: &str = "2010-05-08";

/// An account of somebody else, seen by its root.
#[derive(Clone, Debug)]
pub struct Account {
    root: Root,
    /// Its twelve digits.
    pub number: String,
}

/// An IAM user's access key.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The public half.
    pub id: String,
    /// The secret half.
    pub secret: String,
    /// The user.
    pub user_arn: String,
}

impl Account {
    /// An account that no other test uses.
    #[must_use]
    pub fn fresh(endpoint: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(300_000_000_001);
        Self::numbered(endpoint, &NEXT.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// The account with this number.
    #[must_use]
    pub fn numbered(endpoint: &str, number: &str) -> Self {
        Self { root: Root::new(endpoint, number), number: number.to_owned() }
    }

    /// A JSON service's action as its root, for example `AmazonSSM.PutParameter`.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn json(&self, service: &str, target: &str, request: &Value) -> Result<Value> {
        self.root.json(service, target, request).await
    }

    /// The ARN of a role of this account, there or not.
    #[must_use]
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.number)
    }

    /// Makes a role with exactly this trust policy.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn role(&self, name: &str, trust: &Value) -> Result<String> {
        let trust = trust.to_string();
        let fields = [("Action", "CreateRole"), ("RoleName", name), ("AssumeRolePolicyDocument", &trust)];
        self.root.query("iam", IAM, &fields).await.with_context(|| format!("make the role {name}"))?;
        Ok(self.role_arn(name))
    }

    /// Gives a role another trust policy.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn trust(&self, name: &str, trust: &Value) -> Result<()> {
        let trust = trust.to_string();
        let fields = [("Action", "UpdateAssumeRolePolicy"), ("RoleName", name), ("PolicyDocument", &trust)];
        self.root
            .query("iam", IAM, &fields)
            .await
            .map(drop)
            .with_context(|| format!("change the trust of {name}"))
    }

    /// Gives a role a permission policy.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn allow(&self, role: &str, policy: &Value) -> Result<()> {
        self.put_policy("PutRolePolicy", ("RoleName", role), policy).await
    }

    /// Gives a user a permission policy.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn allow_user(&self, user: &str, policy: &Value) -> Result<()> {
        self.put_policy("PutUserPolicy", ("UserName", user), policy).await
    }

    /// The names of a role's inline policies, in order.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn policies(&self, role: &str) -> Result<Vec<String>> {
        let fields = [("Action", "ListRolePolicies"), ("RoleName", role)];
        let xml = self.root.query("iam", IAM, &fields).await.with_context(|| format!("list {role}'s"))?;
        let (_, names) = xml.split_once("<PolicyNames>").unwrap_or_default();
        let (names, _) = names.split_once("</PolicyNames>").unwrap_or_default();
        let mut names: Vec<String> = names
            .split("<member>")
            .filter_map(|rest| Some(rest.split_once("</member>")?.0.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    }

    async fn put_policy(&self, action: &str, holder: (&str, &str), policy: &Value) -> Result<()> {
        let policy = policy.to_string();
        let fields = [("Action", action), holder, ("PolicyName", "given"), ("PolicyDocument", &policy)];
        self.root
            .query("iam", IAM, &fields)
            .await
            .map(drop)
            .with_context(|| format!("allow {} something", holder.1))
    }

    /// Makes a user.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn user_without_keys(&self, name: &str) -> Result<()> {
        let fields = [("Action", "CreateUser"), ("UserName", name)];
        self.root.query("iam", IAM, &fields).await.map(drop).with_context(|| format!("make the user {name}"))
    }

    /// Makes a user with an access key.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn user(&self, name: &str) -> Result<AccessKey> {
        self.user_without_keys(name).await?;
        self.make_key(name).await
    }

    /// A REST service's POST of XML as its root; the answer is XML.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn post_xml(&self, service: &str, path: &str, body: &str) -> Result<String> {
        self.root.post_xml(service, path, body).await
    }

    /// A REST service's GET as its root; the answer is XML.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn get_xml(&self, service: &str, path: &str) -> Result<String> {
        self.root.get_xml(service, path).await
    }

    /// An action of a query service as its root; the answer is XML.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn query(&self, service: &str, version: &str, fields: &[(&str, &str)]) -> Result<String> {
        let action = fields.first().map_or("", |(_, action)| action);
        self.root.query(service, version, fields).await.with_context(|| action.to_owned())
    }

    /// An action of IAM; the answer is XML.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn iam(&self, fields: &[(&str, &str)]) -> Result<String> {
        self.root.query("iam", IAM, fields).await
    }

    /// Temporary credentials of a role as the root of another account assumes it: id, secret and session token.
    ///
    /// # Errors
    /// When STS refuses.
    pub async fn session(&self, role_arn: &str, external_id: &str) -> Result<[String; 3]> {
        let fields = [
            ("Action", "AssumeRole"),
            ("RoleArn", role_arn),
            ("RoleSessionName", "tests"),
            ("ExternalId", external_id),
        ];
        let xml = self.root.query("sts", "2011-06-15", &fields).await.context("assume a role")?;
        let part = |name: &str| element(&xml, name).with_context(|| format!("no {name}"));
        Ok([part("AccessKeyId")?, part("SecretAccessKey")?, part("SessionToken")?])
    }
}

/// A trust policy for one principal under a condition.
#[must_use]
pub fn trust(principal: &str, condition: &Value) -> Value {
    let mut statement =
        json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

pub(crate) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
}

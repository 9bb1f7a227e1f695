//! Whose credentials an access key id belongs to.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_lc_rs::digest;
use http::Response;
use hyper::body::Bytes;
use serde::Serialize;

use super::call::{Call, Form};
use super::wire::element;
use crate::root::Root;
use crate::standins::PLATFORM_ACCOUNT;

/// Whoever signs.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// For example `arn:aws:sts::111122223333:assumed-role/name/session`.
    pub arn: String,
    /// The account.
    pub account: String,
    /// What AWS calls a role's session in `aws:userid`: `AROA…:session`.
    pub user_id: Option<String>,
    /// The role of a session, its path included.
    pub role_arn: Option<String>,
    /// The source identity that the session carries on, if any.
    pub source_identity: Option<String>,
    /// Whether a role's session assumed the role.
    pub chained: bool,
    /// When temporary credentials end, as AWS told it.
    pub expires_at: Option<String>,
}

impl Principal {
    pub(crate) fn new(arn: &str) -> Self {
        let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
        Self { arn: arn.to_owned(), account, ..Self::default() }
    }

    /// The role and the name of a role's session.
    pub(crate) fn session(&self) -> Option<(&str, &str)> {
        self.arn.split_once(":assumed-role/")?.1.split_once('/')
    }

    /// What CloudTrail calls a user name: that of a user, or of a role's session.
    pub(crate) fn user_name(&self) -> &str {
        match self.session() {
            Some((_, session)) => session,
            None => self.arn.rsplit([':', '/']).next().unwrap_or_default(),
        }
    }

    /// Whether these are a role's temporary credentials, so that assuming another role is chaining.
    pub(crate) fn is_role_session(&self) -> bool {
        self.arn.contains(":assumed-role/")
    }
}

#[derive(Debug, Default)]
pub(crate) struct Principals(Mutex<HashMap<String, Principal>>);

impl Principals {
    /// The owner of an access key id. Functions' keys are looked up when one is new.
    pub(crate) async fn find(&self, access_key_id: &str, root: &Root) -> Option<Principal> {
        if access_key_id.len() == 12 && access_key_id.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Principal::new(&format!("arn:aws:iam::{access_key_id}:root")));
        }
        if let Some(known) = self.known(access_key_id) {
            return Some(known);
        }
        if access_key_id.starts_with("ASIA") {
            if let Err(failure) = self.learn_functions(root).await {
                tracing::warn!("cannot list functions to learn their keys: {failure:#}");
            }
            return self.known(access_key_id);
        }
        None
    }

    /// Remembers whom the credentials in an answer were made for.
    pub(crate) fn learn(
        &self,
        call: &Call,
        form: &Form,
        caller: Option<&Principal>,
        answer: &Response<Bytes>,
    ) {
        let xml = String::from_utf8_lossy(answer.body());
        let Some(access_key_id) = element(&xml, "AccessKeyId") else { return };
        let principal = match (call.service.as_str(), call.action.as_str()) {
            ("sts", "AssumeRole" | "AssumeRoleWithWebIdentity") => element(&xml, "Arn").map(|arn| {
                let carried = caller.and_then(|caller| caller.source_identity.clone());
                Principal {
                    user_id: element(&xml, "AssumedRoleId").map(str::to_owned),
                    role_arn: form.get("RoleArn").cloned(),
                    source_identity: form.get("SourceIdentity").cloned().or(carried),
                    chained: caller.is_some_and(Principal::is_role_session),
                    expires_at: element(&xml, "Expiration").map(str::to_owned),
                    ..Principal::new(arn)
                }
            }),
            ("iam", "CreateAccessKey") => element(&xml, "UserName").zip(caller).map(|(user, caller)| {
                Principal::new(&format!("arn:aws:iam::{}:user/{user}", caller.account))
            }),
            _ => None,
        };
        if let Some(principal) = principal {
            self.remember(access_key_id, principal);
        }
    }

    fn known(&self, access_key_id: &str) -> Option<Principal> {
        self.0.lock().ok()?.get(access_key_id).cloned()
    }

    fn remember(&self, access_key_id: &str, principal: Principal) {
        if let Ok(mut known) = self.0.lock() {
            known.insert(access_key_id.to_owned(), principal);
        }
    }

    /// ministack makes a function's credentials without telling, but always the same ones.
    async fn learn_functions(&self, root: &Root) -> anyhow::Result<()> {
        let answer = root.of(PLATFORM_ACCOUNT).get("lambda", "/2015-03-31/functions/").await?;
        for function in answer["Functions"].as_array().into_iter().flatten() {
            let text = |name: &str| function[name].as_str().unwrap_or_default();
            let (function_arn, role_arn, name) = (text("FunctionArn"), text("Role"), text("FunctionName"));
            let role = role_arn.rsplit('/').next().unwrap_or_default();
            let account = function_arn.split(':').nth(4).unwrap_or_default();
            let session: String = name.chars().take(64).collect();
            let principal = Principal {
                role_arn: Some(role_arn.to_owned()),
                ..Principal::new(&format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"))
            };
            self.remember(&function_key(function_arn, role_arn), principal);
        }
        Ok(())
    }
}

/// The access key id that ministack gives a function (`execution_credentials` in its Lambda runtime).
fn function_key(function_arn: &str, role_arn: &str) -> String {
    let digest = digest::digest(&digest::SHA256, format!("{function_arn}:{role_arn}").as_bytes());
    format!("ASIA{}", hex::encode_upper(&digest.as_ref()[..8]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Principals, function_key};
    use crate::guard::call::{Call, Form};
    use crate::root::Root;

    /// Taken from a running ministack 1.5.33.
    #[test]
    fn a_functions_key_is_the_one_that_ministack_makes() {
        let key = function_key(
            "arn:aws:lambda:us-east-1:111111111111:function:drawbridge-ProjectsFunction-087AB6E770B30",
            "arn:aws:iam::111111111111:role/drawbridge/drawbridge/projects/drawbridge-ProjectsRole-822B3E44EAEBE",
        );
        assert_eq!(key, "ASIAD95CA2941EE5C42F");
    }

    #[tokio::test]
    async fn a_session_keeps_the_source_identity_of_its_caller() {
        let principals = Principals::default();
        let nowhere = Root::new("http://127.0.0.1:1", "111111111111");
        let call = Call {
            service: "sts".to_owned(),
            action: "AssumeRole".to_owned(),
            region: "us-east-1".to_owned(),
            permissions: Vec::new(),
            details: std::collections::BTreeMap::new(),
        };
        let answer = |key: &str, role: &str| {
            let body = format!(
                "<Credentials><AccessKeyId>{key}</AccessKeyId></Credentials><AssumedRoleUser>\
                 <Arn>arn:aws:sts::222222222222:assumed-role/{role}/s</Arn></AssumedRoleUser>"
            );
            http::Response::new(body.into())
        };
        let form = Form::from([("SourceIdentity".to_owned(), "ada".to_owned())]);
        principals.learn(&call, &form, None, &answer("ASIA1", "one"));
        let first = principals.find("ASIA1", &nowhere).await.unwrap();
        principals.learn(&call, &Form::new(), Some(&first), &answer("ASIA2", "two"));
        let second = principals.find("ASIA2", &nowhere).await.unwrap();
        assert_eq!((first.chained, second.chained), (false, true));
        assert_eq!(second.session(), Some(("two", "s")));
        assert_eq!(second.arn, "arn:aws:sts::222222222222:assumed-role/two/s");
        assert_eq!(second.source_identity.as_deref(), Some("ada"));
        assert_eq!(second.account, "222222222222");
        assert!(second.is_role_session());
    }
}

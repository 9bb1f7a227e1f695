//! A guard in front of the shared ministack, and callers of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use http::Request;
use hyper::body::Bytes;
use local::guard::Guard;
use local::http::{Client, serve};
use local::root::Root;
use local::standins;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// A guard, and two accounts that no other test uses.
pub(crate) struct Aws {
    pub(crate) endpoint: String,
    pub(crate) ours: Root,
    pub(crate) theirs: Root,
    pub(crate) our_account: &'static str,
    pub(crate) their_account: &'static str,
}

impl Aws {
    pub(crate) async fn start() -> Self {
        Self::in_front_of("").await
    }

    /// The same with moto behind the guard too.
    pub(crate) async fn with_moto() -> Self {
        static MOTO: OnceLock<standins::Running> = OnceLock::new();
        let moto = MOTO.get_or_init(|| standins::start_moto(None).unwrap()).endpoint();
        Self::in_front_of(&moto).await
    }

    async fn in_front_of(moto: &str) -> Self {
        let (our_account, their_account) = unused_accounts();
        let ministack = standins::ministack().unwrap().endpoint();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let guard = Arc::new(Guard::new(&endpoint, &ministack, moto, Arc::new(Notify::new())).unwrap());
        tokio::spawn(serve(listener, move |request| {
            let guard = Arc::clone(&guard);
            async move { guard.answer(request).await }
        }));
        let (ours, theirs) = (Root::new(&endpoint, our_account), Root::new(&endpoint, their_account));
        Self { endpoint, ours, theirs, our_account, their_account }
    }

    pub(crate) async fn iam(&self, root: &Root, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        root.query("iam", "2010-05-08", fields).await
    }

    /// A role that trusts `statement`, may assume anything, and whose sessions last up to 2 hours.
    pub(crate) async fn role(&self, root: &Root, name: &str, statement: &Value) {
        let trust = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let fields = [
            ("Action", "CreateRole"),
            ("RoleName", name),
            ("AssumeRolePolicyDocument", trust.as_str()),
            ("MaxSessionDuration", "7200"),
        ];
        self.iam(root, &fields).await.unwrap();
        let allow = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"});
        self.policy(root, name, "assume", &allow).await.unwrap();
    }

    /// Puts an inline policy of one statement on a role.
    pub(crate) async fn policy(
        &self,
        root: &Root,
        role: &str,
        name: &str,
        statement: &Value,
    ) -> anyhow::Result<String> {
        let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let fields = [
            ("Action", "PutRolePolicy"),
            ("RoleName", role),
            ("PolicyName", name),
            ("PolicyDocument", document.as_str()),
        ];
        self.iam(root, &fields).await
    }

    pub(crate) async fn sts(&self, credentials: Credentials) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.config(credentials).await)
    }

    /// What a program with these credentials makes its clients of.
    pub(crate) async fn config(&self, credentials: Credentials) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::from_static(standins::REGION))
            .credentials_provider(credentials)
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .load()
            .await
    }

    /// A role of theirs that may do those actions; the answer is a function that may assume it.
    pub(crate) async fn console_role(&self, name: &str, actions: &[&str]) -> aws_sdk_sts::Client {
        self.role(&self.theirs, name, &trusting(self.our_account)).await;
        let allow = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        self.policy(&self.theirs, name, "work", &allow).await.unwrap();
        self.function().await
    }

    /// A person's credentials in a role of theirs.
    pub(crate) async fn person(&self, by: &aws_sdk_sts::Client, role: &str, name: &str) -> Credentials {
        let call = by.assume_role().role_arn(self.role_arn(role)).role_session_name(name);
        credentials(&call.send().await.unwrap())
    }

    /// A session of a role of ours, as a function has one.
    pub(crate) async fn function(&self) -> aws_sdk_sts::Client {
        let account = self.our_account;
        self.role(&self.ours, "function", &trusting(account)).await;
        let root = self.sts(Credentials::new(account, standins::ROOT_SECRET, None, None, "test")).await;
        let arn = format!("arn:aws:iam::{account}:role/function");
        let session = root.assume_role().role_arn(arn).role_session_name("function").send().await.unwrap();
        self.sts(credentials(&session)).await
    }

    pub(crate) fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.their_account)
    }

    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let request =
            Request::builder().method(method).uri(path).body(Bytes::from(body.to_string())).unwrap();
        let answer = Client::default().send(&self.endpoint, request).await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {:?}", answer.body());
        serde_json::from_slice(answer.body()).unwrap()
    }
}

/// Two account numbers that nobody else in this process got: all tests share one ministack, and a role's name is its account's.
fn unused_accounts() -> (&'static str, &'static str) {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let account = |first: u64| &*format!("{first}{number:011}").leak();
    (account(1), account(2))
}

pub(crate) fn trusting(account: &str) -> Value {
    json!({
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
    })
}

pub(crate) fn credentials(session: &AssumeRoleOutput) -> Credentials {
    let made = session.credentials().unwrap();
    let token = Some(made.session_token().to_owned());
    Credentials::new(made.access_key_id(), made.secret_access_key(), token, None, "test")
}

pub(crate) async fn code(call: AssumeRoleFluentBuilder) -> String {
    match call.role_session_name("trying").send().await {
        Ok(_) => "allowed".to_owned(),
        Err(failure) => {
            failure.code().map_or_else(|| DisplayErrorContext(&failure).to_string(), str::to_owned)
        }
    }
}

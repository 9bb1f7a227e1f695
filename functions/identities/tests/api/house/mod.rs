//! A deployment for tests: fresh tables of a real engine, a KMS with one key, an STS that answers as told.

pub(crate) mod signed;
pub(crate) mod sts;

use std::sync::Arc;

use aws_config::SdkConfig;
use identities::{Ctx, routes};
use model::Timestamp;
use model::id::OrganizationId;
use model::organization::Organization;
use serde_json::{Value, json};
use store::Store;
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;
use testkit::issuer::SigningKey;
use testkit::now;
use tokens::TokenKey;

pub(crate) use sts::TestSts;

pub(crate) struct House {
    pub(crate) organization: OrganizationId,
    pub(crate) store: Store,
    pub(crate) sts: TestSts,
    pub(crate) key: TokenKey,
    config: SdkConfig,
    administrators: String,
    ctx: Arc<Ctx>,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with_administrators("").await
    }

    /// With the stack's parameter `AdminPrincipalArns`.
    pub(crate) async fn with_administrators(principals: &str) -> Self {
        Self::over(testkit::tables().await.unwrap(), &Fuse::default(), principals).await
    }

    /// Whose every call to the table and to KMS goes through `fuse`.
    pub(crate) async fn through(fuse: &Fuse) -> (Self, Trail) {
        let (store, trail) = testkit::tables_reached_by(|config| fuse.through(config)).await.unwrap();
        (Self::over(store, fuse, "").await, trail)
    }

    async fn over(store: Store, fuse: &Fuse, administrators: &str) -> Self {
        let signing = Arc::new(SigningKey::es256("unused"));
        let key = TokenKey::from_spki(&signing.spki()).unwrap();
        let sts = TestSts::start().await;
        let (config, _) = testkit::kms::signing_with(signing);
        let config = fuse.through(&config.into_builder().endpoint_url(&sts.url).build());
        let organization = OrganizationId::random();
        let administrators = administrators.to_owned();
        let ctx = ctx(&store, &config, organization, &administrators);
        Self { organization, store, sts, key, config, administrators, ctx }
    }

    /// To a process that knows nothing that this one keeps in memory.
    pub(crate) async fn send_to_new_process(&self, event: &Event, at: Timestamp) -> (u16, Value) {
        let ctx = ctx(&self.store, &self.config, self.organization, &self.administrators);
        read(web::answer(routes(), ctx, event.request(), at).await).await
    }

    pub(crate) async fn send(&self, event: Event, at: Timestamp) -> (u16, Value) {
        read(web::answer(routes(), Arc::clone(&self.ctx), event.request(), at).await).await
    }

    /// From an administrator.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.send(event(method, path).body(body).person("ada@example.com", "admin"), now()).await
    }

    /// The same, which must succeed.
    pub(crate) async fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.admin(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// From nobody.
    pub(crate) async fn open(&self, path: &str, body: &Value, at: Timestamp) -> (u16, Value) {
        self.send(event("POST", path).body(body), at).await
    }

    /// A new identity; its id.
    pub(crate) async fn identity(&self, role: &str) -> String {
        let body = json!({ "name": "machine", "organizationId": self.organization, "role": role });
        text(&self.done("POST", "/api/v1/identities", &body).await["identity"]["id"])
    }

    /// A new identity with universal auth; its id and client id.
    pub(crate) async fn universal(&self, configuration: &Value) -> (String, String) {
        let id = self.identity("member").await;
        let path = format!("/api/v1/auth/universal-auth/identities/{id}");
        let auth = self.done("POST", &path, configuration).await;
        (id, text(&auth["identityUniversalAuth"]["clientId"]))
    }

    /// A new client secret; its id and the secret.
    pub(crate) async fn secret(&self, identity: &str, body: &Value) -> (String, String) {
        let path = format!("/api/v1/auth/universal-auth/identities/{identity}/client-secrets");
        let made = self.done("POST", &path, body).await;
        (text(&made["clientSecretData"]["id"]), text(&made["clientSecret"]))
    }

    pub(crate) async fn login(&self, client: &str, secret: &str, at: Timestamp) -> (u16, Value) {
        let body = json!({ "clientId": client, "clientSecret": secret });
        self.open("/api/v1/auth/universal-auth/login", &body, at).await
    }
}

fn ctx(store: &Store, config: &SdkConfig, organization: OrganizationId, administrators: &str) -> Arc<Ctx> {
    Arc::new(Ctx::new(
        store.clone(),
        config,
        "the-signing-key".to_owned(),
        Organization { id: organization, name: "Acme Corp".to_owned() },
        administrators.parse().unwrap(),
    ))
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// The keys of an object, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

//! Secrets of the test deployment: short ways to write and read them.

use model::id::MembershipId;
use model::membership::{ActorKind, Membership, MembershipRole};
use model::permission::Role;
use serde_json::{Value, json};
use store::Change;
use testkit::event::event;

use crate::world::{World, line, text};

pub(crate) const RAW: &str = "/api/v3/secrets/raw";
pub(crate) const V4: &str = "/api/v4/secrets";
pub(crate) const BATCH: &str = "/api/v3/secrets/batch/raw";

/// A person who is a member of the project.
pub(crate) const ADA: &str = "ada@example.com";

impl World {
    /// `fields` and where they are about: the folder `path` of `dev`.
    pub(crate) fn at(&self, path: &str, fields: Value) -> Value {
        let mut body = json!({ "workspaceId": self.project, "environment": "dev", "secretPath": path });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    /// A new shared secret in the folder `path` of `dev`.
    pub(crate) async fn put(&self, path: &str, name: &str, value: &str) -> Value {
        let body = self.at(path, json!({ "secretValue": value }));
        self.ok("POST", &format!("{RAW}/{name}"), Some(body)).await["secret"].clone()
    }

    /// A new shared secret in the root of another environment.
    pub(crate) async fn put_in(&self, environment: &str, path: &str, name: &str, value: &str) -> Value {
        let body = json!({ "workspaceId": self.project, "environment": environment, "secretPath": path,
            "secretValue": value });
        self.ok("POST", &format!("{RAW}/{name}"), Some(body)).await["secret"].clone()
    }

    /// What the folder `path` of `dev` lists.
    pub(crate) async fn secrets(&self, path: &str, query: &str) -> Value {
        self.ok("GET", &self.target(RAW, path, query), None).await
    }

    /// The address of a read about the folder `path` of `dev`.
    pub(crate) fn target(&self, route: &str, path: &str, query: &str) -> String {
        let project = if route.starts_with(V4) { "projectId" } else { "workspaceId" };
        format!("{route}?{project}={}&environment=dev&secretPath={path}&{query}", self.project)
    }

    /// Makes Ada a member of the project.
    pub(crate) async fn with_ada(self) -> Self {
        let membership = Membership {
            id: MembershipId::random(),
            organization_id: self.organization,
            project_id: self.project,
            actor_kind: ActorKind::User,
            actor_id: ADA.to_owned(),
            actor_name: ADA.to_owned(),
            roles: vec![MembershipRole::permanent(Role::Member)],
        };
        self.store.commit(Change::new(testkit::now()).create(&membership), &line()).await.unwrap();
        self
    }

    /// As Ada.
    pub(crate) async fn ada(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let event = event(method, path).person(ADA, "no-access");
        self.send(match body {
            Some(body) => event.body(&body),
            None => event,
        })
        .await
    }

    /// The folder `path` of `dev` imports another one.
    pub(crate) async fn import(&self, path: &str, environment: &str, from: &str) {
        let body = json!({ "workspaceId": self.project, "environment": "dev", "path": path,
            "import": { "environment": environment, "path": from } });
        self.ok("POST", "/api/v1/secret-imports", Some(body)).await;
    }

    /// A tag of the project; its id.
    pub(crate) async fn tag(&self, slug: &str) -> String {
        let path = format!("/api/v1/projects/{}/tags", self.project);
        let tag = self.ok("POST", &path, Some(json!({ "slug": slug, "color": "#fff" }))).await;
        text(&tag["tag"], "id")
    }
}

/// The pairs `name=value` of a list of secrets, in its order.
pub(crate) fn pairs(secrets: &Value) -> Vec<String> {
    let pair = |secret: &Value| format!("{}={}", text(secret, "secretKey"), text(secret, "secretValue"));
    secrets.as_array().unwrap().iter().map(pair).collect()
}

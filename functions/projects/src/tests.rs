#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod crash_matrix;
mod deletion;
mod environments;
mod identity_memberships;
mod person_memberships;
mod projects;
mod rotated;

use std::collections::HashMap;

use model::Timestamp;
use model::id::{IdentityId, OrganizationId, ProjectId};
use model::identity::Identity;
use model::organization::Organization;
use model::permission::{Role, Scope};
use serde_json::{Value, json};
use store::Change;
use testkit::Trail;
use testkit::event::{Event, event};

use crate::{Ctx, routes};

/// A deployment with nothing in it, and its people: `root` administers the organisation, the others are its members.
struct World {
    ctx: Ctx,
    trail: Trail,
}

fn root(event: Event) -> Event {
    event.person("root@example.com", "admin")
}

fn ada(event: Event) -> Event {
    event.person("ada@example.com", "member")
}

fn bob(event: Event) -> Event {
    event.person("bob@example.com", "member")
}

impl World {
    async fn new() -> Self {
        let (store, trail) = testkit::tables_with_trail().await.unwrap();
        let organization = Organization { id: OrganizationId::random(), name: "Example".to_owned() };
        Self { ctx: Ctx { store, organization }, trail }
    }

    async fn send_at(&self, event: Event, now: Timestamp) -> (u16, Value) {
        testkit::event::read(web::answer(routes(), self.ctx.clone(), event.request(), now).await).await
    }

    async fn send(&self, event: Event) -> (u16, Value) {
        self.send_at(event, testkit::now()).await
    }

    /// What is answered to a request that must succeed.
    async fn ok(&self, event: Event) -> Value {
        let request = event.json();
        let (status, body) = self.send(event).await;
        assert_eq!(
            status, 200,
            "{} {}: {body}",
            request["requestContext"]["http"]["method"], request["rawPath"]
        );
        body
    }

    /// Status, error name and message of a request that must be refused.
    async fn refused(&self, event: Event) -> (u16, String, String) {
        let (status, body) = self.send(event).await;
        assert!(status >= 400, "{status} {body}");
        let text = |key: &str| body[key].as_str().map_or_else(|| body[key].to_string(), str::to_owned);
        (status, text("error"), text("message"))
    }

    /// A project of Ada's with the usual environments.
    async fn project(&self, slug: &str) -> Value {
        let body = json!({ "projectName": slug, "slug": slug });
        self.ok(ada(post("/api/v2/workspace", body))).await["project"].clone()
    }

    /// A machine of the organisation.
    async fn identity(&self, name: &str) -> IdentityId {
        let identity = Identity {
            id: IdentityId::random(),
            organization_id: self.ctx.organization.id,
            name: name.to_owned(),
            role: Role::NoAccess,
            has_delete_protection: false,
            metadata: Vec::new(),
            auth_methods: vec![model::identity::AuthMethod::Universal],
        };
        let audit = model::audit::AuditRecord {
            at: testkit::now(),
            actor: model::audit::Actor { kind: "system".into(), id: "test".into(), name: "test".into() },
            origin: model::audit::Origin::default(),
            action: "identity.create".to_owned(),
            resource_id: identity.id.to_string(),
            resource_name: name.to_owned(),
            project_id: Scope::Organization.project(),
            details: Vec::new(),
        };
        self.ctx.store.commit(Change::new(testkit::now()).create(&identity), &audit).await.unwrap();
        identity.id
    }
}

fn post(path: &str, body: Value) -> Event {
    event("POST", path).body(&body)
}

fn patch(path: &str, body: Value) -> Event {
    event("PATCH", path).body(&body)
}

fn get(path: &str) -> Event {
    event("GET", path)
}

fn delete(path: &str) -> Event {
    event("DELETE", path)
}

/// The text at a key.
fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}")).to_owned()
}

fn id(value: &Value) -> ProjectId {
    text(value, "id").parse().unwrap()
}

/// Every UUID replaced by the number of its first appearance, so that an answer can be compared as a whole.
fn tidy(value: Value) -> Value {
    fn walk(value: Value, seen: &mut HashMap<String, usize>) -> Value {
        match value {
            Value::String(text) if text.len() == 36 && uuid::Uuid::try_parse(&text).is_ok() => {
                let next = seen.len() + 1;
                json!(format!("<{}>", seen.entry(text).or_insert(next)))
            }
            Value::Array(items) => items.into_iter().map(|item| walk(item, seen)).collect(),
            Value::Object(fields) => {
                // In the order of the keys, whichever order the JSON library keeps.
                let sorted: std::collections::BTreeMap<_, _> = fields.into_iter().collect();
                sorted.into_iter().map(|(key, value)| (key, walk(value, seen))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }
    walk(value, &mut HashMap::new())
}

/// The names of an answer's list, in order.
fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(|item| text(item, key)).collect()
}

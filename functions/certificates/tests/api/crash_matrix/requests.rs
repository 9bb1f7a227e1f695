//! What each request is about, made anew for each death, and the request itself.

use serde_json::{Value, json};
use testkit::event::{Event, event};

use super::Deployed;
use crate::certificate::house::import;
use crate::request::{CERTIFICATES, web};
use crate::world::{APPLICATIONS, BASE, POLICIES, PRIVATE, PROFILES, PUBLIC, policy, text};

impl Deployed {
    /// A request of this operation, by the project's administrator.
    pub(super) async fn request(&self, operation: &'static str) -> Event {
        let (method, path) = operation.split_once(' ').unwrap();
        let noun = path.trim_start_matches(BASE);
        let (path, body) = match noun.split('/').nth(1) {
            Some("ca") => self.about_authorities(method, noun).await,
            Some("certificate-policies") => self.about_policies(method, noun).await,
            Some("certificate-profiles") => self.about_profiles(method, noun).await,
            Some("applications") => self.about_applications(method, noun).await,
            _ => self.about_certificates(method, noun).await,
        };
        let event = event(method, &format!("{BASE}{path}")).identity(self.house.administrator, "no-access");
        if body.is_null() { event } else { event.body(&body) }
    }

    async fn about_authorities(&self, method: &str, noun: &str) -> (String, Value) {
        let (house, name) = (&self.house, fresh());
        match (method, noun) {
            ("POST", "/ca/{type}") => (PUBLIC.to_owned(), house.public(&name)),
            ("PATCH", _) => {
                let mut body = house.private(&name);
                let made = house.world.ok("POST", PRIVATE, Some(body.clone())).await;
                body["configuration"]["appConnectionId"] = json!(house.dns);
                let changes = json!({ "name": fresh(), "configuration": body["configuration"] });
                (format!("{PRIVATE}/{}", text(&made, "id")), changes)
            }
            _ => (format!("{PRIVATE}/{}", house.authority(&name).await), Value::Null),
        }
    }

    async fn about_policies(&self, method: &str, noun: &str) -> (String, Value) {
        let (house, name) = (&self.house, fresh());
        match (method, noun) {
            ("POST", _) => (noun.to_owned(), policy(&name)),
            ("PATCH", _) => (format!("{POLICIES}/{}", house.policy(&name).await), json!({ "name": fresh() })),
            _ => (format!("{POLICIES}/{}", house.policy(&name).await), Value::Null),
        }
    }

    async fn about_profiles(&self, method: &str, noun: &str) -> (String, Value) {
        let name = fresh();
        let body = json!({
            "slug": name, "caId": self.authority, "certificatePolicyId": self.policy,
        });
        if method == "POST" {
            return (noun.to_owned(), body);
        }
        let id = self.house.profile_of(&name, &self.authority, &self.policy).await;
        let body = if method == "PATCH" { json!({ "slug": fresh() }) } else { Value::Null };
        (format!("{PROFILES}/{id}"), body)
    }

    async fn about_applications(&self, method: &str, noun: &str) -> (String, Value) {
        let (house, name) = (&self.house, fresh());
        let these = json!({ "name": name, "profileIds": [self.profile] });
        if (method, noun) == ("POST", APPLICATIONS) {
            return (noun.to_owned(), these);
        }
        let is_attached = (method, noun) != ("POST", "/applications/{applicationId}/profiles");
        let profiles = [self.profile.as_str()];
        let id = house.application(&name, if is_attached { &profiles } else { &[] }).await;
        let path = noun
            .replace("{applicationId}", &id)
            .replace("{profileId}", &self.profile)
            .replace("{method}", "api");
        let settings = json!({ "autoRenew": true, "renewBeforeDays": 10 });
        match (method, noun.ends_with("{method}")) {
            ("PATCH", _) => (path, json!({ "name": fresh() })),
            ("POST", _) => (path, json!({ "profileIds": [self.profile] })),
            ("PUT", _) => (path, settings),
            ("DELETE", true) => {
                house.world.ok("PUT", &path, Some(settings)).await;
                (path, Value::Null)
            }
            _ => (path, Value::Null),
        }
    }

    async fn about_certificates(&self, method: &str, noun: &str) -> (String, Value) {
        let house = &self.house;
        match noun.trim_start_matches(CERTIFICATES) {
            "" => return (noun.to_owned(), web(&self.profile)),
            "/import-certificate" => {
                let theirs = house.theirs("their.example.com").await;
                return (noun.to_owned(), import(house, &theirs));
            }
            _ => {}
        }
        let made = house.issued("www.example.com").await;
        let path = noun.replace("{certificateId}", &made.id.to_string());
        let body = match (method, noun.rsplit('/').next().unwrap()) {
            ("PATCH", "config") => json!({ "enableAutoRenewal": true, "renewBeforeDays": 7 }),
            ("POST", "pkcs12") => json!({ "password": "correct horse" }),
            ("POST", "renew") => json!({ "removeRootsFromChain": true }),
            ("POST", "revoke") => json!({ "revocationReason": "KEY_COMPROMISE" }),
            _ => Value::Null,
        };
        (path, body)
    }
}

/// A name that nothing has.
fn fresh() -> String {
    format!("n{}", model::id::ProjectId::random().uuid().simple())
}

//! Who is calling, over real records: tokens are made by the logins themselves, and whatever ends them ends them here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod people;

use std::sync::Arc;

use authorizer::{Authorizer, Event, People, authorize};
use identities::Ctx;
use model::Timestamp;
use model::id::OrganizationId;
use model::organization::Organization;
use serde_json::{Value, json};
use testkit::event::{event, read};
use testkit::issuer::SigningKey;
use testkit::{later, now};

struct House {
    organization: OrganizationId,
    identities: Arc<Ctx>,
    authorizer: Authorizer,
}

impl House {
    async fn new() -> Self {
        Self::with_people(None).await
    }

    async fn with_people(people: Option<People>) -> Self {
        let store = testkit::tables().await.unwrap();
        let (kms, _) = testkit::kms::signing_with(Arc::new(SigningKey::es256("unused")));
        let organization = Organization { id: OrganizationId::random(), name: "Acme".to_owned() };
        let id = organization.id;
        let authorizer =
            Authorizer::over(store.clone(), &kms, "key".to_owned(), id, "".parse().unwrap(), people);
        let identities = Ctx::new(store, &kms, "key".to_owned(), organization, "".parse().unwrap());
        Self { organization: id, identities: Arc::new(identities), authorizer }
    }

    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        self.done_at(method, path, body, now()).await
    }

    async fn done_at(&self, method: &str, path: &str, body: Value, at: Timestamp) -> Value {
        let request = event(method, path).body(&body).person("ada@example.com", "admin").request();
        let (status, answer) =
            read(web::answer(identities::routes(), Arc::clone(&self.identities), request, at).await).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// A machine with a token.
    async fn machine(&self, configuration: Value) -> Machine {
        let body = json!({ "name": "machine", "organizationId": self.organization, "role": "viewer" });
        let id = text(&self.done("POST", "/api/v1/identities", body).await["identity"]["id"]);
        let auth = format!("/api/v1/auth/universal-auth/identities/{id}");
        let client =
            text(&self.done("POST", &auth, configuration).await["identityUniversalAuth"]["clientId"]);
        let made = self.done("POST", &format!("{auth}/client-secrets"), json!({})).await;
        let login = json!({ "clientId": client, "clientSecret": made["clientSecret"] });
        let issued = self.done("POST", "/api/v1/auth/universal-auth/login", login).await;
        Machine {
            id,
            auth,
            secret: text(&made["clientSecretData"]["id"]),
            token: text(&issued["accessToken"]),
        }
    }

    async fn ask(&self, token: &str, at: Timestamp) -> Value {
        self.ask_from("203.0.113.7", token, at).await
    }

    async fn ask_from(&self, address: &str, token: &str, at: Timestamp) -> Value {
        let request = json!({
            "headers": { "authorization": format!("Bearer {token}") },
            "requestContext": { "http": { "sourceIp": address } },
        });
        let event: Event = serde_json::from_value(request).unwrap();
        let answer = serde_json::to_value(authorize(&self.authorizer, &event, at).await).unwrap();
        assert_eq!(answer["isAuthorized"], true);
        answer["context"].clone()
    }

    /// Why nobody calls with this token; empty when somebody does.
    async fn refusal(&self, token: &str, at: Timestamp) -> String {
        let context = self.ask(token, at).await;
        match context["kind"].as_str().unwrap() {
            "anonymous" => {
                assert_eq!(context, json!({ "kind": "anonymous", "refusal": context["refusal"] }));
                text(&context["refusal"])
            }
            _ => String::new(),
        }
    }
}

struct Machine {
    id: String,
    auth: String,
    secret: String,
    token: String,
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

#[tokio::test]
async fn a_machines_token_names_its_identity_and_its_role_of_this_moment() {
    let house = House::new().await;
    let machine = house.machine(json!({ "accessTokenTTL": 60 })).await;
    let context = house.ask(&machine.token, later(1)).await;
    let token_id = text(&context["tokenId"]);
    let expected = json!({
        "kind": "identity", "id": machine.id, "name": "machine", "email": "", "groups": [], "organizationRole": "viewer",
        "authMethod": "universal-auth", "tokenId": token_id, "expiresAt": later(60).unix_seconds(),
    });
    assert_eq!(context, expected);
    house
        .done(
            "PATCH",
            &format!("/api/v1/identities/{}", machine.id),
            json!({ "role": "admin", "name": "m2" }),
        )
        .await;
    let context = house.ask(&machine.token, later(1)).await;
    assert_eq!((&context["organizationRole"], &context["name"]), (&json!("admin"), &json!("m2")));
    assert_eq!(house.refusal(&machine.token, later(60)).await, "expired");
}

#[tokio::test]
async fn a_token_ends_at_once_with_whatever_it_rests_on() {
    let house = House::new().await;
    for (what, method) in
        [("token", "POST"), ("secret", "POST"), ("method", "DELETE"), ("identity", "DELETE")]
    {
        let machine = house.machine(json!({})).await;
        assert_eq!(house.refusal(&machine.token, now()).await, "", "{what}");
        let path = match what {
            "token" => "/api/v1/auth/token/revoke".to_owned(),
            "secret" => format!("{}/client-secrets/{}/revoke", machine.auth, machine.secret),
            "method" => machine.auth.clone(),
            _ => format!("/api/v1/identities/{}", machine.id),
        };
        house.done(method, &path, json!({ "accessToken": machine.token })).await;
        assert_eq!(house.refusal(&machine.token, now()).await, "revoked", "{what}");
        if what == "method" {
            house.done("POST", &machine.auth, json!({})).await;
            assert_eq!(
                house.refusal(&machine.token, now()).await,
                "revoked",
                "made anew, the method does not revive it"
            );
        }
    }
}

#[tokio::test]
async fn a_token_with_a_limit_serves_exactly_that_many_requests_however_many_come_at_once() {
    let house = House::new().await;
    let machine = house.machine(json!({ "accessTokenNumUsesLimit": 3 })).await;
    let ask = || house.refusal(&machine.token, now());
    let answers = tokio::join!(ask(), ask(), ask(), ask(), ask());
    let answers = [answers.0, answers.1, answers.2, answers.3, answers.4];
    assert_eq!(answers.iter().filter(|refusal| refusal.is_empty()).count(), 3, "{answers:?}");
    assert_eq!(house.refusal(&machine.token, now()).await, "exhausted");
}

#[tokio::test]
async fn a_token_is_refused_elsewhere_and_that_does_not_use_it_up() {
    let house = House::new().await;
    let trusted = json!([{ "ipAddress": "203.0.113.0/24" }]);
    let machine =
        house.machine(json!({ "accessTokenTrustedIps": trusted, "accessTokenNumUsesLimit": 1 })).await;
    for address in ["198.51.100.1", "2001:db8::1", "", "nonsense"] {
        assert_eq!(house.ask_from(address, &machine.token, now()).await["refusal"], "address", "{address}");
    }
    assert_eq!(house.ask_from("::ffff:203.0.113.9", &machine.token, now()).await["kind"], "identity");
    house
        .done("PATCH", &machine.auth, json!({ "accessTokenTrustedIps": [{ "ipAddress": "192.0.2.1" }] }))
        .await;
    assert_eq!(house.refusal(&machine.token, now()).await, "address", "a changed list acts at once");
}

#[tokio::test]
async fn a_renewed_token_keeps_working_past_the_end_of_the_first() {
    let house = House::new().await;
    let machine = house.machine(json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 600 })).await;
    let body = json!({ "accessToken": machine.token });
    let renewed =
        text(&house.done_at("POST", "/api/v1/auth/token/renew", body, later(50)).await["accessToken"]);
    assert_eq!(house.refusal(&renewed, later(100)).await, "");
    assert_eq!(house.refusal(&machine.token, later(100)).await, "expired");
    assert_eq!(house.refusal(&renewed, later(110)).await, "expired");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_is_named_and_nothing_gets_in() {
    let house = House::new().await;
    let other = House::new().await;
    let (machine, foreign) = (house.machine(json!({})).await, other.machine(json!({})).await);
    let parts: Vec<&str> = machine.token.split('.').collect();
    let forged = SigningKey::es256("x");
    let claims = json!({ "iss": "drawbridge", "org": house.organization });
    let stripped = format!("{}.{}.", parts[0], parts[1]);
    let swapped = format!("{}.{}.{}", parts[0], foreign.token.split('.').nth(1).unwrap(), parts[2]);
    for (what, token, refusal) in [
        ("another deployment's", foreign.token.as_str(), "malformed"),
        ("no signature", &stripped, "malformed"),
        ("another payload", &swapped, "malformed"),
        ("alg none", &forged.token_with(&json!({ "alg": "none" }), &claims), "algorithm"),
        ("alg HS256", &forged.token_with(&json!({ "alg": "HS256" }), &claims), "algorithm"),
        ("another key", &forged.token(&claims), "malformed"),
        ("another issuer's", &forged.token(&json!({ "iss": "https://login.example" })), "malformed"),
        ("no token", "x", "malformed"),
        ("nothing", "", "missing"),
    ] {
        assert_eq!(house.refusal(token, now()).await, refusal, "{what}");
    }
    let nobody: Event = serde_json::from_str("{}").unwrap();
    let answer = serde_json::to_value(authorize(&house.authorizer, &nobody, now()).await).unwrap();
    assert_eq!(
        answer,
        json!({ "isAuthorized": true, "context": { "kind": "anonymous", "refusal": "missing" } })
    );
}

#[tokio::test]
async fn a_key_that_kms_does_not_hand_out_makes_machines_unavailable() {
    let house = House::new().await;
    let machine = house.machine(json!({})).await;
    let refuses = |_: &testkit::aws::Request| testkit::aws::Answer {
        status: 400,
        body: r#"{"__type":"AccessDeniedException"}"#.to_owned(),
    };
    let (kms, _) = testkit::aws::scripted(refuses);
    let store = testkit::tables().await.unwrap();
    let without =
        Authorizer::over(store, &kms, "key".to_owned(), house.organization, "".parse().unwrap(), None);
    let house = House { authorizer: without, ..house };
    let counted = testkit::metrics();
    assert_eq!(house.refusal(&machine.token, now()).await, "unavailable");
    assert_eq!(counted.sum_of("Failures", "authorization"), 1);
    assert_eq!(house.refusal("nonsense", now()).await, "malformed");
    assert_eq!(counted.sum_of("Failures", "authorization"), 1, "a bad token is no failure of ours");
    assert!(!counted.text().contains(&machine.token));
}

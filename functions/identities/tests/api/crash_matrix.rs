//! Dying anywhere in a request that changes something: it is done or not, the audit trail says which, and the same request
//! again leads where it was to lead.
//!
//! The calls that count are the table's and KMS's. What an issuer or STS is asked during a login changes nothing anywhere.

use identities::routes;
use model::Timestamp;
use serde_json::{Value, json};
use testkit::Trail;
use testkit::event::{Event, event};
use testkit::fuse::Fuse;
use testkit::issuer::{SigningKey, TestIssuer};
use testkit::matrix::{Again, Deployment, Row, fence, requests};
use testkit::{later, now};
use tokio::sync::OnceCell;

use crate::house::signed::Signer;
use crate::house::{House, text};

const APP: &str = "arn:aws:sts::123456789012:assumed-role/App/session";

const ATTACHED: Again = Again::Refused(400, "has it already");
const DETACHED: Again = Again::Refused(404, "has no");
const ABSENT: Again = Again::Refused(404, "Failed to find identity");

/// Every mutating route, and what the same request is answered when the first got through unheard.
const ROWS: &[Row] = &[
    Row::new("POST /api/v1/auth/universal-auth/login", Again::Another),
    // Whoever captured a signed request comes too late; the client signs a new one.
    Row::new("POST /api/v1/auth/aws-auth/login", Again::Refused(401, "used before")),
    Row::new("POST /api/v1/auth/oidc-auth/login", Again::Another),
    Row::new("POST /api/v1/auth/token/renew", Again::Done),
    Row::new("POST /api/v1/auth/token/revoke", Again::Refused(401, "")),
    Row::new("POST /api/v1/identities", Again::Another),
    Row::new("PATCH /api/v1/identities/{identityId}", Again::Done),
    Row::new("DELETE /api/v1/identities/{identityId}", ABSENT),
    Row::new("POST /api/v1/auth/universal-auth/identities/{identityId}", ATTACHED),
    Row::new("PATCH /api/v1/auth/universal-auth/identities/{identityId}", Again::Done),
    Row::new("DELETE /api/v1/auth/universal-auth/identities/{identityId}", DETACHED),
    Row::new("POST /api/v1/auth/universal-auth/identities/{identityId}/clear-lockouts", Again::Done),
    Row::new("POST /api/v1/auth/universal-auth/identities/{identityId}/client-secrets", Again::Another),
    Row::new(
        "POST /api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}/revoke",
        Again::Done,
    ),
    Row::new("POST /api/v1/auth/aws-auth/identities/{identityId}", ATTACHED),
    Row::new("PATCH /api/v1/auth/aws-auth/identities/{identityId}", Again::Done),
    Row::new("DELETE /api/v1/auth/aws-auth/identities/{identityId}", DETACHED),
    Row::new("POST /api/v1/auth/oidc-auth/identities/{identityId}", ATTACHED),
    Row::new("PATCH /api/v1/auth/oidc-auth/identities/{identityId}", Again::Done),
    Row::new("DELETE /api/v1/auth/oidc-auth/identities/{identityId}", DETACHED),
];

/// With more client secrets than one transaction takes.
const CROWDED: &[Row] = &[
    Row::new(
        "DELETE /api/v1/identities/{identityId}, crowded",
        Again::Either(404, "Failed to find identity"),
    ),
    Row::new(
        "DELETE /api/v1/auth/universal-auth/identities/{identityId}, crowded",
        Again::Either(404, "has no"),
    ),
];

struct Mortal {
    house: House,
    trail: Trail,
    fuse: Fuse,
    issuer: OnceCell<(TestIssuer, SigningKey)>,
}

impl Mortal {
    async fn open(fuse: &Fuse) -> Self {
        let (house, trail) = House::through(fuse).await;
        Self { house, trail, fuse: fuse.clone(), issuer: OnceCell::new() }
    }

    /// An issuer of other tokens, for those who need one.
    async fn issuer(&self) -> &(TestIssuer, SigningKey) {
        let start = async || {
            let key = SigningKey::rs256("ci");
            (TestIssuer::start(&[&key]).await, key)
        };
        self.issuer.get_or_init(start).await
    }

    /// An identity with every login method, and a client secret: its id, client id, and the secret's id and text.
    async fn furnished(&self) -> [String; 4] {
        let terms = json!({ "accessTokenTTL": 600, "accessTokenMaxTTL": 7_200 });
        let (id, client) = self.house.universal(&terms).await;
        let (secret_id, secret) = self.house.secret(&id, &json!({})).await;
        for (method, body) in [("aws", aws()), ("oidc", oidc("https://issuer.example.com"))] {
            self.house.done("POST", &format!("/api/v1/auth/{method}-auth/identities/{id}"), &body).await;
        }
        [id, client, secret_id, secret]
    }
}

fn aws() -> Value {
    json!({ "allowedPrincipalArns": "arn:aws:iam::123456789012:role/App" })
}

fn oidc(issuer: &str) -> Value {
    json!({ "oidcDiscoveryUrl": issuer, "boundIssuer": issuer, "boundAudiences": "drawbridge", "boundSubject": "ci" })
}

impl Deployment for Mortal {
    fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    fn forgets(&self) -> bool {
        true
    }

    fn trail(&self) -> &Trail {
        &self.trail
    }

    async fn send(&self, event: &Event, now: Timestamp) -> (u16, Value) {
        self.house.send_to_new_process(event, now).await
    }
}

/// Whatever one request is about, and the request.
async fn arrange(mortal: &Mortal, operation: &'static str) -> Event {
    let house = &mortal.house;
    let (method, path) = operation.split(", ").next().unwrap().split_once(' ').unwrap();
    let admin = |event: Event| event.person("ada@example.com", "admin");
    if path == "/api/v1/identities" {
        let body = json!({ "name": "new", "organizationId": house.organization, "role": "member" });
        return admin(event(method, path).body(&body));
    }
    if path.ends_with("/oidc-auth/login") {
        let (issuer, key) = mortal.issuer().await;
        let id = house.identity("member").await;
        house.done("POST", &format!("/api/v1/auth/oidc-auth/identities/{id}"), &oidc(&issuer.url)).await;
        let claims =
            json!({ "iss": issuer.url, "aud": "drawbridge", "sub": "ci", "exp": later(300).unix_seconds() });
        return event(method, path).body(&json!({ "identityId": id, "jwt": key.token(&claims) }));
    }
    if method == "POST" && path.ends_with("/{identityId}") {
        let id = house.identity("member").await;
        let body = match path {
            _ if path.contains("/aws-auth/") => aws(),
            _ if path.contains("/oidc-auth/") => oidc("https://issuer.example.com"),
            _ => json!({}),
        };
        return admin(event(method, &path.replace("{identityId}", &id)).body(&body));
    }
    let [id, client, secret_id, secret] = mortal.furnished().await;
    if operation.ends_with("crowded") {
        for _ in 0..60 {
            house.secret(&id, &json!({})).await;
        }
    }
    match path {
        "/api/v1/auth/universal-auth/login" => {
            event(method, path).body(&json!({ "clientId": client, "clientSecret": secret }))
        }
        "/api/v1/auth/aws-auth/login" => {
            house.sts.knows(APP);
            let signer = Signer { secret: &id, ..Signer::default() };
            event(method, path).body(&signer.login(&id, now()))
        }
        "/api/v1/auth/token/renew" | "/api/v1/auth/token/revoke" => {
            let (status, answer) = house.login(&client, &secret, now()).await;
            assert_eq!(status, 200, "{answer}");
            event(method, path).body(&json!({ "accessToken": text(&answer["accessToken"]) }))
        }
        _ => {
            if method == "DELETE" || path.ends_with("/clear-lockouts") {
                assert_eq!(house.login(&client, "wrong", now()).await.0, 401);
            }
            let target = path.replace("{identityId}", &id).replace("{clientSecretId}", &secret_id);
            let body = json!({ "name": "renamed", "accessTokenTTL": 600, "description": "another" });
            admin(event(method, &target).body(&body))
        }
    }
}

#[tokio::test]
async fn a_request_that_dies_anywhere_is_done_or_not_and_done_when_it_is_sent_again() {
    requests(ROWS, Mortal::open, arrange).await;
}

#[tokio::test]
async fn what_takes_several_transactions_is_finished_by_the_same_request_again() {
    requests(CROWDED, Mortal::open, arrange).await;
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = routes();
    fence(routes.list().iter().map(|route| (route.method.as_str(), route.path)), ROWS, &[]);
}

//! The processor time of the authorizer's check of a machine's token, warm: `cargo bench -p authorizer --bench check`.
//!
//! The budget is 0.3 ms beside the one read of the table. Printed are the check as a whole, with the SDK's part of
//! that read answered from memory, and what of it is the verification of the token. Measured in processor time of this
//! process, so that a busy machine does not count.

use std::sync::Arc;
use std::time::Duration;

use authorizer::{Authorizer, Event, authorize};
use model::access_token::{AccessToken, IdentityAuth, TokenLifetime};
use model::id::{AccessTokenId, AuthConfigurationId, IdentityId, OrganizationId};
use model::identity::AuthMethod;
use model::principal::Principal;
use serde_json::{Value, json};
use store::Store;
use testkit::aws::{Answer, Request, scripted};
use testkit::issuer::SigningKey;
use testkit::now;
use tokens::TokenKey;

/// Enough for the clock's ticks of 10 ms not to matter.
const ROUNDS: u32 = 5_000;

/// The budget of the check itself, without the SDK's work for the read.
const BUDGET: Duration = Duration::from_micros(300);

fn main() {
    let signer = Arc::new(SigningKey::es256("unused"));
    let organization = OrganizationId::random();
    let token = record();
    let key = TokenKey::from_spki(&signer.spki()).expect("a P-256 key");
    let header = json!({ "alg": "ES256", "kid": key.kid(), "typ": "JWT" });
    let bearer = signer.token_with(&header, &json!(token.claims(organization)));

    let (kms, _) = testkit::kms::signing_with(signer);
    let (table, _) = scripted(standing(&token));
    let store = Store::new(&table, "table".to_owned(), String::new(), 0);
    let nobody = "".parse().expect("no principals");
    let authorizer = Authorizer::over(store, &kms, "key".to_owned(), organization, nobody, None);
    let event: Event = serde_json::from_value(json!({
        "headers": { "authorization": format!("Bearer {bearer}") },
        "requestContext": { "http": { "sourceIp": "203.0.113.7" } },
    }))
    .expect("an event");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(authorize(&authorizer, &event, now()));
    let answer = serde_json::to_value(&answer).expect("JSON");
    assert_eq!(answer["context"]["kind"], "identity", "the measured path lets the caller in: {answer}");

    let whole = each(|| drop(runtime.block_on(authorize(&authorizer, &event, now()))));
    let claims = token.claims(organization);
    let store = Store::new(&table, "table".to_owned(), String::new(), 0);
    let read = each(|| drop(runtime.block_on(store.token_standing(&claims))));
    let verify = each(|| drop(key.verify(&bearer, organization, now())));
    let own = whole.saturating_sub(read);
    println!("whole check, table answered from memory: {:>7.1} µs of processor time", micros(whole));
    println!("  of it the SDK's part of the read:      {:>7.1} µs", micros(read));
    println!(
        "  of it the check itself:                {:>7.1} µs (budget {:.0} µs)",
        micros(own),
        micros(BUDGET)
    );
    println!("  of that verifying the signature:       {:>7.1} µs", micros(verify));
    // Without `--bench`, which `cargo bench` passes, this was built without optimisation: a trial run.
    if own > BUDGET && std::env::args().any(|argument| argument == "--bench") {
        eprintln!("over budget");
        std::process::exit(1);
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The mean processor time of a round, after a tenth as many to warm up.
fn each(mut round: impl FnMut()) -> Duration {
    (0..ROUNDS / 10).for_each(|_| round());
    let before = processor_time();
    (0..ROUNDS).for_each(|_| round());
    (processor_time() - before) / ROUNDS
}

/// User and system time of this process so far, in ticks of 10 ms: proc(5), fields 14 and 15.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a command in parentheses");
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}

fn record() -> AccessToken {
    let principal: Principal =
        "arn:aws:sts::123456789012:assumed-role/App/session".parse().expect("a principal");
    AccessToken {
        id: AccessTokenId::random(),
        identity_id: IdentityId::random(),
        auth_method: AuthMethod::Aws,
        client_secret_id: None,
        auth_configuration_id: AuthConfigurationId::random(),
        identity_auth: Some(IdentityAuth { aws: Some(principal.claims("AROAEXAMPLE:session")), oidc: None }),
        lifetime: TokenLifetime::default(),
        uses_limit: 0,
        uses: 0,
        issued_at: now(),
        renewed_at: None,
    }
}

/// A table that answers every BatchGetItem with the token's record, its identity and its login method.
fn standing(token: &AccessToken) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    let text = |value: String| json!({ "S": value });
    let number = |value: u64| json!({ "N": value.to_string() });
    let item = |pk: String, sk: String, kind: &str, fields: Value| {
        let mut item = json!({
            "pk": text(pk), "sk": text(sk), "kind": text(kind.to_owned()), "version": number(1),
            "created_at": text(now().to_string()), "updated_at": text(now().to_string()),
        });
        for (name, value) in fields.as_object().into_iter().flatten() {
            item[name] = value.clone();
        }
        item
    };
    let lifetime = json!({ "M": { "ttl_seconds": number(2_592_000), "max_ttl_seconds": number(2_592_000), "period_seconds": number(0) } });
    let (own, identity) = (format!("TOKEN#{}", token.id), format!("IDENTITY#{}", token.identity_id));
    let configuration = text(token.auth_configuration_id.to_string());
    let id = text(token.identity_id.to_string());
    let principal = json!(token.identity_auth.as_ref().and_then(|auth| auth.aws.as_ref()));
    let principal: Value = principal
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), json!({ "S": value })))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let record = json!({
        "id": text(token.id.to_string()), "identity_id": id, "auth_method": text("aws-auth".to_owned()),
        "auth_configuration_id": configuration, "lifetime": lifetime, "uses_limit": number(0), "uses": number(0),
        "issued_at": text(now().to_string()), "identity_auth": { "M": { "aws": { "M": principal } } },
    });
    let machine = json!({
        "id": id, "organization_id": text(OrganizationId::random().to_string()), "name": text("machine".to_owned()),
        "role": text("member".to_owned()), "has_delete_protection": { "BOOL": false }, "metadata": { "L": [] },
        "auth_methods": { "L": [text("aws-auth".to_owned())] },
    });
    let method = json!({
        "id": configuration, "identity_id": id, "sts_endpoint": text("https://sts.amazonaws.com/".to_owned()),
        "allowed_principal_arns": { "L": [] }, "allowed_account_ids": { "L": [text("123456789012".to_owned())] },
        "tokens": { "M": {
            "trusted_ips": { "L": [text("0.0.0.0/0".to_owned()), text("::/0".to_owned())] },
            "lifetime": lifetime, "uses_limit": number(0),
        } },
    });
    let body = json!({ "Responses": { "table": [
        item(own.clone(), own, "access token", record),
        item(identity.clone(), identity.clone(), "identity", machine),
        item(identity, "AUTH#AWS".to_owned(), "aws auth", method),
    ] }, "UnprocessedKeys": {} })
    .to_string();
    move |request| {
        assert_eq!(request.target, "DynamoDB_20120810.BatchGetItem", "the one call of a warm check");
        Answer { status: 200, body: body.clone() }
    }
}

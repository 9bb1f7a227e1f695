//! What seals values is away, refuses, or finds them changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::id::FolderId;
use model::secret::SecretKind;
use serde_json::json;
use store::{Bookkeeping, Change, Stored};
use testkit::aws::{Answer, Request, scripted};
use testkit::event::{event, read};

use crate::aws;
use crate::secret_world::{BATCH, RAW, pairs};
use crate::world::{World, ctx};

fn refused(code: &str) -> Answer {
    Answer { status: 400, body: json!({ "__type": code, "message": "sorry" }).to_string() }
}

/// A KMS that answers `code` while the switch is on.
fn switched(on: &Arc<AtomicBool>, code: &'static str) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    let on = Arc::clone(on);
    move |request| match request.target.starts_with("TrentService") && on.load(Ordering::Relaxed) {
        true => refused(code),
        false => aws::answer(request),
    }
}

#[tokio::test]
async fn nothing_is_stored_while_kms_does_not_seal_and_the_status_says_who_must_act() {
    for (code, status, error) in [
        ("ThrottlingException", 503, "ServiceUnavailable"),
        ("AccessDeniedException", 500, "InternalServerError"),
    ] {
        let on = Arc::new(AtomicBool::new(true));
        let world = World::with(switched(&on, code)).await;
        let body = world.at("/", json!({ "secretValue": "canary" }));
        let many = world.at("/", json!({ "secrets": [{ "secretKey": "A", "secretValue": "canary" }] }));
        for (path, body) in [(format!("{RAW}/A"), body.clone()), (BATCH.to_owned(), many)] {
            let (seen, name, message) = world.refused("POST", &path, Some(body)).await;
            assert_eq!((seen, name.as_str()), (status, error), "{code} {message}");
            assert!(!message.contains("canary") && !message.contains("sorry"), "{message}");
        }
        assert_eq!(world.secrets("/", "").await["secrets"], json!([]));
        assert_eq!(world.audited("secret").await, [""; 0]);
        on.store(false, Ordering::Relaxed);
        world.ok("POST", &format!("{RAW}/A"), Some(body)).await;
    }
}

#[tokio::test]
async fn values_that_kms_does_not_open_are_an_error_and_never_absent() {
    let world = World::new().await;
    world.put("/", "A", "1").await;
    for (code, status) in
        [("ThrottlingException", 503), ("AccessDeniedException", 500), ("DisabledException", 500)]
    {
        let on = Arc::new(AtomicBool::new(true));
        let (config, _) = scripted(switched(&on, code));
        let cold = ctx(&config, world.store.clone(), world.organization);
        let send = async |target: &str| {
            let request = event("GET", target).identity(world.member, "no-access").request();
            read(web::answer(secrets::routes(), cold.clone(), request, testkit::now()).await).await
        };
        let (list, one) = (world.target(RAW, "/", ""), world.target(&format!("{RAW}/A"), "/", ""));
        for target in [&list, &one] {
            let (seen, answer) = send(target).await;
            assert_eq!(seen, status, "{code} {answer}");
            assert!(!answer.to_string().contains("sorry"), "{answer}");
        }
        // Who asks for names needs no key.
        let (seen, answer) = send(&format!("{list}&viewSecretValue=false")).await;
        assert_eq!((seen, answer["secrets"].as_array().unwrap().len()), (200, 1), "{code}");
        on.store(false, Ordering::Relaxed);
        assert_eq!(send(&list).await.0, 200, "{code}");
    }
}

/// Somebody who can write the table puts one secret's value in another's place.
#[tokio::test]
async fn a_value_in_anothers_place_is_not_shown_and_can_still_be_removed() {
    let world = World::new().await;
    world.put("/", "PUBLIC", "1").await;
    world.put("/", "SECRET", "canary").await;
    let environment = world.environment("dev").await.parse().unwrap();
    let stored = async |name: &str| -> Stored<model::secret::Secret> {
        let (folder, name) = (FolderId::root_of(environment), name.parse().unwrap());
        world.store.secret(environment, folder, &SecretKind::Shared, &name).await.unwrap().unwrap()
    };
    let (public, secret) = (stored("PUBLIC").await, stored("SECRET").await);
    let mut moved = public.value.clone();
    moved.value = secret.value.value.clone();
    let change = Change::new(testkit::now()).replace(&public, &moved);
    world.store.keep_count(Bookkeeping(change)).await.unwrap();
    for target in [world.target(RAW, "/", ""), world.target(&format!("{RAW}/PUBLIC"), "/", "")] {
        let (status, error, message) = world.refused("GET", &target, None).await;
        assert_eq!((status, error.as_str()), (500, "InternalServerError"));
        assert!(!message.contains("canary"), "{message}");
    }
    // An update would carry on what it cannot read.
    let update = world.at("/", json!({ "secretComment": "c" }));
    assert_eq!(world.refused("PATCH", &format!("{RAW}/PUBLIC"), Some(update)).await.0, 500);
    let gone = world.ok("DELETE", &format!("{RAW}/PUBLIC"), Some(world.at("/", json!({})))).await;
    assert_eq!(gone["secret"]["secretValueHidden"], json!(true));
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["SECRET=canary"]);
}

//! A process that dies between any two of its calls, or never hears an answer: a secret is as it was or as it was to be,
//! with all that belongs to it, and the same request again leads where it was to lead.

use serde_json::{Value, json};
use testkit::fuse::{Fault, Fuse};
use testkit::matrix::tell;

use crate::secret_world::{BATCH, RAW, pairs};
use crate::world::{World, each, text};

/// Every way in which a request can break, one after the other, until it does not break any more.
async fn broken(operation: &str, mut attempt: impl AsyncFnMut(Fault, u32) -> bool) {
    let mut cases = 0;
    for call in 1..60 {
        let mut reached = false;
        for fault in [Fault::Die(call), Fault::DieAfter(call), Fault::Fail(call), Fault::LoseAnswer(call)] {
            let is_reached = attempt(fault, call).await;
            reached |= is_reached;
            cases += usize::from(is_reached);
        }
        if !reached {
            assert!(call > 4, "{call}: the calls were not counted");
            tell(
                operation,
                call - 1,
                cases,
                "nothing or all, whatever breaks; the repeat does it or is told so",
            );
            return;
        }
    }
    panic!("the request makes fewer calls");
}

impl World {
    /// A request while the fuse is armed: its status, and whether the fault was reached.
    async fn under(
        &self,
        fuse: &Fuse,
        (fault, call): (Fault, u32),
        method: &str,
        path: &str,
        body: &Value,
    ) -> (u16, bool) {
        fuse.arm(fault);
        let (status, answer) = self.by(self.member, method, path, Some(body)).await;
        let reached = fuse.calls() >= call;
        fuse.arm(Fault::None);
        assert!([200, 500, 503].contains(&status), "{fault:?} {answer}");
        if !reached {
            assert_eq!(status, 200, "{fault:?} {answer}");
        }
        (status, reached)
    }

    /// The one secret of the folder, and that it is whole: found by its name, by its id, and with each of its versions.
    async fn whole(&self, path: &str) -> Option<Value> {
        let secrets = self.secrets(path, "").await["secrets"].as_array().unwrap().clone();
        assert!(secrets.len() < 2, "{secrets:?}");
        let secret = secrets.into_iter().next()?;
        let id = text(&secret, "id");
        assert_eq!(self.ok("GET", &format!("{RAW}/id/{id}"), None).await["secret"], secret);
        let versions = self.ok("GET", &format!("/api/v1/secret/{id}/secret-versions"), None).await;
        let newest = secret["version"].as_u64().unwrap();
        let numbers: Vec<u64> = versions["secretVersions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|version| version["version"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, (1..=newest).rev().collect::<Vec<_>>());
        Some(secret)
    }

    /// A folder of its own for each attempt.
    async fn fresh(&self) -> String {
        let name = format!("f{}", uuid::Uuid::new_v4().simple());
        self.folder("/", &name).await;
        format!("/{name}")
    }
}

#[tokio::test]
async fn a_creation_that_breaks_anywhere_leaves_no_secret_or_a_whole_one() {
    let fuse = Fuse::default();
    let world = World::through(&fuse).await;
    let path = format!("{RAW}/A");
    broken("a secret is made, any call fails", async |fault, call| {
        let folder = world.fresh().await;
        let body = world.at(&folder, json!({ "secretValue": "1", "secretComment": "c" }));
        let (status, reached) = world.under(&fuse, (fault, call), "POST", &path, &body).await;
        let made = world.whole(&folder).await;
        assert!(status != 200 || made.is_some(), "{fault:?}: what was answered stands");
        let (again, answer) = world.by(world.member, "POST", &path, Some(&body)).await;
        assert_eq!(again, if made.is_some() { 400 } else { 200 }, "{fault:?} {answer}");
        assert_eq!(pairs(&world.secrets(&folder, "").await["secrets"]), ["A=1"], "{fault:?}");
        reached
    })
    .await;
}

#[tokio::test]
async fn a_renaming_update_that_breaks_anywhere_is_done_or_not() {
    let fuse = Fuse::default();
    let world = World::through(&fuse).await;
    broken("a secret is changed and renamed, any call fails", async |fault, call| {
        let folder = world.fresh().await;
        let id = text(&world.put(&folder, "OLD", "1").await, "id");
        let body = world.at(&folder, json!({ "secretValue": "2", "newSecretName": "NEW" }));
        let (status, reached) =
            world.under(&fuse, (fault, call), "PATCH", &format!("{RAW}/OLD"), &body).await;
        let now = world.whole(&folder).await.unwrap();
        assert_eq!(text(&now, "id"), id, "{fault:?}");
        let pair = (text(&now, "secretKey"), text(&now, "secretValue"));
        let done = pair == ("NEW".to_owned(), "2".to_owned());
        assert!(done || pair == ("OLD".to_owned(), "1".to_owned()), "{fault:?} {pair:?}");
        assert!(status != 200 || done, "{fault:?}: what was answered stands");
        let (again, _) = world.by(world.member, "PATCH", &format!("{RAW}/OLD"), Some(&body)).await;
        assert_eq!(again, if done { 404 } else { 200 }, "{fault:?}");
        // The old name is free.
        world.put(&folder, "OLD", "3").await;
        assert_eq!(pairs(&world.secrets(&folder, "").await["secrets"]), ["NEW=2", "OLD=3"], "{fault:?}");
        reached
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_breaks_anywhere_is_done_or_not() {
    let fuse = Fuse::default();
    let world = World::through(&fuse).await;
    let path = format!("{RAW}/A");
    broken("a secret is deleted, any call fails", async |fault, call| {
        let folder = world.fresh().await;
        let id = text(&world.put(&folder, "A", "1").await, "id");
        let change = world.at(&folder, json!({ "secretValue": "2" }));
        world.ok("PATCH", &path, Some(change)).await;
        let body = world.at(&folder, json!({}));
        let (status, reached) = world.under(&fuse, (fault, call), "DELETE", &path, &body).await;
        let left = world.whole(&folder).await;
        assert!(status != 200 || left.is_none(), "{fault:?}: what was answered stands");
        let (again, _) = world.by(world.member, "DELETE", &path, Some(&body)).await;
        assert_eq!(again, if left.is_none() { 404 } else { 200 }, "{fault:?}");
        assert_eq!(world.refused("GET", &format!("{RAW}/id/{id}"), None).await.0, 404, "{fault:?}");
        let environment = world.environment("dev").await.parse().unwrap();
        let versions = world.store.secret_versions(environment, id.parse().unwrap()).await.unwrap();
        assert!(versions.is_empty(), "{fault:?}: its versions go with it");
        assert_ne!(text(&world.put(&folder, "A", "3").await, "id"), id);
        reached
    })
    .await;
}

/// More than one transaction: what was not reached is done by the same request again.
#[tokio::test]
async fn a_large_batch_that_breaks_anywhere_stands_in_part_and_the_same_request_finishes_it() {
    let fuse = Fuse::default();
    let world = World::through(&fuse).await;
    let names: Vec<String> = (0..80).map(|n| format!("K{n:02}")).collect();
    let secrets = |value: &str| json!({ "secrets": names.iter().map(|name| json!({ "secretKey": name, "secretValue": value })).collect::<Vec<_>>() });
    let mut in_part = 0;
    broken("eighty secrets are changed, any call fails", async |fault, call| {
        // One kind of fault in four calls is enough here: each attempt writes 240 items.
        if matches!(fault, Fault::Fail(_) | Fault::Die(_)) {
            return false;
        }
        let folder = world.fresh().await;
        let made = world.ok("POST", BATCH, Some(world.at(&folder, secrets("1")))).await;
        let body = world.at(&folder, secrets("2"));
        let (status, reached) = world.under(&fuse, (fault, call), "PATCH", BATCH, &body).await;
        let now = world.secrets(&folder, "").await["secrets"].clone();
        let changed =
            now.as_array().unwrap().iter().take_while(|secret| secret["secretValue"] == json!("2")).count();
        let rest = now.as_array().unwrap().iter().skip(changed);
        assert!(rest.clone().all(|secret| secret["secretValue"] == json!("1")), "{fault:?}: in their order");
        assert!(status != 200 || changed == names.len(), "{fault:?}: what was answered stands");
        in_part += usize::from(changed > 0 && changed < names.len());
        world.ok("PATCH", BATCH, Some(body)).await;
        let now = world.secrets(&folder, "").await["secrets"].clone();
        assert_eq!(each(&now, "id"), each(&made["secrets"], "id"), "{fault:?}");
        for secret in now.as_array().unwrap() {
            assert_eq!((&secret["secretValue"], &secret["version"]), (&json!("2"), &json!(2)), "{fault:?}");
        }
        reached
    })
    .await;
    assert!(in_part > 1, "no fault came between two transactions");
}

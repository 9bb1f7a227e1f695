//! Changes of definitions, and slots as a worker would have left them.

use std::time::Duration;

use model::Timestamp;
use model::certificate::KeyAlgorithm;
use model::certificate_sync::run::Claim;
use model::certificate_sync::slot::{Placed, Retired, SlotStatus, Told};
use model::certificate_sync::{CertificateSyncRun, Held, Slot};
use model::id::{CertificateSyncId, ConnectionId};
use serde_json::{Value, json};

use crate::world::{ACM, ELB, NOTHING, World, these, with};

impl World {
    /// Has a worker claim the sync.
    pub(crate) async fn claimed(&self, sync: &str) -> String {
        let token = uuid();
        let claim = |run: &CertificateSyncRun| match run.queue_sync(testkit::now()).claim(
            testkit::now(),
            &token,
            Duration::from_secs(60),
        ) {
            Claim::Work { next, .. } => (Some(*next), true),
            Claim::Busy(_) | Claim::NotBefore(_) | Claim::Nothing(_) | Claim::GivenUp(_) | Claim::Purge => {
                (None, false)
            }
        };
        let id: CertificateSyncId = sync.parse().unwrap();
        let claimed = self.store.amend_certificate_sync_run(id, testkit::now(), claim).await.unwrap();
        assert_eq!(claimed, Some(true));
        token
    }

    /// Has a worker have carried a slot to AWS.
    pub(crate) async fn placed(&self, sync: &str, slot: &str) {
        self.holds(sync, slot, |slot, now| Held {
            placed: Some(Placed {
                arn: "arn:placed".into(),
                certificate_id: slot.wanted.certificate_id,
                fingerprint_sha256: "c".repeat(64),
                serial_number: "0a".into(),
                key_algorithm: KeyAlgorithm::EcP256,
                listed: None,
                tagged: None,
                with_root: false,
                imported_at: now,
            }),
            told: Some(Told {
                revision: slot.wanted.revision,
                status: SlotStatus::Succeeded,
                message: None,
                at: now,
                synced_at: Some(now),
            }),
            ..slot.held.clone()
        })
        .await;
    }

    /// Has a worker write down what AWS has of a slot.
    async fn holds(&self, sync: &str, slot: &str, held: impl FnOnce(&Slot, Timestamp) -> Held) {
        let token = self.claimed(sync).await;
        let read = self.slots(sync).await.into_iter().find(|read| read.id.to_string() == slot).unwrap();
        let (now, id) = (testkit::now(), sync.parse::<CertificateSyncId>().unwrap());
        self.store.keep_slot(id, &token, now, read.id, &held(&read, now)).await.unwrap();
        let done = |run: &CertificateSyncRun| {
            (Some(CertificateSyncRun { lease: None, current: None, ..run.clone() }), ())
        };
        self.store.amend_certificate_sync_run(id, now, done).await.unwrap();
    }
}

fn uuid() -> String {
    CertificateSyncId::random().to_string()
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_starts_a_run() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let path = format!("{ACM}/{sync}");
    let before = world.ok("GET", &path, None).await;
    let options = json!({ "syncOptions": { "canRemoveCertificates": false, "disableDeletionGuard": true } });
    let after = world.ok("PATCH", &path, Some(options)).await;
    assert_eq!(
        after["syncOptions"],
        with(
            before["syncOptions"].clone(),
            &json!({ "canRemoveCertificates": false, "disableDeletionGuard": true })
        )
    );
    assert_eq!((&after["name"], &after["syncStatus"]), (&before["name"], &json!("pending")));
    assert_eq!(world.fleet.receive("syncs"), Some(sync.clone()));
    let renamed = json!({ "name": "other", "description": "", "applicationId": NOTHING, "projectId": "x" });
    let after = world.ok("PATCH", &path, Some(renamed)).await;
    assert_eq!((&after["name"], &after["description"]), (&json!("other"), &json!("")));
    assert_eq!(after["applicationId"], before["applicationId"]);
    assert_eq!(
        world.ok("PATCH", &path, Some(json!({ "description": null }))).await["description"],
        Value::Null
    );
    assert_eq!(world.audited("certificate-sync.update").await, 3);
    world.acm_sync("web").await;
    assert_eq!(world.refused("PATCH", &path, Some(json!({ "name": "Web" }))).await.0, 400);
}

#[tokio::test]
async fn a_sync_that_does_not_follow_by_itself_waits_to_be_asked() {
    let world = World::new().await;
    let manual = json!({ "isAutoSyncEnabled": false });
    let made = world.ok("POST", ACM, Some(with(world.acm("web"), &manual))).await;
    let sync = made["id"].as_str().unwrap();
    let id = world.certificate().await;
    world.attach(sync, &[id]).await;
    assert_eq!(world.ok("GET", &format!("/{sync}"), None).await["syncStatus"], Value::Null);
    let claim = world.run(sync).await.claim(testkit::later(5), "w", Duration::from_secs(60));
    assert!(matches!(claim, Claim::Nothing(_)), "{claim:?}");
    world.ok("POST", &format!("{ACM}/{sync}/sync"), None).await;
    assert!(matches!(
        world.run(sync).await.claim(testkit::now(), "w", Duration::from_secs(60)),
        Claim::Work { .. }
    ));
}

#[tokio::test]
async fn a_sync_changes_its_connection_and_both_count() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let second = ConnectionId::random();
    world.make_connection(second, world.project, "second").await;
    let path = format!("{ACM}/{sync}");
    let after = world.ok("PATCH", &path, Some(json!({ "connectionId": second }))).await;
    assert_eq!((&after["connection"]["name"], world.counted().await), (&json!("second"), (0, 1)));
    assert_eq!(world.refused("PATCH", &path, Some(json!({ "connectionId": world.foreign }))).await.0, 404);
    assert_eq!(world.refused("PATCH", &path, Some(json!({ "connectionId": NOTHING }))).await.0, 404);
}

#[tokio::test]
async fn a_sync_with_something_in_aws_stays_in_its_account_and_region() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let path = format!("{ACM}/{sync}");
    let region = |name: &str| json!({ "destinationConfig": { "region": name } });
    assert_eq!(
        world.ok("PATCH", &path, Some(region("eu-west-2"))).await["destinationConfig"]["region"],
        "eu-west-2"
    );
    let id = world.certificate().await;
    let slot = world.attach(&sync, &[id]).await[0]["id"].as_str().unwrap().to_owned();
    world.placed(&sync, &slot).await;
    let (status, message) = world.refused("PATCH", &path, Some(region("eu-west-1"))).await;
    assert_eq!((status, message.contains("detach them")), (400, true), "{message}");

    // Detached, and ACM does not delete it yet: elsewhere nobody would ever.
    world.ok("DELETE", &format!("/{sync}/certificates"), Some(these(&[id]))).await;
    world
        .holds(&sync, &slot, |slot, since| {
            let (arn, fingerprint_sha256) = ("arn:placed".into(), "c".repeat(64));
            let retired = Retired { arn, since, fingerprint_sha256, refused: 1, in_use_by: Vec::new() };
            Held { placed: None, retired: vec![retired], ..slot.held.clone() }
        })
        .await;
    assert_eq!(world.refused("PATCH", &path, Some(region("eu-west-1"))).await.0, 400);
}

#[tokio::test]
async fn listeners_are_looked_at_when_they_change() {
    let world = World::new().await;
    let sync = world.elb_sync("web").await;
    world.fleet.forget_calls();
    let path = format!("{ELB}/{sync}");
    world.ok("PATCH", &path, Some(json!({ "name": "other" }))).await;
    assert_eq!(world.fleet.calls(), []);
    let mut config = world.elb("web")["destinationConfig"].clone();
    config["listeners"][0]["port"] = json!(444);
    let (status, message) = world.refused("PATCH", &path, Some(json!({ "destinationConfig": config }))).await;
    assert_eq!((status, message.contains("port 443")), (400, true), "{message}");
    config["listeners"] = json!([config["listeners"][1]]);
    let after = world.ok("PATCH", &path, Some(json!({ "destinationConfig": config }))).await;
    assert_eq!(after["destinationConfig"]["listeners"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_sync_is_addressed_at_its_own_destination() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let (status, message) = world.refused("GET", &format!("{ELB}/{sync}"), None).await;
    assert_eq!((status, message.contains("not configured for AWS Elastic Load Balancer")), (400, true));
    assert_eq!(world.refused("GET", &format!("/gcp/{sync}"), None).await.0, 404);
}

//! What was tampered with is an error, and never looks like something that is not there.

use super::world::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use model::secret::Secret;
use seal::SealedBlob;
use store::{Bookkeeping, Change, Stored};
use vault::Error;

impl World {
    async fn stored(&self, key: &str) -> Stored<Secret> {
        let environment = self.environment("dev");
        let root = model::id::FolderId::root_of(environment);
        self.store.secret(environment, root, &Default::default(), &name(key)).await.unwrap().unwrap()
    }

    /// Puts other text where a secret's sealed value is.
    async fn tamper(&self, key: &str, with: impl Fn(&str) -> String) {
        let read = self.stored(key).await;
        let next = Secret { value: with(&read.value.value), ..read.value.clone() };
        let change = Change::new(testkit::now()).replace(&read, &next);
        self.store.keep_count(Bookkeeping(change)).await.unwrap();
    }

    async fn everything_says_unreadable(&self, reason: &str) {
        let place = path("/");
        let listed = self.vault.list(&self.place("dev", &place), &EXPANDED).await.unwrap_err();
        let root = model::id::FolderId::root_of(self.environment("dev"));
        let source =
            self.vault.source(&self.project, self.environment("dev"), root, false).await.unwrap_err();
        let referred = self.vault.list(&self.place("prod", &place), &EXPANDED).await.unwrap_err();
        let one = self.get("dev", "/", "A").await.unwrap_err();
        for error in [listed, source, referred, one] {
            assert!(matches!(error, Error::Unreadable { .. }), "{error}");
            assert!(!error.is_transient());
            let told = model::error::chain(&error);
            assert!(told.contains("'A'") && told.contains(reason), "{told}");
        }
    }
}

async fn world() -> World {
    let world = World::new().await;
    world.put("dev", "/", &[("A", "a"), ("B", "b")]).await;
    world.put("prod", "/", &[("R", "${dev.A}")]).await;
    world
}

#[tokio::test]
async fn a_value_that_was_changed_is_unreadable_everywhere() {
    let world = world().await;
    world.tamper("A", |sealed| format!("{}AAAA", &sealed[..sealed.len() - 4])).await;
    world.everything_says_unreadable("changed after it was sealed").await;
}

#[tokio::test]
async fn a_value_that_was_copied_from_another_secret_is_unreadable() {
    let world = world().await;
    let other = world.stored("B").await.value.value;
    world.tamper("A", |_| other.clone()).await;
    world.everything_says_unreadable("another place").await;
}

#[tokio::test]
async fn an_earlier_value_that_was_put_back_is_unreadable() {
    let world = world().await;
    let before = world.stored("A").await.value.value;
    world.write("dev", "/", vec![set("A", "a2")]).await.unwrap();
    world.tamper("A", |_| before.clone()).await;
    world.everything_says_unreadable("another place").await;
}

#[tokio::test]
async fn a_value_whose_data_key_is_missing_is_unreadable() {
    let world = world().await;
    world
        .tamper("A", |sealed| {
            let mut bytes = STANDARD_NO_PAD.decode(sealed).unwrap();
            bytes[4] = 9;
            STANDARD_NO_PAD.encode(bytes)
        })
        .await;
    world.everything_says_unreadable("version 9 of the data key").await;
}

#[tokio::test]
async fn an_unreadable_secret_cannot_be_changed_in_part_but_can_be_deleted_and_made_anew() {
    let world = world().await;
    world.tamper("A", |_| "nonsense".to_owned()).await;
    let refused = world.write("dev", "/", vec![set("A", "new")]).await.unwrap_err();
    assert!(matches!(refused, Error::Unreadable { .. }));
    let deleted = world.write("dev", "/", vec![delete("A")]).await.unwrap();
    assert!(deleted.secrets[0].as_ref().unwrap().value.is_none());
    world.put("dev", "/", &[("A", "new")]).await;
    assert_eq!(world.list("prod", "/", &EXPANDED).await, [pair("R", "new")]);
}

#[tokio::test]
async fn values_sealed_with_an_older_data_key_still_open() {
    let world = world().await;
    let client = world.cold();
    assert_eq!(world.data_keys(), 1);
    world.make_data_key(2).await;
    let vault = world.cold();
    let place = path("/");
    vault
        .write(&world.place("dev", &place), &Default::default(), &author(), vec![set("B", "b2")])
        .await
        .unwrap();
    let sealed_with = |blob: &str| SealedBlob::from(blob.to_owned()).key_version().unwrap();
    let (a, b) = (world.stored("A").await, world.stored("B").await);
    assert_eq!((sealed_with(&a.value.value), sealed_with(&b.value.value)), (1, 2));
    let listed = client.list(&world.place("dev", &place), &OPEN).await.unwrap();
    assert_eq!(pairs(&listed.secrets), [pair("A", "a"), pair("B", "b2")]);
}

//! Personal secrets: one person's in place of the shared one.

use super::world::*;
use model::membership::ActorKind;
use model::secret::{Owner, SecretKind};
use vault::{Error, Listing, Lookup};

pub(crate) fn owner(id: &str) -> Owner {
    Owner { kind: ActorKind::User, id: id.to_owned() }
}

pub(crate) fn ada() -> SecretKind {
    SecretKind::Personal(owner("ada@example.com"))
}

#[tokio::test]
async fn a_personal_secret_stands_in_place_of_the_shared_one_for_its_owner_alone() {
    let world = World::new().await;
    world.put("dev", "/", &[("A", "shared"), ("B", "shared")]).await;
    world.write_as(&ada(), "dev", "/", vec![new("A", "ada's")]).await.unwrap();
    let (ada_owner, bob) = (owner("ada@example.com"), owner("bob@example.com"));
    let hers = Listing { personal: Some(&ada_owner), ..OPEN };
    assert_eq!(world.list("dev", "/", &hers).await, [pair("A", "ada's"), pair("B", "shared")]);
    let his = Listing { personal: Some(&bob), ..OPEN };
    for listing in [his, OPEN] {
        assert_eq!(world.list("dev", "/", &listing).await, [pair("A", "shared"), pair("B", "shared")]);
    }
    let lookup = Lookup { kind: ada(), values: true, ..Lookup::default() };
    let place = path("/");
    let found = world.vault.get(&world.place("dev", &place), &name("A"), &lookup).await.unwrap();
    assert_eq!(value(&found.secret), "ada's");
    let none = world.vault.get(&world.place("dev", &place), &name("B"), &lookup).await;
    assert!(matches!(none, Err(Error::NoSecret { .. })));
}

#[tokio::test]
async fn nobodys_address_reaches_into_another_ones_secrets() {
    let world = World::new().await;
    world.put("dev", "/", &[("b#K", "shared"), ("K", "shared")]).await;
    let (one, other) = (owner("a"), owner("a#b"));
    let kind = |owner: &Owner| SecretKind::Personal(owner.clone());
    world.write_as(&kind(&one), "dev", "/", vec![new("b#K", "a's")]).await.unwrap();
    world.write_as(&kind(&other), "dev", "/", vec![new("K", "a#b's")]).await.unwrap();
    let hers = world.list("dev", "/", &Listing { personal: Some(&one), ..OPEN }).await;
    assert_eq!(hers, [pair("K", "shared"), pair("b#K", "a's")]);
    let his = world.list("dev", "/", &Listing { personal: Some(&other), ..OPEN }).await;
    assert_eq!(his, [pair("K", "a#b's"), pair("b#K", "shared")]);
}

#[tokio::test]
async fn a_personal_secret_needs_a_shared_one_and_goes_and_moves_with_it() {
    let world = World::new().await;
    let none = world.write_as(&ada(), "dev", "/", vec![new("K", "ada's")]).await;
    assert!(matches!(none, Err(Error::NoShared { .. })));
    world.put("dev", "/", &[("K", "shared")]).await;
    let bob = SecretKind::Personal(owner("bob@example.com"));
    let made = world.write_as(&ada(), "dev", "/", vec![new("K", "ada's")]).await.unwrap();
    world.write_as(&bob, "dev", "/", vec![new("K", "bob's")]).await.unwrap();
    world.write("dev", "/", vec![rename("K", "L")]).await.unwrap();
    let ada_owner = owner("ada@example.com");
    let hers = Listing { personal: Some(&ada_owner), ..OPEN };
    assert_eq!(world.list("dev", "/", &hers).await, [pair("L", "ada's")]);
    let id = made.secrets[0].as_ref().unwrap().stored.id;
    let moved = world.store.secret_by_id(id).await.unwrap().unwrap();
    assert_eq!((moved.name.as_str(), moved.version), ("L", 2));
    let renamed = world.write_as(&ada(), "dev", "/", vec![rename("L", "ELSEWHERE")]).await;
    assert!(matches!(renamed, Err(Error::NoShared { .. })));
    world.write("dev", "/", vec![delete("L")]).await.unwrap();
    assert!(world.store.secret_by_id(id).await.unwrap().is_none());
    world.put("dev", "/", &[("L", "new")]).await;
    assert_eq!(world.list("dev", "/", &hers).await, [pair("L", "new")]);
}

#[tokio::test]
async fn personal_writes_wake_no_sync() {
    let world = World::new().await;
    world.put("dev", "/", &[("K", "shared")]).await;
    let sync = world.sync(&[("dev", "/")]).await;
    let written = world.write_as(&ada(), "dev", "/", vec![new("K", "ada's")]).await.unwrap();
    assert!(written.syncs.is_empty() && !world.was_woken(sync).await);
}

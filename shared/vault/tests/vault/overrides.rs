//! Shared secrets in whose place many people have a personal one.

use super::personal::{ada, owner};
use super::world::*;
use futures::future::join_all;
use model::id::{FolderId, KeyRotationId, SecretId};
use model::secret::{Secret, SecretKind};
use store::{Bookkeeping, Change};
use testkit::fuse::Fault;
use testkit::matrix;
use vault::{Error, SecretChange, Write};

impl World {
    /// A shared secret that `people` have a personal one of, each of them changed `changes` times.
    async fn overridden(&self, key: &str, people: usize, changes: usize) {
        self.put("dev", "/", &[(key, "shared")]).await;
        let kinds = (0..people).map(|one| SecretKind::Personal(owner(&format!("p{one:02}@example.com"))));
        let personal: Vec<SecretKind> = kinds.collect();
        for kind in &personal {
            self.write_as(kind, "dev", "/", vec![new(key, "own")]).await.unwrap();
        }
        for change in 0..changes {
            for kind in personal.iter().chain([&SecretKind::Shared]) {
                self.write_as(kind, "dev", "/", vec![set(key, &change.to_string())]).await.unwrap();
            }
        }
    }

    /// The same with many more people, written at once; nobody can open what they have.
    async fn crowded(&self, key: &str, people: usize) {
        self.overridden(key, 1, 0).await;
        let environment = self.environment("dev");
        let root = FolderId::root_of(environment);
        let found = self.store.all_personal_secrets_in(environment, root).await.unwrap();
        let first = found.into_iter().find(|secret| secret.name.as_str() == key).unwrap().value;
        let others: Vec<usize> = (1..people).collect();
        for some in others.chunks(50) {
            let change = some.iter().fold(Change::new(testkit::now()), |change, one| {
                let kind = SecretKind::Personal(owner(&format!("p{one:02}@example.com")));
                change.create(&Secret { id: SecretId::random(), kind, ..first.clone() })
            });
            self.store.keep_count(Bookkeeping(change)).await.unwrap();
        }
    }

    /// The names of everybody's personal secrets.
    async fn names(&self) -> Vec<String> {
        let environment = self.environment("dev");
        let root = FolderId::root_of(environment);
        let found = self.store.all_personal_secrets_in(environment, root).await.unwrap();
        found.into_iter().map(|secret| secret.name.to_string()).collect()
    }

    /// Everybody's personal secrets.
    async fn personal(&self) -> Vec<SecretId> {
        let environment = self.environment("dev");
        let root = FolderId::root_of(environment);
        let found = self.store.all_personal_secrets_in(environment, root).await.unwrap();
        found.into_iter().map(|secret| secret.id).collect()
    }
}

#[tokio::test]
async fn a_secret_with_more_overrides_than_fit_into_a_transaction_goes_with_all_of_them() {
    for (people, changes) in [(8, 10), (60, 0)] {
        let world = World::new().await;
        let sync = world.sync(&[("dev", "/")]).await;
        world.overridden("K", people, changes).await;
        world.overridden("OTHER", 1, 0).await;
        let personal = world.personal().await;
        assert_eq!(personal.len(), people + 1);
        world.was_woken(sync).await;
        let written =
            world.write("dev", "/", vec![new("N", "1"), delete("K"), set("OTHER", "2")]).await.unwrap();
        assert_eq!((written.secrets.len(), &written.syncs), (3, &vec![sync]));
        assert!(written.secrets.iter().all(Option::is_some) && world.was_woken(sync).await);
        assert_eq!(world.list("dev", "/", &OPEN).await, [pair("N", "1"), pair("OTHER", "2")]);
        assert_eq!(world.personal().await.len(), 1);
        for id in personal {
            let versions = world.store.secret_versions(world.environment("dev"), id).await.unwrap();
            assert!(versions.is_empty(), "{id}");
        }
        let mut faults = world.trail.books().await.unwrap().faults(testkit::now());
        // This world's sync is a run without a sync.
        faults.retain(|fault| !fault.contains("has no sync"));
        assert_eq!(faults, Vec::<String>::new());
    }
}

#[tokio::test]
async fn overrides_that_go_before_their_secret_are_in_the_audit_trail() {
    let world = World::new().await;
    world.crowded("K", 60).await;
    world.write("dev", "/", vec![delete("K")]).await.unwrap();
    let mut deletions = world.trail.actions().await.unwrap();
    deletions.retain(|action| action.starts_with("secret.delete"));
    deletions.sort();
    // 49 of two items each, the other 11, and the shared one.
    assert_eq!(deletions, ["secret.delete /", "secret.delete /", "secret.delete K"]);
}

#[tokio::test]
async fn a_refused_batch_takes_no_override_along() {
    let world = World::new().await;
    world.crowded("K", 60).await;
    world.overridden("L", 19, 0).await;
    let refused = world.write("dev", "/", vec![delete("K"), set("NONE", "1")]).await.unwrap_err();
    assert!(matches!(refused, Error::NoSecret { .. }), "{refused}");
    let refused = world.write("dev", "/", vec![delete("K"), rename("L", "M")]).await.unwrap_err();
    assert!(matches!(refused, Error::TooManyPersonal { count: 19, .. }), "{refused}");
    assert_eq!(world.personal().await.len(), 79);
}

#[tokio::test]
async fn a_rename_moves_eighteen_overrides_and_says_what_to_do_about_more() {
    let world = World::new().await;
    world.overridden("K", 18, 0).await;
    world.overridden("L", 19, 0).await;
    world.write("dev", "/", vec![rename("K", "K2")]).await.unwrap();
    let refused = world.write("dev", "/", vec![rename("L", "L2")]).await.unwrap_err().to_string();
    for words in
        ["Secret 'L' cannot be renamed", "19 people", "At most 18 move", "Create a secret of the new name"]
    {
        assert!(refused.contains(words), "{refused}");
    }
    // Five syncs take the room of one.
    for _ in 0..4 {
        world.sync(&[("dev", "/")]).await;
    }
    let refused = world.write("dev", "/", vec![rename("K2", "K")]).await.unwrap_err();
    assert!(matches!(refused, Error::TooManyPersonal { count: 18, .. }), "{refused}");
    assert_eq!(world.list("dev", "/", &OPEN).await, [pair("K2", "shared"), pair("L", "shared")]);
    assert_eq!(world.personal().await.len(), 37);
}

#[tokio::test]
async fn secrets_of_a_rotation_go_in_one_transaction_after_overrides_that_do_not_fit_into_it() {
    let world = World::new().await;
    let (rotation, at) = (KeyRotationId::random(), path("/"));
    let beside = |change: Change| change;
    let place = world.place("dev", &at);
    for key in ["ID", "KEY"] {
        world.crowded(key, 25).await;
        let own = SecretChange { rotation_id: Some(Some(rotation)), ..SecretChange::default() };
        world.write("dev", "/", vec![change(key, own)]).await.unwrap();
    }
    let writes = vec![delete("ID"), delete("KEY")];
    world.vault.write_rotated(&place, &author(), rotation, &line(), writes, &beside).await.unwrap();
    assert!(world.list("dev", "/", &OPEN).await.is_empty() && world.personal().await.is_empty());
}

#[tokio::test]
async fn a_deletion_with_many_overrides_that_breaks_at_any_call_leaves_the_secret_and_is_done_when_repeated()
{
    const FAULTS: [fn(u32) -> Fault; 4] = [Fault::Fail, Fault::LoseAnswer, Fault::Die, Fault::DieAfter];
    let furnished = async || {
        let world = World::new().await;
        world.crowded("K", 50).await;
        world
    };
    let world = furnished().await;
    world.fuse.arm(Fault::None);
    world.write("dev", "/", vec![delete("K")]).await.unwrap();
    let calls = world.fuse.calls();
    assert!(calls >= 11, "{calls}");
    for fault in FAULTS {
        for n in 1..=calls {
            let what = format!("{:?}", fault(n));
            let world = furnished().await;
            world.fuse.arm(fault(n));
            let answer = world.write("dev", "/", vec![delete("K")]).await;
            world.fuse.arm(Fault::None);
            if let Err(error) = answer {
                assert!(error.is_transient(), "{what}: {error}");
                let is_gone = world.list("dev", "/", &OPEN).await.is_empty();
                assert!(
                    !is_gone || world.personal().await.is_empty(),
                    "{what}: no override without its secret"
                );
                let again = world.write("dev", "/", vec![delete("K")]).await;
                assert_eq!(matches!(again, Err(Error::NoSecret { .. })), is_gone, "{what}");
            }
            assert!(world.list("dev", "/", &OPEN).await.is_empty(), "{what}");
            assert!(world.personal().await.is_empty(), "{what}");
        }
    }
    let cases = FAULTS.len() * calls as usize;
    matrix::tell("delete a secret with 50 overrides", calls, cases, "no override without its secret");
}

#[tokio::test]
async fn an_override_that_is_made_at_any_moment_of_a_deletion_or_a_rename_never_stays_behind() {
    let bob = SecretKind::Personal(owner("bob@example.com"));
    for (goes, made) in [
        (delete("K"), new("K", "bob's")),
        (delete("K"), rename("FROM", "K")),
        (rename("K", "L"), new("K", "bob's")),
        (rename("K", "L"), rename("FROM", "K")),
    ] {
        for n in 1.. {
            let world = World::new().await;
            world.put("dev", "/", &[("K", "shared"), ("FROM", "shared")]).await;
            world.write_as(&bob, "dev", "/", vec![new("FROM", "bob's")]).await.unwrap();
            let personal = async {
                world.write_as(&bob, "dev", "/", vec![made.clone()]).await.unwrap();
            };
            let write = world.write("dev", "/", vec![goes.clone()]);
            let (written, was_there) = world.gate.at(n, write, personal).await;
            written.unwrap();
            if !was_there {
                assert!(n > 5, "{n}");
                break;
            }
            let (names, what) = (world.names().await, format!("{goes:?} at call {n}, {made:?}"));
            assert!(!names.contains(&"K".to_owned()), "{what}: {names:?}");
            let is_renamed = matches!(goes, Write::Update { .. });
            assert_eq!(names.contains(&"L".to_owned()), is_renamed, "{what}: {names:?}");
        }
    }
}

#[tokio::test]
async fn an_override_is_not_renamed_to_a_secret_that_goes_at_any_moment_of_it() {
    for n in 1.. {
        let world = World::new().await;
        world.put("dev", "/", &[("K", "shared"), ("L", "shared")]).await;
        world.write_as(&ada(), "dev", "/", vec![new("K", "ada's")]).await.unwrap();
        let gone = async {
            world.write("dev", "/", vec![delete("L")]).await.unwrap();
        };
        let ada = ada();
        let renaming = world.write_as(&ada, "dev", "/", vec![rename("K", "L")]);
        let (renamed, was_there) = world.gate.at(n, renaming, gone).await;
        if !was_there {
            assert!(n > 4, "{n}");
            break;
        }
        assert!(matches!(renamed, Err(Error::NoShared { .. })), "{n}: {renamed:?}");
        assert_eq!(world.names().await, ["K"], "{n}");
    }
}

#[tokio::test]
async fn many_who_delete_and_rename_in_a_busy_folder_at_once_all_get_through() {
    let world = World::new().await;
    let keys = |what: &str| (0..20).map(|number| format!("{what}{number:02}")).collect::<Vec<_>>();
    for key in keys("K") {
        world.put("dev", "/", &[(&key, "shared")]).await;
        world.write_as(&ada(), "dev", "/", vec![new(&key, "ada's")]).await.unwrap();
    }
    let go = keys("K").into_iter().enumerate().map(|(number, key)| {
        if number % 2 == 0 { delete(&key) } else { rename(&key, &format!("L{number:02}")) }
    });
    let others = keys("N").into_iter().map(|key| new(&key, "1"));
    let writes = go.chain(others).map(|write| world.write("dev", "/", vec![write]));
    for written in join_all(writes).await {
        written.unwrap();
    }
    assert_eq!(world.list("dev", "/", &OPEN).await.len(), 30);
    assert_eq!(world.names().await.len(), 10);
}

#[tokio::test]
async fn overrides_that_change_while_many_are_removed_go_too() {
    for n in 1.. {
        let world = World::new().await;
        world.crowded("K", 50).await;
        let other = async {
            let first = SecretKind::Personal(owner("p00@example.com"));
            // One who is faster may find it gone already.
            let _ = world.write_as(&first, "dev", "/", vec![set("K", "changed")]).await;
            let _ = world.write_as(&ada(), "dev", "/", vec![new("K", "ada's")]).await;
        };
        let (written, was_there) = world.gate.at(n, world.write("dev", "/", vec![delete("K")]), other).await;
        written.unwrap();
        if !was_there {
            assert!(n > 10, "{n}");
            break;
        }
        assert!(world.list("dev", "/", &OPEN).await.is_empty(), "{n}");
    }
}

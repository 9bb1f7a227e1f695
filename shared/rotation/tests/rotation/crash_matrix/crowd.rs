//! Many at once.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use model::key_rotation::body::TakeOver;
use model::key_rotation::{KeyRotation, SecretsMapping};
use rotation::Advanced;
use testkit::fuse::Fault;
use testkit::matrix;

use crate::clock;
use crate::world::{DAY, HOUR, USER, World};

#[tokio::test]
async fn two_or_five_workers_at_once_make_one_key() {
    for count in [2, 5] {
        let world = World::new().await;
        let rotation = world.made().await;
        clock::advance(Duration::from_secs(40 * DAY));
        world.iam.forget_calls();
        let workers: Vec<_> = (0..count).map(|_| world.another()).collect();
        let until = clock::now().plus(Duration::from_secs(100));
        world.life.arm(Fault::None);
        let looks = workers.iter().map(|worker| worker.advance(rotation.id, until));
        let words: Vec<_> = join_all(looks).await.into_iter().map(Result::unwrap).collect();
        let calls = world.life.calls();
        assert!(words.contains(&Advanced::Waits), "{words:?}");
        assert_eq!(world.iam.count("iam:CreateAccessKey"), 1, "{words:?}");
        assert_eq!(world.iam.keys(USER).len(), 2);
        world.settle(rotation.id, 2 * HOUR).await;
        world.is_whole(rotation.id, Fault::None).await;
        matrix::tell(&format!("{count} workers at once"), calls, 1, "one key is made");
    }
}

#[tokio::test]
async fn a_crowd_that_is_due_at_once_is_served_and_no_user_twice() {
    const CROWD: usize = 40;
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..CROWD {
        let user = format!("user-{number}");
        world.iam.put_user(&user);
        let base = world.define();
        let mut rotation = KeyRotation {
            name: user.clone(),
            secrets_mapping: SecretsMapping {
                access_key_id: format!("ID_{number}").parse().unwrap(),
                secret_access_key: format!("SECRET_{number}").parse().unwrap(),
            },
            ..base
        };
        rotation.parameters.user_name = user;
        world.create(&rotation, TakeOver::Nothing).await.unwrap();
        ids.push(rotation.id);
    }
    clock::advance(Duration::from_secs(40 * DAY));
    let due = world.safe.key_rotations_due(clock::now(), 1_000).await.unwrap();
    assert_eq!(due.len(), CROWD);
    world.iam.forget_calls();
    let until = clock::now().plus(Duration::from_secs(100));
    for advanced in join_all(ids.iter().map(|id| world.rotations.advance(*id, until))).await {
        assert_eq!(advanced.unwrap(), Advanced::Waits);
    }
    let created: Vec<_> = world
        .iam
        .calls()
        .into_iter()
        .filter(|call| call.action == "iam:CreateAccessKey")
        .map(|call| call.user)
        .collect();
    assert_eq!((created.len(), created.iter().collect::<BTreeSet<_>>().len()), (CROWD, CROWD));
    // One list of users serves many: it is believed for some seconds.
    assert!(world.iam.count("iam:ListUsers") <= CROWD / 2, "{}", world.iam.count("iam:ListUsers"));
    matrix::tell("a crowd that is due at once", 1, CROWD, "one key for each user");
}

//! Environments that key rotations write to.

use model::id::{EnvironmentId, FolderId};
use store::{Bookkeeping, Stored};

use super::*;

#[tokio::test]
async fn an_environment_that_a_rotation_writes_to_stays() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let environment = |index: usize| text(&project["environments"][index], "id");
    let dev: EnvironmentId = environment(0).parse().unwrap();
    let organization = world.ctx.organization.id;
    let rotation = testkit::key_rotation(organization, id(&project), dev, FolderId::root_of(dev));
    let change = Change::new(testkit::now()).create(&rotation);
    world.ctx.store.keep_count(Bookkeeping(change)).await.unwrap();
    let path = format!("/api/v1/workspace/{}/environments", text(&project, "id"));
    let (status, _, message) = world.refused(ada(delete(&format!("{path}/{dev}")))).await;
    assert!(status == 400 && message.contains("key rotations: iam"), "{status} {message}");
    let (status, _, message) = world.refused(bob(delete(&format!("{path}/{dev}")))).await;
    assert!(status != 200 && !message.contains("iam"), "whose it is not is told nothing: {message}");
    world.ok(ada(delete(&format!("{path}/{}", environment(1))))).await;
    let stored = Stored::created(rotation, testkit::now());
    let change = Change::new(testkit::now()).delete(&stored);
    world.ctx.store.keep_count(Bookkeeping(change)).await.unwrap();
    world.ok(ada(delete(&format!("{path}/{dev}")))).await;
}

//! Folders, secrets and tags against a real engine: what each change believes, and how each thing is found.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::audit::Actor;
use model::id::{EnvironmentId, FolderId, ProjectId, SecretId, TagId};
use model::secret::{Secret, SecretKind, SecretVersion};
use model::tag::Tag;
use store::{Bookkeeping, Change, CommitError, Conflict, FolderState, Store, Stored, Touch};

fn secret(environment: EnvironmentId, name: &str) -> Secret {
    Secret {
        id: SecretId::random(),
        project_id: ProjectId::random(),
        environment_id: environment,
        folder_id: FolderId::root_of(environment),
        name: name.parse().unwrap(),
        kind: SecretKind::Shared,
        value: "sealed".into(),
        comment: None,
        metadata: Vec::new(),
        tags: Vec::new(),
        reminder_note: None,
        reminder_repeat_days: None,
        skip_multiline_encoding: false,
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "ci".into() },
        rotation_id: None,
    }
}

fn archived(read: &Stored<Secret>) -> SecretVersion {
    SecretVersion { number: read.version, written_at: read.updated_at, secret: read.value.clone() }
}

fn now() -> Change {
    Change::new(testkit::now())
}

async fn write(store: &Store, change: Change) -> Result<(), CommitError> {
    store.keep_count(Bookkeeping(change)).await
}

async fn stored(store: &Store, one: &Secret) -> Stored<Secret> {
    store.secret(one.environment_id, one.folder_id, &one.kind, &one.name).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_secret_at_another_place_is_found_by_its_id_and_leaves_nothing_behind() {
    let store = testkit::tables().await.unwrap();
    let old = secret(EnvironmentId::random(), "OLD");
    write(&store, now().create(&old)).await.unwrap();
    let read = stored(&store, &old).await;
    let new = Secret { name: "NEW".parse().unwrap(), ..old.clone() };
    write(&store, now().replace_secret(&read, &new, &archived(&read))).await.unwrap();
    let found = store.secret_by_id(old.id).await.unwrap().unwrap();
    assert_eq!((&found.value, found.version, found.created_at), (&new, 2, testkit::now()));
    let names: Vec<_> = store.secrets_in(old.environment_id, old.folder_id).await.unwrap();
    assert_eq!(names.len(), 1);
    // Whoever read it where it was is too late, whatever it is that they want.
    for late in [
        now().replace_secret(&read, &new, &archived(&read)),
        now().replace(&read, &old),
        now().delete_secret(&read),
    ] {
        let refused = write(&store, late).await.unwrap_err();
        assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "secret" }));
    }
    // The name that it had is free, with another id.
    write(&store, now().create(&Secret { id: SecretId::random(), ..old.clone() })).await.unwrap();
    let onto = write(&store, now().replace_secret(&found, &old, &archived(&found))).await.unwrap_err();
    assert_eq!(onto.conflict(), Some(&Conflict::Exists { kind: "secret" }));
}

#[tokio::test]
async fn the_oldest_version_makes_room_and_all_of_them_go_with_the_secret() {
    let store = testkit::tables().await.unwrap();
    let one = secret(EnvironmentId::random(), "K");
    write(&store, now().create(&one)).await.unwrap();
    for _ in 0..13 {
        let read = stored(&store, &one).await;
        write(&store, now().replace_secret(&read, &one, &archived(&read))).await.unwrap();
    }
    let kept = async || {
        let versions = store.secret_versions(one.environment_id, one.id).await.unwrap();
        versions.iter().map(|version| version.number).collect::<Vec<_>>()
    };
    assert_eq!(kept().await, (4..=13).collect::<Vec<_>>());
    let read = stored(&store, &one).await;
    let change = now().delete_secret(&read);
    assert_eq!(change.size(), store::items_of_deletion(&read));
    write(&store, change).await.unwrap();
    assert!(kept().await.is_empty() && store.secret_by_id(one.id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_folders_state_begins_with_the_first_change_and_counts_the_next_ones() {
    let store = testkit::tables().await.unwrap();
    let environment = EnvironmentId::random();
    let root = FolderId::root_of(environment);
    let read = store.folder_state(environment, root).await.unwrap();
    assert_eq!(read, FolderState::new(environment, root));
    write(&store, now().touch_folder(&read, Touch::Structure, &[])).await.unwrap();
    // Nobody came to watch since: another change of what was read then goes on.
    let later = Change::new(testkit::later(5)).touch_folder(&read, Touch::Secrets, &[]);
    write(&store, later).await.unwrap();
    let state = store.folder_state(environment, root).await.unwrap();
    assert_eq!((state.revision, state.secrets_changed_at), (2, Some(testkit::later(5))));
    write(&store, now().close_folder(&state)).await.unwrap();
    for read in [read, state] {
        let refused = write(&store, now().touch_folder(&read, Touch::Secrets, &[])).await.unwrap_err();
        assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "folder state" }));
    }
    let states =
        store.folder_states(&[(environment, root), (environment, FolderId::random())]).await.unwrap();
    assert!(states.len() == 1 && states[&root].closed);
}

#[tokio::test]
async fn whoever_takes_personal_secrets_along_is_refused_when_one_was_changed_since_the_state_was_read() {
    let store = testkit::tables().await.unwrap();
    let environment = EnvironmentId::random();
    let root = FolderId::root_of(environment);
    for round in 0..2 {
        // In the first round there is no state yet, in the second there is one.
        let read = store.folder_state(environment, root).await.unwrap();
        write(&store, now().touch_folder(&read, Touch::Secrets, &[])).await.unwrap();
        // Changes of shared secrets are in nobody's way.
        write(&store, now().touch_folder(&read, Touch::SecretsWithPersonal, &[])).await.unwrap();
        write(&store, now().touch_folder(&read, Touch::Personal, &[])).await.unwrap();
        let late = now().touch_folder(&read, Touch::SecretsWithPersonal, &[]);
        let refused = write(&store, late).await.unwrap_err();
        assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "folder state" }), "{round}");
        write(&store, now().touch_folder(&read, Touch::Secrets, &[])).await.unwrap();
    }
}

#[tokio::test]
async fn a_tag_is_found_by_id_and_by_slug_in_its_own_project_alone() {
    let store = testkit::tables().await.unwrap();
    let (project, other) = (ProjectId::random(), ProjectId::random());
    let tag = |project_id, slug: &str| Tag {
        id: TagId::random(),
        project_id,
        slug: slug.to_owned(),
        name: None,
        color: Some("#fff".into()),
    };
    let (b, a) = (tag(project, "b"), tag(project, "a"));
    for one in [&b, &a, &tag(other, "a")] {
        write(&store, now().create(one)).await.unwrap();
    }
    let taken = write(&store, now().create(&tag(project, "a"))).await.unwrap_err();
    assert_eq!(taken.conflict(), Some(&Conflict::NameTaken { kind: "tag" }));
    let slugs: Vec<String> =
        store.tags_of(project).await.unwrap().into_iter().map(|tag| tag.value.slug).collect();
    assert_eq!(slugs, ["a", "b"]);
    assert_eq!(store.tag_by_slug(project, "b").await.unwrap().unwrap().value, b);
    assert_eq!(store.tag(project, a.id).await.unwrap().unwrap().value, a);
    assert!(store.tag(other, a.id).await.unwrap().is_none());
    assert!(store.tag_by_slug(project, "c").await.unwrap().is_none());
}

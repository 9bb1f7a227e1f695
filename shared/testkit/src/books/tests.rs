//! The audit finds nothing in a table that is sound, and each of its rules finds what breaks it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_dynamodb::types::AttributeValue;
use model::audit::Actor;
use model::certificate_sync::CertificateSyncRun;
use model::folder::FolderTree;
use model::id::{CertificateSyncId, IdentityId, OrganizationId, SecretId, SecretSyncId, TagId};
use model::identity::Identity;
use model::key_rotation::RotationState;
use model::permission::{Role, Scope};
use model::secret::{Secret, SecretKind};
use model::secret_sync::SecretSyncRun;
use model::tag::Tag;
use store::{Bookkeeping, Change};

use super::*;
use crate::now;

/// A project with a machine, a connection, a rotation, a tag, a folder with a secret in it, and the rest of two deleted syncs.
async fn sound() -> Books {
    let (store, trail) = crate::tables_with_trail().await.unwrap();
    let organization = OrganizationId::random();
    let project = crate::project(organization, "demo");
    let environment_id = project.environments.iter().next().unwrap().id;
    let identity = Identity {
        id: IdentityId::random(),
        organization_id: organization,
        name: "machine".into(),
        role: Role::NoAccess,
        has_delete_protection: false,
        metadata: Vec::new(),
        auth_methods: Vec::new(),
    };
    let membership = crate::membership(organization, project.id, &identity.id, Role::Member);
    let connection = crate::connection(organization, Scope::Project(project.id), "123456789012");
    let tag = Tag { id: TagId::random(), project_id: project.id, slug: "a".into(), name: None, color: None };
    let mut tree = FolderTree::new(project.id, environment_id);
    let folder_id = tree.create(&"/".parse().unwrap(), "api".parse().unwrap(), None, now()).unwrap();
    let secret = Secret {
        id: SecretId::random(),
        project_id: project.id,
        environment_id,
        folder_id,
        name: "A".parse().unwrap(),
        kind: SecretKind::Shared,
        value: "sealed".into(),
        comment: None,
        metadata: Vec::new(),
        tags: Vec::new(),
        reminder_note: None,
        reminder_repeat_days: None,
        skip_multiline_encoding: false,
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "n".into() },
        rotation_id: None,
    };
    let rotation = crate::key_rotation(organization, project.id, environment_id, folder_id);
    let rotation = model::key_rotation::KeyRotation { connection_id: connection.id, ..rotation };
    let state = RotationState::new(&rotation, model::key_rotation::Progress::default(), now());
    let ended = SecretSyncRun::new(SecretSyncId::random(), project.id, true).deleted(now());
    let certificates = CertificateSyncRun::new(CertificateSyncId::random(), project.id, true).deleted(now());
    let first =
        Change::new(now()).create(&project).create(&identity).create(&membership).create(&tag).create(&tree);
    let then = Change::new(now()).create(&secret).create(&ended).create(&certificates);
    let then = then.create(&connection).gain_connection(&project);
    let rotated = Change::new(now()).create_key_rotation(&rotation, &state, &connection, &project);
    let touched = store::FolderState::new(environment_id, folder_id);
    let last = Change::new(now()).touch_folder(&touched, store::Touch::Secrets, &[]);
    for change in [first, then, rotated, last] {
        store.keep_count(Bookkeeping(change)).await.unwrap();
    }
    trail.books().await.unwrap()
}

/// The place of the only item whose position begins so.
fn place(books: &Books, sk: &str) -> (String, String) {
    books.items.keys().find(|(_, position)| position.starts_with(sk)).unwrap().clone()
}

fn set(books: &mut Books, sk: &str, name: &str, value: AttributeValue) {
    let place = place(books, sk);
    books.items.get_mut(&place).unwrap().insert(name.to_owned(), value);
}

fn remove(books: &mut Books, sk: &str) {
    let place = place(books, sk);
    books.items.remove(&place);
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

type Sabotage = fn(&mut Books);

const SABOTAGE: &[(&str, Sabotage)] = &[
    ("is of no kind that the store knows", |books| set(books, "TAG#", "kind", s("toy"))),
    ("cannot be read", |books| set(books, "TAG#", "slug", AttributeValue::Bool(true))),
    ("has no version", |books| set(books, "TAG#", "version", s("1"))),
    ("belongs to TAGS#", |books| set(books, "TAG#", "id", s(TagId::random().to_string()))),
    ("has no guard of its name NAME#tag#", |books| {
        books.items.retain(|(pk, _), _| !pk.starts_with("NAME#tag#"));
    }),
    ("is guarded, and nothing has that name", |books| remove(books, "TAG#")),
    ("is said to be of nobody", |books| {
        let guards = books.items.iter_mut().filter(|((pk, _), _)| pk.starts_with("NAME#connection#"));
        guards.for_each(|(_, guard)| drop(guard.insert("owner".into(), s("nobody"))));
    }),
    ("have one name", |books| {
        let (pk, sk) = place(books, "TAG#");
        let id = TagId::random().to_string();
        let mut twin = books.items[&(pk.clone(), sk)].clone();
        twin.extend([("sk".into(), s(format!("TAG#{id}"))), ("id".into(), s(id.clone()))]);
        books.items.insert((pk, format!("TAG#{id}")), twin);
    }),
    ("is in due work as", |books| set(books, "STATE", "gsi2sk", s("2026#x"))),
    ("is in list as", |books| set(books, "PROJECT#", "gsi1sk", s("PROJECT#other"))),
    ("says 2 connections, and there are 1", |books| set(books, "PROJECT#", "connections", n(2))),
    ("says 0 key rotations, and there are 1", |books| set(books, "PROJECT#", "key_rotations", n(0))),
    ("says 0 key_rotations, and there are 1", |books| set(books, "CONNECTION#", "key_rotations", n(0))),
    ("membership at MEMBERSHIP#", |books| remove(books, "IDENTITY#")),
    ("key rotation at KEY_ROTATION#", |books| remove(books, "CONNECTION#")),
    ("has no state", |books| remove(books, "STATE")),
    ("has no rotation", |books| remove(books, "KEY_ROTATION#")),
    ("the run state of secret sync", |books| {
        let sync = books.all::<SecretSyncRun>().first().unwrap().id;
        let run = books.items.get_mut(&(format!("SECRET_SYNC#{sync}"), "RUN".to_owned())).unwrap();
        run.insert("deleted".into(), AttributeValue::Bool(false));
    }),
    ("wants something, and nobody will look", |books| {
        let sync = books.all::<CertificateSyncRun>().first().unwrap().id;
        let run = books.items.get_mut(&(format!("CERTIFICATE_SYNC#{sync}"), "RUN".to_owned())).unwrap();
        run.retain(|name, _| !["due_at", "gsi2pk", "gsi2sk"].contains(&name.as_str()));
    }),
    ("until 2099-01-01", |books| {
        let lease =
            HashMap::from([("token".into(), s("t")), ("until".into(), s("2099-01-01T00:00:00.000Z"))]);
        set(books, "STATE", "lease", AttributeValue::M(lease));
    }),
    ("says it logs in by {\"universal-auth\"}, and has {}", |books| {
        set(books, "IDENTITY#", "auth_methods", AttributeValue::L(vec![s("universal-auth")]));
    }),
    ("is left of folder", |books| remove(books, "FOLDERS")),
    ("has the earlier versions {}", |books| {
        let keys = books.all::<Secret>().first().unwrap().keys();
        books.items.get_mut(&(keys.pk, keys.sk)).unwrap().insert("version".into(), n(2));
    }),
    ("takes no writes, and is there", |books| {
        let state = books.all::<store::FolderState>().first().unwrap().folder_id;
        let pk = place(books, "FOLDERS").0;
        let state = books.items.get_mut(&(pk, format!("FOLDER#{state}"))).unwrap();
        state.insert("closed".into(), AttributeValue::Bool(true));
    }),
    ("and its folders say that it is there", |books| {
        set(books, "PROJECT#", "environments", AttributeValue::L(Vec::new()));
    }),
];

fn n(number: u32) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

#[tokio::test]
async fn a_sound_table_has_no_faults_and_each_rule_finds_what_breaks_it() {
    let books = sound().await;
    assert_eq!(books.faults(now()), Vec::<String>::new());
    for (words, sabotage) in SABOTAGE {
        let mut broken = books.clone();
        sabotage(&mut broken);
        let faults = broken.faults(now());
        assert!(faults.iter().any(|fault| fault.contains(words)), "{words:?}: {faults:#?}");
    }
}

#[tokio::test]
async fn what_only_counts_is_no_change_and_everything_else_is() {
    let books = sound().await;
    let mut counted = books.clone();
    set(&mut counted, "PROJECT#", "connections", n(7));
    set(&mut counted, "PROJECT#", "version", n(7));
    assert_eq!(counted.changes_since(&books), Vec::<String>::new());
    assert!(counted.was_written_since(&books));
    let mut renamed = books.clone();
    set(&mut renamed, "TAG#", "color", s("red"));
    remove(&mut renamed, "STATE");
    let changes = renamed.changes_since(&books);
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(changes[0].starts_with("key rotation state at KEY_ROTATION#"), "{changes:?}");
    assert!(changes[1].starts_with("tag at TAGS#"), "{changes:?}");
}

/// Every entity of the store is known here, so that none is passed over.
#[test]
fn every_noun_of_the_store_is_audited() {
    let mut nouns = std::collections::BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../store/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(path).unwrap();
            let noun =
                |line: &str| line.strip_prefix("impl Entity for ")?.strip_suffix(" {").map(str::to_owned);
            nouns.extend(source.lines().filter_map(noun));
        }
    }
    let known: std::collections::BTreeSet<String> = places::NOUNS.iter().map(ToString::to_string).collect();
    assert_eq!(known, nouns);
}

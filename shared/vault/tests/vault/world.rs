//! A project with three environments, and a vault over fresh tables.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::folder::{FolderTree, SecretImport};
use model::id::{EnvironmentId, FolderId, OrganizationId, SecretImportId, SecretSyncId};
use model::permission::Scope;
use model::project::Project;
use model::secret::{SecretKind, SecretName, SecretPath};
use model::secret_sync::{SecretSyncRun, Watched};
use seal::Sealer;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::data_key::{Created, DataKey};
use store::{Bookkeeping, Change, Store};
use testkit::Trail;
use testkit::aws::{Answer, Request, scripted};
use testkit::fuse::Fuse;
use testkit::gate::Gate;
use vault::{
    Absent, Author, Edit, Error, Listing, Lookup, NewSecret, OpenSecret, Place, SecretChange, Vault, Write,
    Written,
};

/// KMS: wraps by writing the encryption context beside the key, and refuses another one
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>).
fn kms(request: &Request, made: &AtomicUsize) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let (status, answer) = match request.target.as_str() {
        "TrentService.GenerateDataKey" => {
            let number = u8::try_from(made.fetch_add(1, Ordering::Relaxed) + 1).unwrap();
            let wrapped =
                json!({ "context": body["EncryptionContext"], "key": vec![number; 32] }).to_string();
            let plaintext = STANDARD.encode([number; 32]);
            (200, json!({ "KeyId": "k", "Plaintext": plaintext, "CiphertextBlob": STANDARD.encode(wrapped) }))
        }
        "TrentService.Decrypt" => {
            let wrapped = STANDARD.decode(body["CiphertextBlob"].as_str().unwrap()).unwrap();
            let wrapped: Value = serde_json::from_slice(&wrapped).unwrap();
            let key: Vec<u8> = serde_json::from_value(wrapped["key"].clone()).unwrap();
            match wrapped["context"] == body["EncryptionContext"] {
                true => (200, json!({ "KeyId": "k", "Plaintext": STANDARD.encode(key) })),
                false => (400, json!({ "__type": "InvalidCiphertextException" })),
            }
        }
        other => panic!("unexpected call {other}"),
    };
    Answer { status, body: answer.to_string() }
}

pub(crate) struct World {
    pub(crate) vault: Vault,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    pub(crate) project: Project,
    pub(crate) organization: OrganizationId,
    /// Counts and breaks calls of the table.
    pub(crate) fuse: Fuse,
    /// Holds back a call of the table.
    pub(crate) gate: Gate,
    made: Arc<AtomicUsize>,
    pub(crate) kms: testkit::aws::Calls,
    kms_config: aws_config::SdkConfig,
}

pub(crate) fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

pub(crate) fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

pub(crate) fn author() -> Author {
    author_at(testkit::now())
}

pub(crate) fn author_at(now: Timestamp) -> Author {
    let actor = Actor { kind: "identity".into(), id: "i".into(), name: "ci".into() };
    Author { actor, origin: Origin::default(), now }
}

pub(crate) fn line() -> AuditRecord {
    let Author { actor, origin, now } = author();
    AuditRecord {
        at: now,
        actor,
        origin,
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}

/// A new secret of this name and value.
pub(crate) fn new(key: &str, value: &str) -> Write {
    Write::Create(NewSecret::new(name(key), value.into()))
}

/// Another value for a secret that is there.
pub(crate) fn set(key: &str, value: &str) -> Write {
    change(key, SecretChange { value: Some(value.into()), ..SecretChange::default() })
}

pub(crate) fn rename(key: &str, to: &str) -> Write {
    change(key, SecretChange { new_name: Some(name(to)), ..SecretChange::default() })
}

pub(crate) fn change(key: &str, change: SecretChange) -> Write {
    Write::Update { name: name(key), change, absent: Absent::Refuse }
}

pub(crate) fn delete(key: &str) -> Write {
    Write::Delete { name: name(key) }
}

/// The value of a secret that was opened with it.
pub(crate) fn value(secret: &OpenSecret) -> &str {
    secret.value.as_ref().unwrap().expose_secret()
}

/// Names and values.
pub(crate) fn pairs(secrets: &[OpenSecret]) -> Vec<(String, String)> {
    secrets.iter().map(|secret| (secret.stored.name.to_string(), value(secret).to_owned())).collect()
}

pub(crate) fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

pub(crate) const OPEN: Listing<'_> =
    Listing { values: true, expand: false, recursive: false, imports: false, personal: None };
pub(crate) const EXPANDED: Listing<'_> = Listing { expand: true, ..OPEN };

impl World {
    pub(crate) async fn new() -> Self {
        let (fuse, gate) = (Fuse::default(), Gate::default());
        let by = |config: &aws_config::SdkConfig| gate.through(&fuse.through(config));
        let (store, trail) = testkit::tables_reached_by(by).await.unwrap();
        let made = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&made);
        let (kms_config, kms) = scripted(move |request| self::kms(request, &counted));
        let organization = OrganizationId::random();
        let project = testkit::project(organization, "payments");
        store.commit(Change::new(testkit::now()).create(&project), &line()).await.unwrap();
        let sealer =
            Sealer::new(aws_sdk_kms::Client::new(&kms_config), store.clone(), "k".into(), organization);
        let vault = Vault::new(store.clone(), sealer);
        Self { vault, store, trail, project, organization, fuse, gate, made, kms, kms_config }
    }

    /// Another process: it has no data key yet.
    pub(crate) fn cold(&self) -> Vault {
        Vault::new(self.store.clone(), self.sealer())
    }

    pub(crate) fn sealer(&self) -> Sealer {
        let client = aws_sdk_kms::Client::new(&self.kms_config);
        Sealer::new(client, self.store.clone(), "k".into(), self.organization)
    }

    /// The next version of the project's data key, which is younger than the one before.
    pub(crate) async fn make_data_key(&self, key_version: u32) {
        let scope = Scope::Project(self.project.id);
        let before = self.store.newest_data_key(scope).await.unwrap().unwrap();
        let context = [("org", self.organization.to_string()), ("project", self.project.id.to_string())];
        let kms = aws_sdk_kms::Client::new(&self.kms_config);
        let made = kms
            .generate_data_key()
            .key_id("k")
            .set_encryption_context(Some(context.map(|(name, id)| (name.to_owned(), id)).into()));
        let wrapped = STANDARD.encode(made.send().await.unwrap().ciphertext_blob.unwrap());
        let key = DataKey { scope, key_version, wrapped };
        assert_eq!(self.store.create_data_key(&key, before.created_at).await.unwrap(), Created::First);
    }

    /// How many data keys were made.
    pub(crate) fn data_keys(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    pub(crate) fn environment(&self, slug: &str) -> EnvironmentId {
        self.project.environments.find_by_slug(slug).unwrap().1.id
    }

    pub(crate) fn place<'a>(&'a self, slug: &str, path: &'a SecretPath) -> Place<'a> {
        Place { project: &self.project, environment: self.environment(slug), path }
    }

    pub(crate) async fn write(&self, slug: &str, at: &str, writes: Vec<Write>) -> Result<Written, Error> {
        self.write_as(&SecretKind::Shared, slug, at, writes).await
    }

    pub(crate) async fn write_as(
        &self,
        kind: &SecretKind,
        slug: &str,
        at: &str,
        writes: Vec<Write>,
    ) -> Result<Written, Error> {
        self.vault.write(&self.place(slug, &path(at)), kind, &author(), writes).await
    }

    /// Writes new secrets.
    pub(crate) async fn put(&self, slug: &str, at: &str, secrets: &[(&str, &str)]) {
        let writes = secrets.iter().map(|(key, value)| new(key, value)).collect();
        self.write(slug, at, writes).await.unwrap();
    }

    pub(crate) async fn list(&self, slug: &str, at: &str, listing: &Listing<'_>) -> Vec<(String, String)> {
        pairs(&self.vault.list(&self.place(slug, &path(at)), listing).await.unwrap().secrets)
    }

    pub(crate) async fn get(&self, slug: &str, at: &str, key: &str) -> Result<OpenSecret, Error> {
        let lookup = Lookup { values: true, ..Lookup::default() };
        Ok(self.vault.get(&self.place(slug, &path(at)), &name(key), &lookup).await?.secret)
    }

    pub(crate) async fn edit<T>(
        &self,
        slug: &str,
        edit: impl Fn(&mut FolderTree) -> Result<T, model::folder::FolderRefused>,
    ) -> Result<vault::Amended<T>, Error> {
        let edit = |tree: &mut FolderTree| {
            let outcome = edit(tree)?;
            Ok(Edit {
                action: "folder.test",
                resource_id: "r".into(),
                resource_name: "r".into(),
                details: Vec::new(),
                outcome,
            })
        };
        self.vault.amend_folders(&self.project, self.environment(slug), &author(), edit).await
    }

    /// Makes the folder at a path, and those on the way.
    pub(crate) async fn folder(&self, slug: &str, at: &str) -> FolderId {
        let at = path(at);
        let (parent, own) = at.split().unwrap();
        let make = |tree: &mut FolderTree| tree.create(&parent, own.parse().unwrap(), None, testkit::now());
        self.edit(slug, make).await.unwrap().outcome
    }

    pub(crate) async fn folder_id(&self, slug: &str, at: &str) -> FolderId {
        let tree = self.vault.tree(&self.project, self.environment(slug)).await.unwrap();
        tree.at(&path(at)).unwrap()
    }

    pub(crate) async fn remove_folder(&self, slug: &str, at: &str) -> Vec<SecretSyncId> {
        let id = self.folder_id(slug, at).await;
        self.edit(slug, |tree| tree.remove(id)).await.unwrap().syncs
    }

    /// Lets a folder import another one.
    pub(crate) async fn import(
        &self,
        into: (&str, &str),
        from: (&str, &str),
    ) -> Result<SecretImportId, Error> {
        let id = SecretImportId::random();
        let (environment_id, from) = (self.environment(from.0), path(from.1));
        let into_path = path(into.1);
        let add = |tree: &mut FolderTree| {
            tree.add_import(SecretImport {
                id,
                folder_id: tree.at(&into_path).unwrap(),
                environment_id,
                path: from.clone(),
                is_replication: false,
                created_at: testkit::now(),
                updated_at: testkit::now(),
            })
        };
        self.edit(into.0, add).await.map(|_| id)
    }

    pub(crate) async fn watched(&self, slug: &str, at: &str) -> Watched {
        Watched { environment_id: self.environment(slug), folder_id: self.folder_id(slug, at).await }
    }

    /// A sync with auto-sync that watches these folders.
    pub(crate) async fn sync(&self, folders: &[(&str, &str)]) -> SecretSyncId {
        let id = SecretSyncId::random();
        let run = SecretSyncRun::new(id, self.project.id, true);
        self.store.keep_count(Bookkeeping(Change::new(testkit::now()).create(&run))).await.unwrap();
        let mut watched = std::collections::BTreeSet::new();
        for (slug, at) in folders {
            watched.insert(self.watched(slug, at).await);
        }
        assert_eq!(self.vault.watch(id, &watched, testkit::now()).await.unwrap(), !watched.is_empty());
        id
    }

    /// Whether the sync was woken since it was asked last.
    pub(crate) async fn was_woken(&self, id: SecretSyncId) -> bool {
        let run = self.store.secret_sync_run(id).await.unwrap().unwrap();
        let asleep = SecretSyncRun { source_changed_at: None, due_at: None, ..run.value.clone() };
        let change = Change::new(testkit::now()).replace(&run, &asleep);
        self.store.keep_count(Bookkeeping(change)).await.unwrap();
        run.source_changed_at.is_some()
    }
}

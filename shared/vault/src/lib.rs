//! Secrets with their values: reading them by path, with imports, references and personal overrides; writing them, with their
//! earlier versions; folders and imports; and what a sync reads.
//!
//! A value that cannot be opened is an error of its own and never looks like a secret that is not there: whoever takes absence
//! for a reason to delete relies on it. What a reader read is told with the result, for entity tags and for the lists of folders
//! that syncs watch; every change of a folder wakes exactly those who watch it, in the transaction of the change.
//!
//! Depends on `model`, on `store`, and on `seal` for the values.
//!
//! **Not here**: who may read or write (`web` and the functions), the queue that carries syncs' ids to their worker, the
//! destinations of syncs (`destination`), environments (`projects`).

mod error;
mod etag;
mod expand;
mod folders;
mod get;
mod imports;
mod keys;
mod list;
mod reading;
mod sealing;
mod source;
mod watch;
mod write;

use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::id::{EnvironmentId, ProjectId};
use model::project::Project;
use model::secret::{Secret, SecretPath};
use seal::Sealer;
use secrecy::SecretString;
use store::{Store, Stored};

pub use error::Error;
pub use etag::Read;
pub use folders::{Amended, Edit};
pub use get::{Found, Lookup};
pub use list::{Imported, Listed, Listing};
pub use source::{Source, SourceSecret};
pub use write::{Absent, Beside, NewMetadata, NewSecret, SecretChange, Write, Written};

/// The way to secrets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    store: Store,
    sealer: Sealer,
}

/// A folder, as requests name it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The project, with its environments.
    pub project: &'a Project,
    /// One of them.
    pub environment: EnvironmentId,
    /// The folder's path in it.
    pub path: &'a SecretPath,
}

/// Who writes, from where, when: for the audit trail, and for the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
    /// When.
    pub now: Timestamp,
}

/// A secret whose values are open.
#[derive(Debug, Clone)]
pub struct OpenSecret {
    /// What is stored of it, sealed.
    pub stored: Stored<Secret>,
    /// The path of the folder that it is in.
    pub path: SecretPath,
    /// Its value; `None` when it was not asked for.
    pub value: Option<SecretString>,
    /// Its comment; empty where there is none.
    pub comment: SecretString,
    /// What people say about it.
    pub metadata: Vec<Metadata>,
}

/// One open entry of what people say about a secret.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// What.
    pub key: String,
    /// The text; `None` when it is encrypted and values were not asked for.
    pub value: Option<SecretString>,
    /// Whether it is stored sealed.
    pub is_encrypted: bool,
}

impl Vault {
    /// The secrets of `store`, whose values `sealer` seals and opens.
    #[must_use]
    pub const fn new(store: Store, sealer: Sealer) -> Self {
        Self { store, sealer }
    }

    /// The table.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }
}

impl Author {
    /// The line of the audit trail for something of `project`.
    fn audit(&self, action: &str, id: String, name: String, project: ProjectId) -> AuditRecord {
        AuditRecord {
            at: self.now,
            actor: self.actor.clone(),
            origin: self.origin.clone(),
            action: action.to_owned(),
            resource_id: id,
            resource_name: name,
            project_id: Some(project),
            details: Vec::new(),
        }
    }
}

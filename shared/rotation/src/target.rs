//! What a rotation is about, found in the table, and the way to its user.

use access::{Purpose, SHORTEST_SESSION, Session};
use model::connection::{Connection, Way};
use model::key_rotation::KeyRotation;
use model::partition::Partition;
use model::policy::SessionPolicy;
use model::project::Project;
use model::secret::SecretPath;
use store::Stored;

use crate::iam::UserKeys;
use crate::{Error, Rotations};

/// A rotation's connection, opened for its user.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) connection: Stored<Connection>,
    session: Session,
    partition: Partition,
    user_name: String,
}

/// The folder of a rotation's secrets.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) project: Stored<Project>,
    pub(crate) path: SecretPath,
}

impl Target {
    /// The user and its keys.
    pub(crate) fn user<'r>(&self, rotations: &'r Rotations) -> UserKeys<'r> {
        UserKeys {
            iam: &rotations.iam,
            session: self.session.clone(),
            account: self.connection.account_id.clone(),
            partition: self.partition,
            connection: (self.connection.id, self.connection.credentials_version),
            user_name: self.user_name.clone(),
            signed_by: match &self.connection.way {
                Way::AccessKey { access_key_id, .. } => access_key_id.parse().ok(),
                Way::AssumeRole { .. } => None,
            },
        }
    }
}

impl Rotations {
    /// Opens the rotation's connection for its user. One GetItem, and one AssumeRole or none while an earlier session lives;
    /// for an access key, whose session has all that its user has, at most one KMS call.
    pub(crate) async fn target(&self, rotation: &KeyRotation) -> Result<Target, Error> {
        let connection = self.store.connection(rotation.connection_id).await?;
        self.open(rotation, connection.ok_or(Error::ConnectionGone)?).await
    }

    pub(crate) async fn open(
        &self,
        rotation: &KeyRotation,
        connection: Stored<Connection>,
    ) -> Result<Target, Error> {
        let user_name = rotation.parameters.user_name.clone();
        let region = rotation.parameters.region.as_ref();
        let (partition, region) = match &connection.way {
            Way::AssumeRole { role_arn, .. } => {
                let partition = role_arn.partition();
                (partition, region.filter(|region| region.partition() == partition))
            }
            Way::AccessKey { .. } => (self.partition(rotation), region),
        };
        let policy = SessionPolicy::key_rotation(&connection.account_id, partition, &user_name);
        let purpose = Purpose { region, policy: &policy, duration: SHORTEST_SESSION };
        let secret = self.sealer.open_access_key(&connection);
        let session = self.access.open(&connection, &purpose, self.time.now(), secret).await?;
        Ok(Target { connection, session, partition, user_name })
    }

    /// The partition of a connection by access key, which does not tell its own: that of the region that was named, else ours.
    fn partition(&self, rotation: &KeyRotation) -> Partition {
        rotation.parameters.region.as_ref().unwrap_or(&self.region).partition()
    }

    /// The folder of a rotation's secrets. Two GetItems side by side.
    pub(crate) async fn folder(&self, rotation: &KeyRotation) -> Result<Folder, Error> {
        let project = self.store.project(rotation.project_id).await?.ok_or(Error::FolderGone)?;
        let tree = self.vault.tree(&project, rotation.environment_id).await;
        let tree = match tree {
            Err(vault::Error::NoEnvironment) => return Err(Error::FolderGone),
            tree => tree?,
        };
        let path = tree.path_of(rotation.folder_id).ok_or(Error::FolderGone)?;
        Ok(Folder { project, path })
    }

    /// Who the connection's own key is, in AWS's words.
    pub(crate) async fn owner_of(&self, target: &Target) -> Result<access::CallerIdentity, Error> {
        Ok(self.access.fetch_identity(&target.session).await?)
    }
}

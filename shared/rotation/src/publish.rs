//! Publishing: both secrets, the record, and the connection where the key is its own, in one transaction.

use futures::FutureExt as _;
use model::audit::Origin;
use model::connection::{Connection, Way};
use model::id::KeyRotationId;
use model::key_rotation::{AccessKeyId, OwnKey, Progress};
use model::secret::SecretName;
use secrecy::SecretString;
use store::{Change, Entity as _, Stored};
use vault::{Absent, Author, Place, SecretChange, Write};

use crate::events::Happened;
use crate::hold::{Hold, worker};
use crate::target::Target;
use crate::{Error, Rotations};

/// Attempts against others who change the connection at the same moment: what uses it is counted in it.
const ATTEMPTS: u32 = 5;

/// Puts a key that was proved into the secrets, wakes who carries them on, and tells it.
pub(crate) async fn publish(hold: &mut Hold<'_>, target: &Target, id: &AccessKeyId) -> Result<(), Error> {
    let rotations = hold.rotations;
    let folder = rotations.folder(&hold.rotation).await?;
    let secret = rotations.open_key(&hold.state, id).await?;
    let secret = secret.ok_or_else(|| Error::NoSecretHalf(id.last_four().to_owned()))?;
    let place = Place {
        project: &folder.project.value,
        environment: hold.rotation.environment_id,
        path: &folder.path,
    };
    for attempt in 1.. {
        let now = hold.now();
        let read = rotations.store.key_rotation_state(hold.rotation.id).await?.ok_or(Error::Gone)?;
        hold.holds(&read)?;
        let next = read.with(read.progress.published_key(&hold.rotation, id, now));
        let own = match hold.rotation.parameters.own_key {
            true => Some(rotations.renewed(target.connection.id, &read.progress, id, &secret).await?),
            false => None,
        };
        let beside = |change: Change| {
            let change = change.replace(&read, &next);
            match &own {
                Some((before, after)) => change.replace(before, after),
                None => change,
            }
        };
        let mapping = &hold.rotation.secrets_mapping;
        let writes = vec![
            write(&mapping.access_key_id, id.to_string().into(), hold.rotation.id),
            write(&mapping.secret_access_key, secret.clone(), hold.rotation.id),
        ];
        let author = Author { actor: worker(), origin: Origin::default(), now };
        let line = hold.audit("key-rotation.publish", vec![format!("key …{}", id.last_four())]);
        let rotation = hold.rotation.id;
        let written = rotations.vault.write_rotated(&place, &author, rotation, &line, writes, &beside);
        match written.boxed().await {
            Ok(written) => {
                hold.state = next;
                rotations.syncs.wake(written.syncs).await;
                metrics::done(metrics::Capability::KeyRotation);
                rotations.events.tell(Happened::Rotated, &hold.rotation).await;
                return Ok(());
            }
            Err(vault::Error::Commit(error)) => match error.conflict() {
                Some(store::Conflict::Stale { .. }) if attempt < ATTEMPTS => {}
                _ => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::LeaseLost)
}

fn write(name: &SecretName, value: SecretString, id: KeyRotationId) -> Write {
    let change = SecretChange { value: Some(value), rotation_id: Some(Some(id)), ..SecretChange::default() };
    Write::Update { name: name.clone(), change, absent: Absent::Create }
}

impl Rotations {
    /// The connection as it was read, and with the new key as its own. One that somebody has given other credentials meanwhile
    /// keeps those.
    async fn renewed(
        &self,
        id: model::id::ConnectionId,
        progress: &Progress,
        key: &AccessKeyId,
        secret: &SecretString,
    ) -> Result<(Stored<Connection>, Connection), Error> {
        let read = self.store.connection(id).await?.ok_or(Error::ConnectionGone)?;
        let has = |way: &Way, own: &OwnKey| matches!(way, Way::AccessKey { access_key_id, .. } if access_key_id == own.id.as_str());
        if !progress.keys.iter().any(|own| has(&read.way, own)) {
            return Err(Error::NotOwn("somebody has changed the connection's credentials".to_owned()));
        }
        let credentials_version = read.credentials_version.saturating_add(1);
        let mut next = Connection { credentials_version, ..read.value.clone() };
        let secret_access_key = self.sealer.seal_access_key(&next, secret).await?.as_str().to_owned();
        next.way = Way::AccessKey { access_key_id: key.to_string(), secret_access_key };
        tracing::info!(connection.id = %id, kind = Connection::KIND, "the connection gets its new key");
        Ok((read, next))
    }
}

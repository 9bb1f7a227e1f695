//! The personal secrets in place of a shared one that is deleted, where there are too many for one transaction with it.

use model::audit::AuditRecord;
use model::project::Project;
use model::secret::Secret;
use store::{Change, Stored, Touch, groups_of_deletion};

use super::scene::Scene;
use super::weight::MOST_ITEMS;
use crate::{Author, Error, Vault};

impl Vault {
    /// Removes personal secrets, in as many transactions as it takes. Where it ends half way, the shared ones are still there,
    /// and their deletion may be repeated.
    pub(super) async fn remove_personal(
        &self,
        project: &Project,
        scene: &Scene,
        author: &Author,
        secrets: &[Stored<Secret>],
    ) -> Result<(), Error> {
        for group in groups_of_deletion(secrets, MOST_ITEMS) {
            let change = group.iter().fold(Change::new(author.now), Change::delete_secret);
            // No sync reads personal secrets. Watchers that are gone stay, for the state is as it was read for each group.
            let change = change.touch_folder(&scene.state, Touch::Personal, &[]);
            let audit = audit(project, scene, author, group);
            self.store.commit_kept(change, &audit, project.audit_logs_retention_days).await?;
        }
        Ok(())
    }
}

fn audit(project: &Project, scene: &Scene, author: &Author, secrets: &[Stored<Secret>]) -> AuditRecord {
    let (folder, path) = (scene.spot.folder.to_string(), scene.path.to_string());
    let mut audit = author.audit("secret.delete", folder, path, project.id);
    audit.details.push(format!("{} in {}", scene.path, scene.spot.environment));
    audit.details.extend(secrets.iter().map(|secret| format!("secret.delete {} (personal)", secret.name)));
    audit
}

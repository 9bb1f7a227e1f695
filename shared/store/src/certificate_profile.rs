//! Certificate profiles: alone in their partition, listed by project and name, counted by the applications that they are
//! attached to.

use model::certificate_authority::CertificateAuthority;
use model::certificate_policy::CertificatePolicy;
use model::certificate_profile::CertificateProfile;
use model::id::{CertificateProfileId, ProjectId};
use model::project::Project;

use crate::entity::{Entity, NameGuard, Stored};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

const LIST: &str = "CERTIFICATE_PROFILE#";

impl Entity for CertificateProfile {
    const KIND: &'static str = "certificate profile";

    fn keys(&self) -> Keys {
        Keys::own(key(self.id))
            .listed(format!("PROJECT#{}", self.project_id), format!("{LIST}{}#{}", self.slug, self.id))
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.slug, self.id)]
    }
}

fn key(id: CertificateProfileId) -> String {
    format!("{LIST}{id}")
}

impl Store {
    /// A profile by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_profile(
        &self,
        id: CertificateProfileId,
    ) -> Result<Option<Stored<CertificateProfile>>, ReadError> {
        self.get(&key(id), &key(id)).await
    }

    /// Some profiles by their ids, in no order; those that are gone are left out. One strongly consistent BatchGetItem for
    /// each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_profiles(
        &self,
        ids: &[CertificateProfileId],
    ) -> Result<Vec<Stored<CertificateProfile>>, ReadError> {
        let keys: Vec<String> = ids.iter().copied().map(key).collect();
        self.get_all(&keys).await
    }

    /// A profile of a project by its name. Two strongly consistent GetItems, one after the other.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_profile_named(
        &self,
        project: ProjectId,
        slug: &str,
    ) -> Result<Option<Stored<CertificateProfile>>, ReadError> {
        match self.owner_id(CertificateProfile::KIND, &project.to_string(), slug).await? {
            Some(id) => self.certificate_profile(id).await,
            None => Ok(None),
        }
    }

    /// The profiles of a project, by name. One eventually consistent Query for each MB, which is about 1,000 profiles.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_profiles_of(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Stored<CertificateProfile>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), LIST).await
    }
}

impl Change {
    /// A new profile, counted by its authority, its policy and its project: one of these that is being deleted at the same
    /// moment refuses one of the two.
    #[must_use]
    pub fn create_certificate_profile(
        self,
        profile: &CertificateProfile,
        authority: &CertificateAuthority,
        policy: &CertificatePolicy,
        project: &Project,
    ) -> Self {
        self.create(profile)
            .count(authority, "profiles", 1, None, Conflict::Stale { kind: CertificateAuthority::KIND })
            .count(policy, "profiles", 1, None, Conflict::Stale { kind: CertificatePolicy::KIND })
            .gain_certificate_object(project)
    }

    /// A profile goes: its authority, its policy and its project count one less, as far as they are there.
    #[must_use]
    pub fn delete_certificate_profile(
        self,
        read: &Stored<CertificateProfile>,
        authority: Option<&CertificateAuthority>,
        policy: Option<&CertificatePolicy>,
        project: Option<&Project>,
    ) -> Self {
        let mut change = self.delete(read);
        if let Some(authority) = authority {
            let gone = Conflict::Stale { kind: CertificateAuthority::KIND };
            change = change.count(authority, "profiles", -1, None, gone);
        }
        if let Some(policy) = policy {
            let gone = Conflict::Stale { kind: CertificatePolicy::KIND };
            change = change.count(policy, "profiles", -1, None, gone);
        }
        project.into_iter().fold(change, Self::lose_certificate_object)
    }
}

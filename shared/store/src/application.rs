//! Applications: with the profiles that are attached to them in one partition, listed by project and name.

use model::application::{Application, ApplicationProfile};
use model::certificate_profile::CertificateProfile;
use model::id::{ApplicationId, CertificateProfileId, ProjectId};
use model::project::Project;

use crate::entity::{Entity, NameGuard, Stored};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

const LIST: &str = "APPLICATION#";
const PROFILES: &str = "PROFILE#";

impl Entity for Application {
    const KIND: &'static str = "application";

    fn keys(&self) -> Keys {
        let position = format!("{LIST}{}#{}", self.name.to_lowercase(), self.id);
        Keys::own(key(self.id)).listed(format!("PROJECT#{}", self.project_id), position)
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.name, self.id)]
    }
}

impl Entity for ApplicationProfile {
    const KIND: &'static str = "profile of an application";

    fn keys(&self) -> Keys {
        Keys::within(key(self.application_id), position(self.profile_id))
    }
}

fn key(id: ApplicationId) -> String {
    format!("{LIST}{id}")
}

fn position(profile: CertificateProfileId) -> String {
    format!("{PROFILES}{profile}")
}

impl Store {
    /// An application by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn application(&self, id: ApplicationId) -> Result<Option<Stored<Application>>, ReadError> {
        self.get(&key(id), &key(id)).await
    }

    /// An application of a project by its name. Two strongly consistent GetItems, one after the other.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn application_named(
        &self,
        project: ProjectId,
        name: &str,
    ) -> Result<Option<Stored<Application>>, ReadError> {
        match self.owner_id(Application::KIND, &project.to_string(), name).await? {
            Some(id) => self.application(id).await,
            None => Ok(None),
        }
    }

    /// The applications of a project, by name. One eventually consistent Query for each MB, which is about 1,500
    /// applications.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn applications_of(&self, project: ProjectId) -> Result<Vec<Stored<Application>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), LIST).await
    }

    /// A profile of an application. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn application_profile(
        &self,
        application: ApplicationId,
        profile: CertificateProfileId,
    ) -> Result<Option<Stored<ApplicationProfile>>, ReadError> {
        self.get(&key(application), &position(profile)).await
    }

    /// The profiles of an application, by their ids. One strongly consistent Query.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn application_profiles(
        &self,
        application: ApplicationId,
    ) -> Result<Vec<Stored<ApplicationProfile>>, ReadError> {
        self.list(From::Table, &key(application), PROFILES).await
    }
}

impl Change {
    /// A new application, counted by its project.
    #[must_use]
    pub fn create_application(self, application: &Application, project: &Project) -> Self {
        self.create(application).gain_certificate_object(project)
    }

    /// Profiles are attached to an application of this change, or of an earlier one with [`Change::gain_profiles`]. Each
    /// counts it. Writes two items for each.
    #[must_use]
    pub fn attach_profiles(self, application: &Application, profiles: &[Stored<CertificateProfile>]) -> Self {
        profiles.iter().fold(self, |change, profile| {
            let attached = ApplicationProfile {
                application_id: application.id,
                profile_id: profile.id,
                project_id: application.project_id,
                api: None,
            };
            let gone = Conflict::Stale { kind: CertificateProfile::KIND };
            change.create(&attached).count(&profile.value, "applications", 1, None, gone)
        })
    }

    /// An application that is there has so many profiles more, or fewer: one that is being deleted at the same moment
    /// refuses one of the two.
    #[must_use]
    pub fn gain_profiles(self, application: &Application, step: i64) -> Self {
        self.count(application, "profiles", step, None, Conflict::Stale { kind: Application::KIND })
    }

    /// Profiles are detached from an application; each counts one less. Writes two items for each.
    #[must_use]
    pub fn detach_profiles(self, attached: &[(Stored<ApplicationProfile>, CertificateProfile)]) -> Self {
        attached.iter().fold(self, |change, (attached, profile)| {
            let gone = Conflict::Stale { kind: CertificateProfile::KIND };
            change.delete(attached).count(profile, "applications", -1, None, gone)
        })
    }

    /// An application goes: its project counts one less.
    #[must_use]
    pub fn delete_application(self, read: &Stored<Application>, project: Option<&Project>) -> Self {
        project.into_iter().fold(self.delete(read), Self::lose_certificate_object)
    }
}

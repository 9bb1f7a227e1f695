//! What clients send to make and change a profile.

use super::{CertificateProfile, Defaults};
use crate::application::{ApiEnrollment, ApiSettings};
use crate::form::{Fault, Form, Read, Rule, rule};
use crate::id::{CertificateAuthorityId, CertificatePolicyId};
use crate::project::Asked;

/// The body of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The project.
    pub project: Asked,
    /// The authority.
    pub ca_id: CertificateAuthorityId,
    /// The policy.
    pub certificate_policy_id: CertificatePolicyId,
    /// Its name.
    pub slug: String,
    /// The description, as it was given.
    pub description: Option<String>,
    /// What a request that says less means.
    pub defaults: Option<Defaults>,
    /// How certificates are renewed that no application asks for.
    pub api: Option<ApiSettings>,
}

/// The body of a change. What is absent stays as it is; the authority and the policy cannot change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The new name.
    pub slug: Option<String>,
    /// The new description: `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The new defaults: `Some(None)` removes them.
    pub defaults: Option<Option<Defaults>>,
    /// How certificates are renewed that no application asks for.
    pub api: Option<ApiSettings>,
    /// The authority, which must be the one that it has.
    pub ca_id: Option<CertificateAuthorityId>,
    /// The policy, which must be the one that it has.
    pub certificate_policy_id: Option<CertificatePolicyId>,
}

/// What must stay as it was when a profile was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The {0} of a certificate profile cannot be changed; create another profile")]
pub struct Fixed(&'static str);

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project = Asked::read(form);
        let ca_id = authority(form);
        let certificate_policy_id = form.required("certificatePolicyId", rule::id());
        let slug = form.required("slug", rule::slug(1, 255));
        let description = form.nullish("description", rule::string(0, 1_000));
        let enrollment = form.nullish("enrollmentType", enrollment_type());
        let api = form.nullish_object("apiConfig", ApiSettings::read);
        let defaults = form.nullish_object("defaults", Defaults::fields);
        enrollment?;
        Some(Self {
            project: project?,
            ca_id: ca_id?,
            certificate_policy_id: certificate_policy_id?,
            slug: slug?,
            description: description?,
            defaults: defaults?,
            api: api?,
        })
    }
}

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let slug = form.optional("slug", rule::slug(1, 255));
        let description = form.nullish("description", rule::string(0, 1_000));
        let enrollment = form.nullish("enrollmentType", enrollment_type());
        let issuer = form.nullish("issuerType", issuer_type());
        let api = form.nullish_object("apiConfig", ApiSettings::read);
        let defaults = form.nullish_object("defaults", Defaults::fields);
        let ca_id = form.nullish("caId", rule::id());
        let certificate_policy_id = form.nullish("certificatePolicyId", rule::id());
        enrollment?;
        issuer?;
        let (description, defaults) = (description?, defaults?);
        Some(Self {
            slug: slug?,
            description: form.names("description").then_some(description),
            defaults: form.names("defaults").then_some(defaults),
            api: api?,
            ca_id: ca_id?,
            certificate_policy_id: certificate_policy_id?,
        })
    }
}

impl Update {
    /// The profile with this change.
    ///
    /// # Errors
    /// [`Fixed`] when it names another authority or policy.
    pub fn onto(&self, read: &CertificateProfile) -> Result<CertificateProfile, Fixed> {
        if self.ca_id.is_some_and(|id| id != read.ca_id) {
            return Err(Fixed("caId"));
        }
        if self.certificate_policy_id.is_some_and(|id| id != read.certificate_policy_id) {
            return Err(Fixed("certificatePolicyId"));
        }
        let change = self.clone();
        Ok(CertificateProfile {
            slug: change.slug.unwrap_or_else(|| read.slug.clone()),
            description: change.description.unwrap_or_else(|| read.description.clone()),
            defaults: change.defaults.unwrap_or_else(|| read.defaults.clone()),
            api: change.api.map(|settings| ApiEnrollment::with(read.api, settings)).or(read.api),
            ..read.clone()
        })
    }
}

/// The authority, which only a self-signed certificate has none of.
fn authority(form: &mut Form<'_>) -> Option<CertificateAuthorityId> {
    let issuer = form.nullish("issuerType", issuer_type());
    let id = form.nullish("caId", rule::id());
    issuer?;
    match id? {
        Some(id) => Some(id),
        None => form.refuse("caId", "CA issuer type requires a CA ID"),
    }
}

/// `ca`, or nothing.
fn issuer_type() -> impl Rule<Output = ()> {
    rule::text(|text| match text {
        "ca" | "" => Ok(()),
        "self-signed" => Err(vec![Fault::custom(
            "Self-signed certificates are not made here: every certificate comes from an authority of AWS",
        )]),
        _ => Err(vec![Fault::not_an_option(&["ca", "self-signed"])]),
    })
}

/// `api`, or nothing.
fn enrollment_type() -> impl Rule<Output = ()> {
    rule::text(|text| match text {
        "api" | "" => Ok(()),
        "est" | "acme" | "scep" => {
            Err(vec![Fault::custom("Certificates are asked for through the API alone: no EST, ACME or SCEP")])
        }
        _ => Err(vec![Fault::not_an_option(&["api", "est", "acme", "scep"])]),
    })
}

//! What only requests are refused for, in the wire's words.

use std::fmt;

use model::application::Application;
use model::certificate_policy::CertificatePolicy;
use model::certificate_profile::CertificateProfile;
use web::{Problem, limited};

/// The signing request cannot be answered.
pub(super) fn csr(why: impl fmt::Display) -> Problem {
    Problem::bad_request(limited(format!("Invalid CSR: {why}")))
}

/// The profile is not for this application.
pub(super) fn not_attached(application: &Application, profile: &CertificateProfile) -> Problem {
    Problem::bad_request(format!(
        "The certificate profile \"{}\" is not attached to the application \"{}\"",
        profile.slug, application.name
    ))
}

/// The profile names an authority or a policy that is gone.
pub(super) fn incomplete(profile: &CertificateProfile, noun: &str) -> Problem {
    Problem::bad_request(format!("The {noun} of the certificate profile \"{}\" is gone", profile.slug))
}

/// The authority does not issue this.
pub(super) fn refused(why: impl fmt::Display) -> Problem {
    Problem::bad_request(limited(format!("The certificate cannot be requested: {why}")))
}

/// The policy does not allow this.
pub(super) fn violates(policy: &CertificatePolicy, why: impl fmt::Display) -> Problem {
    Problem::bad_request(limited(format!(
        "The request violates the certificate policy \"{}\": {why}",
        policy.name
    )))
}

//! Orders: one certificate from one authority, paid for once.
//!
//! An order is a pure machine. [`Order::next`] looks at the record and at the time and says the one [`Step`] to take;
//! whoever takes it stores what came of it by one of its outcomes ([`Order::ordered`], …) and asks again.
//!
//! ```text
//! Private CA:  key and CSR → intent → issue → fetch until it is there → verified, stored
//! ACM:         zones of the names → intent → request → validation records → issued → export → verified, stored
//! ACM, again:  look → records → intent → renew → issued anew → export → verified, stored
//! ```
//!
//! The promises, held by tests over random histories: an authority is never asked for a second certificate of one order
//! while the first could be there without our knowing; every order ends; whoever is told that a certificate is issued has one
//! that was verified.
//!
//! Why there is an intent: no authority tells what an earlier call made. Each keeps a token by which it knows a repeat, for
//! some minutes. So the intent is stored before the call, and a call whose answer is lost is repeated only while the token
//! certainly lives.

mod acm;
mod failure;
mod outcomes;
mod pace;
mod place;
mod private_ca;
mod progress;
mod renewal;
mod seen;
mod step;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Spec;
use crate::Timestamp;
use crate::certificate_authority::AuthorityType;
use crate::id::{
    ApplicationId, CertificateAuthorityId, CertificateId, CertificateProfileId, CertificateRequestId,
    ProjectId,
};
use crate::lease::{Busy, Lease, LeaseLost};
use crate::permission::{Scope, Scoped};

pub use failure::{Failure, Trouble};
pub use place::{Place, Zone, place};
pub use progress::{MadeKey, OrderStatus, Paid, Point, Progress, Stage};
pub use renewal::NotRenewable;
pub use seen::{Record, Seen, SeenRenewal, SeenState};
pub use step::Step;

/// An order, and how far it got. On the wire it is a certificate request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id; without hyphens it is the token by which the authority knows a repeated call.
    pub id: CertificateRequestId,
    /// Its project.
    pub project_id: ProjectId,
    /// The profile that it was requested by.
    pub profile_id: Option<CertificateProfileId>,
    /// The application that it was requested in.
    pub application_id: Option<ApplicationId>,
    /// Who issues it.
    pub certificate_authority_id: CertificateAuthorityId,
    /// Which machine.
    pub authority_type: AuthorityType,
    /// What it must be. Policy and authority allowed it when it was accepted.
    pub spec: Spec,
    /// Whose key.
    pub key: KeyOrigin,
    /// Whether the stored chain ends before the root.
    pub removes_roots: bool,
    /// The certificate that it takes the place of.
    pub renews: Option<Renews>,
    /// Who asked, `kind:id`.
    pub requested_by: String,
    /// How far it got.
    pub progress: Progress,
    /// Who is at work on it, if somebody is.
    pub lease: Option<Lease>,
    /// When it is to be looked at; `None` once it has ended.
    pub due_at: Option<Timestamp>,
}

/// Whose key a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "origin", content = "csr", rename_all = "kebab-case")]
pub enum KeyOrigin {
    /// One that is made for it: here, or by ACM.
    Made,
    /// One that is elsewhere: this PEM asks for it.
    Csr(String),
}

/// The certificate that an order takes the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renews {
    /// Which.
    pub certificate_id: CertificateId,
    /// Where AWS has it. ACM renews under the same ARN.
    pub arn: Option<String>,
    /// Its number: what has another one is the renewed one. Not its end: a certificate that is renewed on the day of its issue
    /// ends when the first one does.
    pub serial_number: String,
}

impl Scoped for Order {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

impl Order {
    /// The one step to take at `now`.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Step {
        let progress = &self.progress;
        if progress.has_ended() {
            return Step::Idle;
        }
        if let Some(failure) = self.out_of_patience(now) {
            return Step::Fail(failure);
        }
        if let Some(at) = progress.retry_at.filter(|at| *at > now) {
            return Step::WaitUntil(at);
        }
        match self.authority_type {
            AuthorityType::AwsPca => private_ca::next(self, now),
            AuthorityType::AwsAcmPublicCa => acm::next(self, now),
        }
    }

    /// By this the authority knows a repeated call: at most 32 letters and digits, which both of AWS's take.
    #[must_use]
    pub fn token(&self) -> String {
        self.id.uuid().as_simple().to_string()
    }

    /// Whether there is something to do by `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|at| at <= now)
    }

    /// The order under the lease of `token`, for `span` from `now` on; it is looked at again when that is over.
    ///
    /// # Errors
    /// [`Busy`] while somebody else's lease lasts.
    pub fn claim(&self, now: Timestamp, token: &str, span: Duration) -> Result<Self, Busy> {
        let lease = Lease::take(self.lease.as_ref(), token, now, span)?;
        Ok(Self { due_at: Some(lease.until), lease: Some(lease), ..self.clone() })
    }

    /// Whether the lease is `token`'s.
    ///
    /// # Errors
    /// [`LeaseLost`] when it is not.
    pub fn held(&self, token: &str) -> Result<(), LeaseLost> {
        Lease::check(self.lease.as_ref(), token)
    }

    /// The order with further progress. One that has ended is nobody's and never due.
    #[must_use]
    pub fn with(&self, progress: Progress) -> Self {
        let next = Self { progress, ..self.clone() };
        if next.progress.has_ended() { Self { lease: None, due_at: None, ..next } } else { next }
    }

    /// The order without a lease, due when its next step is.
    #[must_use]
    pub fn released(&self, now: Timestamp) -> Self {
        let due_at = match self.next(now) {
            Step::Idle => None,
            Step::WaitUntil(at) => Some(at),
            Step::Fail(_)
            | Step::MakeKey
            | Step::Issue { .. }
            | Step::Fetch { .. }
            | Step::PlaceNames { .. }
            | Step::Request { .. }
            | Step::Search { .. }
            | Step::Describe { .. }
            | Step::Record { .. }
            | Step::Renew { .. }
            | Step::Export { .. } => Some(now),
        };
        Self { lease: None, due_at, ..self.clone() }
    }
}

//! How certificates of a profile are asked for.

use serde::{Deserialize, Serialize};

use crate::form::{Form, Read, rule};
use crate::id::EnrollmentId;

/// The longest time before its end at which a certificate is renewed, in days: the peer's own limit.
const LONGEST_RENEWAL: u64 = 365;

/// Certificates are asked for through this API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiEnrollment {
    /// Its own id, which the clients know it by.
    pub id: EnrollmentId,
    /// What was said about it.
    #[serde(flatten)]
    pub settings: ApiSettings,
}

/// Whether and when certificates are renewed without being asked to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiSettings {
    /// Whether.
    pub auto_renew: bool,
    /// So many days before their end; `None`: after two thirds of their life.
    pub renew_before_days: Option<u16>,
}

impl Read for ApiSettings {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let auto_renew = form.or("autoRenew", rule::boolean(), false);
        let days = form.nullish("renewBeforeDays", rule::integer(1, LONGEST_RENEWAL));
        let renew_before_days = days?.and_then(|days| u16::try_from(days).ok());
        Some(Self { auto_renew: auto_renew?, renew_before_days })
    }
}

impl ApiEnrollment {
    /// The first settings, or others in place of those that were there.
    #[must_use]
    pub fn with(before: Option<Self>, settings: ApiSettings) -> Self {
        Self { id: before.map_or_else(EnrollmentId::random, |before| before.id), settings }
    }
}

//! What AWS shows and says, in the words of orders.

use std::time::Duration;

use authority::Error;
use authority::acm::{AcmStatus, Described, Renewal, RenewalStatus};
use authority::private_ca::{CaFacts, CaKey};
use model::certificate::order::{Order, Record, Seen, SeenRenewal, SeenState, Trouble};
use model::certificate::{KeyAlgorithm, SignatureAlgorithm};

/// The longest life of what an authority of short-lived certificates issues.
/// <https://docs.aws.amazon.com/privateca/latest/userguide/short-lived-certificates.html>
const SHORT_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// What an error means for an order.
pub(crate) fn trouble(error: &Error) -> Trouble {
    let words = error.to_string();
    if error.may_be_done() {
        Trouble::Unanswered(words)
    } else if error.is_passing() {
        Trouble::Passing(words)
    } else {
        Trouble::Refused(words)
    }
}

/// How an authority, as it describes itself now, signs what is ordered from it.
///
/// # Errors
/// In public words, why it cannot issue that.
pub(crate) fn signature(facts: &CaFacts, order: &Order) -> Result<SignatureAlgorithm, String> {
    let spec = &order.spec;
    if !facts.is_active() {
        return Err(format!(
            "the certificate authority is {} at AWS; nothing was requested",
            facts.status.name()
        ));
    }
    let key = match &facts.key {
        CaKey::Known(key) => *key,
        CaKey::Other(key) => {
            return Err(format!(
                "the certificate authority has a key of the kind {key}, which is not supported"
            ));
        }
    };
    if let (Some(wanted), Some(end)) = (spec.validity.not_after(), facts.not_after)
        && wanted > end
    {
        return Err(format!(
            "the certificate would hold until {wanted}, longer than the certificate authority itself, which ends at {end}; \
             nothing was requested"
        ));
    }
    if facts.short_lived && spec.validity.lifetime() > SHORT_LIFE {
        return Err("the certificate authority issues short-lived certificates, of at most 7 days; nothing was requested"
            .to_owned());
    }
    signed_with(key, spec.signature_algorithm)
}

fn signed_with(key: KeyAlgorithm, wanted: Option<SignatureAlgorithm>) -> Result<SignatureAlgorithm, String> {
    match wanted {
        None => Ok(key.signature()),
        Some(wanted) if wanted.is_rsa() == key.is_rsa() => Ok(wanted),
        Some(wanted) => Err(format!(
            "the certificate authority, whose key is {}, cannot sign with {}; nothing was requested",
            key.name(),
            wanted.name()
        )),
    }
}

/// A certificate of ACM's as an order sees it.
pub(crate) fn seen(described: &Described) -> Seen {
    let (records, is_complete) = described.records();
    let record = |(domain, record): (&str, &authority::ValidationRecord)| Record {
        domain: domain.to_owned(),
        name: record.name.clone(),
        value: record.value.clone(),
    };
    Seen {
        state: match &described.status {
            AcmStatus::PendingValidation => SeenState::Pending,
            AcmStatus::Issued => SeenState::Issued,
            AcmStatus::ValidationTimedOut => SeenState::TimedOut,
            AcmStatus::Failed => SeenState::Failed,
            other @ (AcmStatus::Inactive | AcmStatus::Expired | AcmStatus::Revoked | AcmStatus::Other(_)) => {
                SeenState::Other(other.name().to_owned())
            }
        },
        reason: described.failure_reason.clone(),
        records: records.into_iter().map(record).collect(),
        is_complete,
        serial_number: described.serial_number.clone(),
        renewal: renewal(described.renewal.as_ref()),
    }
}

fn renewal(renewal: Option<&Renewal>) -> SeenRenewal {
    let Some(renewal) = renewal else { return SeenRenewal::None };
    match &renewal.status {
        RenewalStatus::PendingAutoRenewal | RenewalStatus::PendingValidation => SeenRenewal::Pending,
        RenewalStatus::Failed => {
            let reason = renewal.reason.clone();
            SeenRenewal::Failed(reason.unwrap_or_else(|| "it gives no reason".to_owned()))
        }
        RenewalStatus::Success | RenewalStatus::Other(_) => SeenRenewal::None,
    }
}

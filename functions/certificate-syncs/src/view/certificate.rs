//! A certificate of a sync as the wire shows it.

use model::Timestamp;
use model::certificate::Certificate;
use model::certificate_sync::slot::{Answer, Served, SlotStatus};
use model::certificate_sync::{CertificateSync, CertificateSyncRun, Slot};
use model::id::{CertificateId, CertificateSlotId, CertificateSyncId};
use serde::Serialize;
use store::Stored;

/// What a certificate of a sync is shown with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose<'a> {
    /// The sync.
    pub(crate) sync: &'a CertificateSync,
    /// Its runs.
    pub(crate) run: &'a CertificateSyncRun,
    /// When it is shown.
    pub(crate) now: Timestamp,
}

/// A SyncCert.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CertificateView {
    id: CertificateSlotId,
    pki_sync_id: CertificateSyncId,
    certificate_id: CertificateId,
    /// Ours: what a rollback goes back to.
    previous_certificate_id: Option<CertificateId>,
    sync_status: &'static str,
    last_sync_message: Option<String>,
    last_synced_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The ARN in ACM.
    external_identifier: Option<String>,
    sync_metadata: Metadata,
    certificate_serial_number: Option<String>,
    certificate_common_name: Option<String>,
    certificate_alt_names: Option<String>,
    certificate_status: Option<&'static str>,
    certificate_not_before: Option<Timestamp>,
    certificate_not_after: Option<Timestamp>,
    certificate_renew_before_days: Option<u16>,
    certificate_renewal_error: Option<String>,
    pki_sync_name: String,
    pki_sync_destination: &'static str,
}

/// What the destination has of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    is_default: bool,
    /// Ours: the number of the certificate that was carried there last.
    deployed_serial_number: Option<String>,
    /// Ours: what the endpoints served when they were looked at last.
    served: Vec<ServedView>,
    /// Ours: what was in place before and could not be removed yet.
    retired: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServedView {
    listener_arn: String,
    endpoint: String,
    /// `null`: without a name.
    server_name: Option<String>,
    result: &'static str,
    fingerprint_sha256: Option<String>,
    reason: Option<String>,
    checked_at: Timestamp,
    since: Timestamp,
}

impl CertificateView {
    /// `certificate` is the slot's, where it is still there.
    pub(crate) fn new(whose: Whose<'_>, slot: &Stored<Slot>, certificate: Option<&Certificate>) -> Self {
        let told = slot.held.told.as_ref();
        let told_now = told.filter(|_| !slot.is_open()).and_then(|told| told.message.as_deref());
        let failed_before = whose.run.failed_before(slot);
        let placed = slot.held.placed.as_ref();
        let facts = certificate.map(|certificate| &certificate.facts);
        let names = |facts: &model::certificate::Facts| {
            facts.alt_names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        Self {
            id: slot.id,
            pki_sync_id: slot.certificate_sync_id,
            certificate_id: slot.wanted.certificate_id,
            previous_certificate_id: slot.wanted.previous,
            sync_status: failed_before.map_or_else(|| slot.status(), |_| SlotStatus::Failed).name(),
            last_sync_message: failed_before.or(told_now).map(str::to_owned),
            last_synced_at: told.and_then(|told| told.synced_at),
            created_at: slot.created_at,
            updated_at: slot.updated_at,
            external_identifier: placed.map(|placed| placed.arn.clone()),
            sync_metadata: Metadata {
                is_default: whose.run.default_slot == Some(slot.id),
                deployed_serial_number: placed.map(|placed| placed.serial_number.clone()),
                served: slot.held.served.iter().map(served).collect(),
                retired: slot.held.retired.iter().map(|retired| retired.arn.clone()).collect(),
            },
            certificate_serial_number: facts.map(|facts| facts.serial_number.clone()),
            certificate_common_name: facts.and_then(|facts| facts.subject.common_name.clone()),
            certificate_alt_names: facts.map(names),
            certificate_status: certificate.map(|certificate| certificate.status(whose.now).name()),
            certificate_not_before: facts.map(|facts| facts.not_before),
            certificate_not_after: facts.map(|facts| facts.not_after),
            certificate_renew_before_days: certificate
                .and_then(|certificate| certificate.life.renew_before_days),
            certificate_renewal_error: certificate.and_then(|certificate| certificate.life.message.clone()),
            pki_sync_name: whose.sync.name.clone(),
            pki_sync_destination: whose.sync.destination.destination().name(),
        }
    }
}

fn served(served: &Served) -> ServedView {
    let (fingerprint_sha256, reason) = match &served.answer {
        Answer::Meant => (None, None),
        Answer::Stale { fingerprint_sha256 } | Answer::Foreign { fingerprint_sha256 } => {
            (Some(fingerprint_sha256.clone()), None)
        }
        Answer::Unreachable { reason } => (None, Some(reason.clone())),
    };
    ServedView {
        listener_arn: served.listener_arn.clone(),
        endpoint: served.endpoint.clone(),
        server_name: served.server_name.clone(),
        result: served.answer.name(),
        fingerprint_sha256,
        reason,
        checked_at: served.at,
        since: served.since,
    }
}

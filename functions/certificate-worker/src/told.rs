//! What is told of orders and certificates: lines of the audit trail, events, and the counts that alarms look at.

use metrics::Capability;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::certificate::Certificate;
use model::certificate::order::Order;
use model::error::chain;
use model::id::CertificateId;
use serde_json::json;

use crate::worker::CertificateWorker;

/// Who works when nobody asks.
pub(crate) fn worker() -> Actor {
    Actor::system("certificate-worker")
}

/// A line of the audit trail about something that happens to an order by itself.
pub(crate) fn audit(order: &Order, action: &str, at: Timestamp, details: Vec<String>) -> AuditRecord {
    let common_name = order.spec.subject.common_name.clone();
    line(order.id.to_string(), common_name, order.project_id, action, at, details)
}

/// The same about a certificate.
pub(crate) fn audit_of(certificate: &Certificate, action: &str, at: Timestamp) -> AuditRecord {
    let common_name = certificate.facts.subject.common_name.clone();
    let details = vec![format!("serial number {}", certificate.facts.serial_number)];
    line(certificate.id.to_string(), common_name, certificate.project_id, action, at, details)
}

fn line(
    id: String,
    common_name: Option<String>,
    project: model::id::ProjectId,
    action: &str,
    at: Timestamp,
    details: Vec<String>,
) -> AuditRecord {
    AuditRecord {
        at,
        actor: worker(),
        origin: Origin::default(),
        action: action.to_owned(),
        resource_name: common_name.unwrap_or_else(|| id.clone()),
        resource_id: id,
        project_id: Some(project),
        details,
    }
}

/// A certificate was issued, and stored.
pub(crate) async fn issued(worker: &CertificateWorker, order: &Order, certificate: &Certificate) {
    tracing::info!(certificate_request.id = %order.id, certificate.id = %certificate.id, "certificate issued");
    metrics::done(Capability::Certificate);
    let mut detail = certificate.event();
    worker.bus.tell("CertificateIssued", &detail).await;
    if let Some(renews) = &order.renews {
        detail["renewedFromCertificateId"] = json!(renews.certificate_id);
        worker.bus.tell("CertificateRenewed", &detail).await;
    }
}

/// An order came to nothing.
pub(crate) async fn failed(worker: &CertificateWorker, order: &Order) {
    let reason = order.progress.message.as_deref().unwrap_or_default();
    tracing::error!(certificate_request.id = %order.id, reason, "certificate failed");
    metrics::failed(Capability::Certificate);
    let detail = json!({
        "certificateRequestId": order.id,
        "certificateAuthorityId": order.certificate_authority_id,
        "projectId": order.project_id,
        "applicationId": order.application_id,
        "profileId": order.profile_id,
        "renewedFromCertificateId": order.renews.as_ref().map(|renews| renews.certificate_id),
    });
    worker.bus.tell("CertificateFailed", &detail).await;
}

/// A certificate was revoked.
pub(crate) async fn revoked(worker: &CertificateWorker, certificate: &Certificate) {
    tracing::info!(certificate.id = %certificate.id, "certificate revoked");
    worker.bus.tell("CertificateRevoked", &certificate.event()).await;
}

/// A certificate ends in so many days.
pub(crate) async fn expiring(worker: &CertificateWorker, certificate: &Certificate, days: u16) {
    tracing::info!(certificate.id = %certificate.id, days, "certificate expires");
    let mut detail = certificate.event();
    detail["days"] = json!(days);
    worker.bus.tell("CertificateExpiring", &detail).await;
}

/// Something about a certificate could not be done.
pub(crate) fn troubled(certificate: &Certificate, reason: &str) {
    tracing::error!(certificate.id = %certificate.id, reason, "certificate failed");
    metrics::failed(Capability::Certificate);
}

/// Wakes the syncs that have a certificate. They are due already: a message that is lost costs a tick, and no more is lost with
/// it when they cannot be read.
pub(crate) async fn syncs(worker: &CertificateWorker, certificate: CertificateId) {
    match worker.store.syncs_of_certificate(certificate).await {
        Ok(syncs) => worker.syncs.wake(syncs.syncs()).await,
        Err(error) => tracing::warn!(
            certificate.id = %certificate, cause = chain(&error), "the syncs of a certificate wait for the tick"
        ),
    }
}

//! One certificate of ACM's: what time and calls make of it.
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use rcgen::{DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use serde_json::{Value, json};

use super::super::x509::{CaKey, blank, serial_text};
use super::super::{Answered, Refusal, State, encrypted_key, seconds};
use super::AcmCertificate;

const DAY: Duration = Duration::from_hours(24);
/// A request that is not validated by then never is.
const VALIDATION: Duration = Duration::from_hours(72);
/// Certificates live so many days.
const LIFE_DAYS: u32 = 198;

#[derive(Debug)]
pub(in crate::pki) struct Certificate {
    pub(super) told: AcmCertificate,
    pub(super) key: CaKey,
    pub(super) is_exportable: bool,
    pub(super) key_der: Vec<u8>,
    /// Since when its records are there.
    pub(super) proved_since: Option<Timestamp>,
    pub(super) fails_with: Option<&'static str>,
}

impl Certificate {
    /// What time has done to it.
    pub(in crate::pki) fn observe(&mut self, state: &mut State) {
        let renewing = self.told.renewal.as_deref() == Some("PENDING_VALIDATION");
        if self.told.status != "PENDING_VALIDATION" && !renewing {
            return;
        }
        if let Some(reason) = self.fails_with {
            self.told.status = "FAILED".into();
            self.told.failure_reason = Some(reason.to_owned());
            return;
        }
        let now = state.now;
        let proved = self.told.names.iter().all(|name| {
            let (name, value) = record(name);
            state.resolves(&name, &value)
        });
        if proved && self.has_records(state) {
            let since = *self.proved_since.get_or_insert(now);
            if now.since(since) >= state.manners.validation_time {
                self.issue(state);
                self.told.renewal = renewing.then(|| "SUCCESS".to_owned());
            }
        } else if !renewing && now.since(self.told.requested_at) >= VALIDATION {
            self.told.status = "VALIDATION_TIMED_OUT".into();
        }
    }

    fn has_records(&self, state: &State) -> bool {
        state.now.since(self.told.requested_at) >= state.manners.records_time
    }

    pub(super) fn issue(&mut self, state: &mut State) {
        let now = state.now;
        // Whole days, as ACM has them.
        let midnight = Timestamp::from_unix_seconds(now.unix_seconds() / 86_400 * 86_400);
        let until = midnight.plus(DAY * LIFE_DAYS).minus(Duration::from_secs(1));
        let mut params = blank(midnight, until);
        params.distinguished_name.push(DnType::CommonName, self.told.names[0].clone());
        let names =
            self.told.names.iter().map(|name| SanType::DnsName(name.clone().try_into().expect("a name")));
        params.subject_alt_names = names.collect();
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let serial = serial_text(&params);
        let (issuing, pair) = (state.public_ca().clone(), self.key.generate());
        let certificate = issuing.sign(params, &pair, "SHA256WITHECDSA").expect("an elliptic curve");
        self.key_der = pair.serialize_der();
        self.proved_since = None;
        self.told.status = "ISSUED".into();
        self.told.not_after = Some(until);
        self.told.serial = Some(serial);
        self.told.pem = Some(certificate.pem());
        self.told.chain_pem = Some(issuing.chain());
    }

    pub(super) fn describe(&self, state: &State) -> Value {
        let told = &self.told;
        let settled = if told.status == "ISSUED" { "SUCCESS" } else { told.status.as_str() };
        let of = |status: &str| {
            let one = |name: &String| {
                let (record, value) = record(name);
                let mut option = json!({
                    "DomainName": name, "ValidationDomain": name, "ValidationMethod": "DNS",
                    "ValidationStatus": match status { "VALIDATION_TIMED_OUT" => "FAILED", other => other },
                });
                if self.has_records(state) {
                    option["ResourceRecord"] = json!({ "Name": record, "Type": "CNAME", "Value": value });
                }
                option
            };
            told.names.iter().map(one).collect::<Vec<_>>()
        };
        let mut certificate = self.summary();
        certificate["SubjectAlternativeNames"] = json!(told.names);
        certificate["DomainValidationOptions"] = json!(of(settled));
        certificate["InUseBy"] = json!([]);
        certificate["Options"] = json!({
            "CertificateTransparencyLoggingPreference": "ENABLED",
            "Export": if self.is_exportable { "ENABLED" } else { "DISABLED" },
        });
        if let Some(reason) = &told.failure_reason {
            certificate["FailureReason"] = json!(reason);
        }
        if let Some(serial) = &told.serial {
            certificate["Serial"] = json!(serial);
        }
        if let Some(status) = &told.renewal {
            certificate["RenewalSummary"] = json!({
                "RenewalStatus": status, "DomainValidationOptions": of(status), "UpdatedAt": seconds(state.now),
            });
        }
        if let Some(reason) = &told.revoked {
            certificate["RevocationReason"] = json!(reason);
        }
        json!({ "Certificate": certificate })
    }

    pub(super) fn summary(&self) -> Value {
        let told = &self.told;
        let eligible = told.status == "ISSUED" && told.exports > 0;
        let mut summary = json!({
            "CertificateArn": told.arn, "DomainName": told.names[0], "Status": told.status,
            "SubjectAlternativeNameSummaries": told.names, "HasAdditionalSubjectAlternativeNames": false,
            "Type": "AMAZON_ISSUED", "KeyAlgorithm": told.key_algorithm, "Exported": told.exports > 0, "InUse": false,
            "RenewalEligibility": if eligible { "ELIGIBLE" } else { "INELIGIBLE" },
            "CreatedAt": seconds(told.requested_at),
        });
        if let Some(until) = told.not_after {
            summary["NotAfter"] = seconds(until);
            summary["NotBefore"] = seconds(until.minus(DAY * LIFE_DAYS));
        }
        summary
    }

    fn issued(&self) -> Result<(), Refusal> {
        match self.told.status.as_str() {
            "ISSUED" => Ok(()),
            "PENDING_VALIDATION" => {
                let message =
                    "The certificate request is in process and the certificate has not yet been issued.";
                Err(Refusal::new("RequestInProgressException", message))
            }
            other => {
                let message = format!("Certificate {} is in state {other}.", self.told.arn);
                Err(Refusal::new("ValidationException", message))
            }
        }
    }

    /// <https://docs.aws.amazon.com/acm/latest/APIReference/API_ExportCertificate.html>
    pub(super) fn export(&mut self, state: &State, body: &Value) -> Answered {
        self.issued()?;
        if !self.is_exportable {
            let message = format!("Certificate ARN: {} is not exportable.", self.told.arn);
            return Err(Refusal::new("ValidationException", message));
        }
        let passphrase = STANDARD.decode(body["Passphrase"].as_str().unwrap_or_default()).unwrap_or_default();
        if !(4..=128).contains(&passphrase.len()) || passphrase.iter().any(|byte| b"#$%".contains(byte)) {
            let message = "The passphrase must have 4 to 128 characters, and none of #, $ and %.";
            return Err(Refusal::new("ValidationException", message));
        }
        self.told.exports += 1;
        let another = state.manners.corrupt_export.then(|| self.key.generate().serialize_der());
        let key = another.as_ref().unwrap_or(&self.key_der);
        Ok(json!({
            "Certificate": self.told.pem, "CertificateChain": self.told.chain_pem,
            "PrivateKey": encrypted_key::sealed(key, &passphrase),
        }))
    }

    /// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RenewCertificate.html>
    pub(super) fn renew(&mut self, state: &mut State) -> Answered {
        self.issued()?;
        if self.told.renewal.as_deref() == Some("PENDING_VALIDATION") {
            let message = "The renewal of the certificate is in progress.";
            return Err(Refusal::new("RequestInProgressException", message));
        }
        if self.told.exports == 0 {
            let message = "Certificate is not eligible for renewal: it is neither exported nor in use.";
            return Err(Refusal::new("ValidationException", message));
        }
        self.told.renewal = Some("PENDING_VALIDATION".into());
        self.observe(state);
        Ok(Value::Null)
    }

    pub(super) fn revoke(&mut self, body: &Value) -> Answered {
        self.issued()?;
        self.told.status = "REVOKED".into();
        self.told.revoked = body["RevocationReason"].as_str().map(str::to_owned);
        Ok(json!({ "CertificateArn": self.told.arn }))
    }
}

/// The CNAME that proves a name: the same for a wildcard and for what it is a wildcard of.
/// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>
fn record(name: &str) -> (String, String) {
    let domain = name.strip_prefix("*.").unwrap_or(name);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, domain.as_bytes());
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let (first, second) = hex.split_at(32);
    (format!("_{first}.{domain}."), format!("_{second}.jkddzztszm.acm-validations.aws."))
}

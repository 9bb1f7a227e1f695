//! ACM's public certificates: <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

mod certificate;

use std::time::Duration;

use model::Timestamp;
use serde_json::{Value, json};

use super::x509::{CaKey, Issuing};
use super::{Answered, Pki, Refusal, State};
use crate::account::NUMBER;

pub(super) use certificate::Certificate;

const DAY: Duration = Duration::from_hours(24);
/// How long a token of RequestCertificate lives.
const TOKEN: Duration = Duration::from_hours(1);
/// What ListCertificates tells when it is not asked for other keys.
const USUAL_KEYS: [&str; 2] = ["RSA_1024", "RSA_2048"];

/// A certificate of ACM's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcmCertificate {
    /// Its ARN.
    pub arn: String,
    /// Its names, the domain's first.
    pub names: Vec<String>,
    /// Its key's algorithm, `EC_prime256v1`.
    pub key_algorithm: String,
    /// `PENDING_VALIDATION`, `ISSUED`, …
    pub status: String,
    /// Why it is `FAILED`.
    pub failure_reason: Option<String>,
    /// How its renewal stands.
    pub renewal: Option<String>,
    /// The token of its request.
    pub token: Option<String>,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// When it ends, once it is issued.
    pub not_after: Option<Timestamp>,
    /// Its serial number, `1a:2b:…`.
    pub serial: Option<String>,
    /// Itself.
    pub pem: Option<String>,
    /// What leads from it to the root.
    pub chain_pem: Option<String>,
    /// How often it was exported.
    pub exports: u32,
    /// Why it was revoked, by AWS's name.
    pub revoked: Option<String>,
}

impl Pki {
    /// From its records to a certificate it takes so long.
    pub fn set_validation_time(&self, time: Duration) {
        self.state().manners.validation_time = time;
    }

    /// From a request to the records that it wants it takes so long.
    pub fn set_records_time(&self, time: Duration) {
        self.state().manners.records_time = time;
    }

    /// The next request fails for this reason: `CAA_ERROR`, `ADDITIONAL_VERIFICATION_REQUIRED`, …
    pub fn fail_requests(&self, reason: &'static str) {
        self.state().manners.next_failure = Some(reason);
    }

    /// Exports hold another certificate's key.
    pub fn set_corrupt_export(&self, is_corrupt: bool) {
        self.state().manners.corrupt_export = is_corrupt;
    }

    /// The root of the public certificates.
    #[must_use]
    pub fn public_root(&self) -> String {
        self.state().public_ca().above.clone()
    }

    /// The certificates of the account.
    #[must_use]
    pub fn certificates(&self) -> Vec<AcmCertificate> {
        self.state().certificates.values().map(|certificate| certificate.told.clone()).collect()
    }

    /// Somebody else requests a certificate at that time; its ARN.
    #[must_use]
    pub fn put_certificate(&self, names: &[&str], key_algorithm: &str, at: Timestamp) -> String {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let key = CaKey::named(key_algorithm).expect("a key of ACM's");
        self.state().request(names, key, None, at)
    }

    /// AWS renews a certificate on its own: the same ARN, and everything else is new.
    pub fn renew_by_itself(&self, arn: &str) {
        let mut state = self.state();
        let mut certificate = state.certificates.remove(arn).expect("a certificate");
        certificate.issue(&mut state);
        certificate.told.renewal = Some("SUCCESS".into());
        state.certificates.insert(arn.to_owned(), certificate);
    }
}

impl State {
    pub(super) fn public_ca(&mut self) -> &Issuing {
        let now = self.now;
        self.public_ca.get_or_insert_with(|| {
            let (from, until) = (now.minus(DAY * 30), now.plus(DAY * 7_300));
            let root = Issuing::root("Public Root", CaKey::EcP384, from, until);
            root.below("Public Issuing", CaKey::EcP256, from, until)
        })
    }

    fn request(&mut self, names: Vec<String>, key: CaKey, token: Option<String>, at: Timestamp) -> String {
        let number = self.number();
        let arn = format!("arn:aws:acm:us-east-1:{NUMBER}:certificate/00000000-0000-4000-8000-{number:012}");
        let told = AcmCertificate {
            arn: arn.clone(),
            names,
            key_algorithm: key.name().to_owned(),
            status: "PENDING_VALIDATION".into(),
            failure_reason: None,
            renewal: None,
            token,
            requested_at: at,
            not_after: None,
            serial: None,
            pem: None,
            chain_pem: None,
            exports: 0,
            revoked: None,
        };
        let fails_with = self.manners.next_failure.take();
        let certificate = Certificate {
            told,
            key,
            is_exportable: true,
            key_der: Vec::new(),
            proved_since: None,
            fails_with,
        };
        self.certificates.insert(arn.clone(), certificate);
        arn
    }

    pub(super) fn acm(&mut self, operation: &str, body: &Value) -> Answered {
        match operation {
            "RequestCertificate" => return self.request_certificate(body),
            "ListCertificates" => return Ok(self.list(body)),
            _ => {}
        }
        let arn = body["CertificateArn"].as_str().unwrap_or_default();
        let Some(mut certificate) = self.certificates.remove(arn) else {
            let message = format!("Could not find certificate {arn}.");
            return Err(Refusal::new("ResourceNotFoundException", message));
        };
        let answer = match operation {
            "DescribeCertificate" => Ok(certificate.describe(self)),
            "ExportCertificate" => certificate.export(self, body),
            "RenewCertificate" => certificate.renew(self),
            "RevokeCertificate" => certificate.revoke(body),
            other => Err(Refusal::new("ValidationException", format!("nobody expects {other}"))),
        };
        self.certificates.insert(arn.to_owned(), certificate);
        answer
    }

    fn request_certificate(&mut self, body: &Value) -> Answered {
        let (now, token) = (self.now, body["IdempotencyToken"].as_str().map(str::to_owned));
        // Whatever else is asked: <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
        let again = self.certificates.values().find(|earlier| {
            token.is_some() && earlier.told.token == token && now.since(earlier.told.requested_at) < TOKEN
        });
        if let Some(earlier) = again {
            return Ok(json!({ "CertificateArn": earlier.told.arn }));
        }
        let refuse = |message: &str| Err(Refusal::new("ValidationException", message));
        if token.as_ref().is_some_and(|token| {
            token.len() > 32 || !token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        }) {
            return refuse(
                "Value at 'idempotencyToken' failed to satisfy constraint: Member must satisfy regular expression pattern: \\w+",
            );
        }
        let Some(domain) = body["DomainName"].as_str() else { return refuse("no DomainName") };
        if domain.len() > 64 {
            return refuse("The first domain name can have no more than 64 characters.");
        }
        let mut names = vec![domain.to_owned()];
        for other in
            body["SubjectAlternativeNames"].as_array().into_iter().flatten().filter_map(Value::as_str)
        {
            if !names.iter().any(|name| name == other) {
                names.push(other.to_owned());
            }
        }
        if names.len() > 10 {
            let message = "Error: The number of domain names exceeds the quota of 10.";
            return Err(Refusal::new("LimitExceededException", message));
        }
        let key = match body["KeyAlgorithm"].as_str() {
            None => Some(CaKey::Rsa2048),
            Some(name) => CaKey::named(name),
        };
        let Some(key @ (CaKey::Rsa2048 | CaKey::EcP256 | CaKey::EcP384)) = key else {
            return refuse("ACM cannot issue certificates with this key algorithm.");
        };
        let arn = self.request(names, key, token, now);
        let is_exportable = body["Options"]["Export"].as_str() == Some("ENABLED");
        self.certificates.get_mut(&arn).expect("the one that was just made").is_exportable = is_exportable;
        Ok(json!({ "CertificateArn": arn }))
    }

    fn list(&self, body: &Value) -> Value {
        let texts = |value: &Value| -> Option<Vec<String>> {
            let texts = value.as_array()?.iter().filter_map(Value::as_str);
            Some(texts.map(str::to_owned).collect())
        };
        let keys = texts(&body["Includes"]["keyTypes"]).unwrap_or(USUAL_KEYS.map(str::to_owned).to_vec());
        let statuses = texts(&body["CertificateStatuses"]);
        let mut found: Vec<_> = self
            .certificates
            .values()
            .filter(|certificate| keys.contains(&certificate.told.key_algorithm))
            .filter(|certificate| {
                statuses.as_ref().is_none_or(|statuses| statuses.contains(&certificate.told.status))
            })
            .collect();
        if body["SortBy"].as_str() == Some("CREATED_AT") {
            found.sort_by_key(|certificate| certificate.told.requested_at);
            if body["SortOrder"].as_str() == Some("DESCENDING") {
                found.reverse();
            }
        }
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        let from = body["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
        let size = number(&body["MaxItems"]).unwrap_or(100);
        let page: Vec<_> =
            found.iter().skip(from).take(size).map(|certificate| certificate.summary()).collect();
        let mut answer = json!({ "CertificateSummaryList": page });
        if found.len() > from + size {
            answer["NextToken"] = json!((from + size).to_string());
        }
        answer
    }
}

//! AWS Private CA: <https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html>
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use serde_json::{Value, json};

use super::x509::{CaKey, Issuing, blank, serial_text};
use super::{Answered, Pki, Refusal, State, csr, seconds, template};
use crate::account::NUMBER;

/// How long a token of IssueCertificate lives.
const TOKEN: Duration = Duration::from_mins(5);
/// The longest life of a certificate of a short-lived CA.
const SHORT_LIFE: Duration = Duration::from_hours(24 * 7);
const DAY: Duration = Duration::from_hours(24);

/// A private CA to be made.
#[derive(Debug, Clone)]
pub struct PrivateCa {
    /// Its key.
    pub key: CaKey,
    /// Whether its usage mode is `SHORT_LIVED_CERTIFICATE`.
    pub is_short_lived: bool,
    /// Whether another CA stands above it.
    pub is_subordinate: bool,
    /// When its own certificate ends.
    pub not_after: Timestamp,
}

impl Default for PrivateCa {
    fn default() -> Self {
        let not_after = crate::now().plus(DAY * 3_650);
        Self { key: CaKey::EcP256, is_short_lived: false, is_subordinate: false, not_after }
    }
}

/// A certificate of a private CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// Its ARN.
    pub arn: String,
    /// Its serial number, `1a:2b:…`.
    pub serial: String,
    /// Itself.
    pub pem: String,
    /// What leads from it to the root.
    pub chain_pem: String,
    /// The token of its request.
    pub token: Option<String>,
    /// The name of its template, `BlankEndEntityCertificate_APICSRPassthrough/V1`.
    pub template: String,
    /// Why it was revoked, by AWS's name.
    pub revoked: Option<String>,
    at: Timestamp,
    polls: u32,
}

#[derive(Debug)]
pub(super) struct Authority {
    issuing: Issuing,
    setup: PrivateCa,
    status: String,
    made_at: Timestamp,
    issued: Vec<IssuedCertificate>,
}

impl Pki {
    /// Somebody makes a private CA; its ARN.
    #[must_use]
    pub fn put_private_ca(&self, setup: PrivateCa) -> String {
        let mut state = self.state();
        let (number, now) = (state.number(), state.now);
        let from = now.minus(DAY);
        let issuing = if setup.is_subordinate {
            let root = Issuing::root(&format!("Root {number}"), CaKey::EcP384, from, setup.not_after);
            root.below(&format!("Subordinate {number}"), setup.key, from, setup.not_after)
        } else {
            Issuing::root(&format!("Root {number}"), setup.key, from, setup.not_after)
        };
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let arn = format!("arn:aws:acm-pca:us-east-1:{NUMBER}:certificate-authority/{id}");
        let authority =
            Authority { issuing, setup, status: "ACTIVE".into(), made_at: now, issued: Vec::new() };
        state.authorities.insert(arn.clone(), authority);
        arn
    }

    /// Somebody changes the state of a private CA: `ACTIVE`, `DISABLED`, `EXPIRED`, `DELETED`, …
    pub fn set_ca_status(&self, arn: &str, status: &str) {
        let mut state = self.state();
        state.authorities.get_mut(arn).expect("a private CA").status = status.to_owned();
    }

    /// A private CA's own certificate, and what leads to its root.
    #[must_use]
    pub fn ca_certificates(&self, arn: &str) -> String {
        self.state().authorities.get(arn).expect("a private CA").issuing.chain()
    }

    /// From IssueCertificate to the certificate it takes so long.
    pub fn set_issuing_time(&self, time: Duration) {
        self.state().manners.issuing_time = time;
    }

    /// The first so many GetCertificate of each certificate find it in progress.
    pub fn set_issuing_polls(&self, polls: u32) {
        self.state().manners.issuing_polls = polls;
    }

    /// GetCertificate answers the certificate alone.
    pub fn leave_chains_out(&self) {
        self.state().manners.chains_left_out = true;
    }

    /// The certificates of a private CA, oldest first.
    #[must_use]
    pub fn issued(&self, arn: &str) -> Vec<IssuedCertificate> {
        self.state().authorities.get(arn).expect("a private CA").issued.clone()
    }
}

impl State {
    pub(super) fn private_ca(&mut self, operation: &str, body: &Value) -> Answered {
        let arn = body["CertificateAuthorityArn"].as_str().unwrap_or_default();
        let (now, polls, time) = (self.now, self.manners.issuing_polls, self.manners.issuing_time);
        let is_alone = self.manners.chains_left_out;
        let number = self.number();
        let Some(authority) = self.authorities.get_mut(arn) else {
            return Err(Refusal::new("ResourceNotFoundException", format!("Could not find {arn}.")));
        };
        match operation {
            "DescribeCertificateAuthority" => Ok(authority.describe(arn)),
            "GetCertificateAuthorityCertificate" => authority.own_certificate(),
            "IssueCertificate" => authority.issue(arn, body, now, polls, number),
            "GetCertificate" => authority.get(body, now, time).map(|mut told| {
                if is_alone {
                    told["CertificateChain"] = Value::Null;
                }
                told
            }),
            "RevokeCertificate" => authority.revoke(body),
            other => Err(Refusal::new("InvalidRequestException", format!("nobody expects {other}"))),
        }
    }
}

impl Authority {
    fn describe(&self, arn: &str) -> Value {
        let mode = if self.setup.is_short_lived { "SHORT_LIVED_CERTIFICATE" } else { "GENERAL_PURPOSE" };
        json!({ "CertificateAuthority": {
            "Arn": arn, "OwnerAccount": NUMBER, "Status": self.status, "UsageMode": mode,
            "Type": if self.setup.is_subordinate { "SUBORDINATE" } else { "ROOT" },
            "CreatedAt": seconds(self.made_at), "NotBefore": seconds(self.made_at.minus(DAY)),
            "NotAfter": seconds(self.setup.not_after),
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": self.setup.key.name(), "SigningAlgorithm": self.setup.key.signing(),
                "Subject": { "CommonName": "CA" },
            },
            "KeyStorageSecurityStandard": "FIPS_140_2_LEVEL_3_OR_HIGHER",
        } })
    }

    fn own_certificate(&self) -> Answered {
        self.active()?;
        let mut answer = json!({ "Certificate": self.issuing.pem });
        if !self.issuing.above.is_empty() {
            answer["CertificateChain"] = json!(self.issuing.above);
        }
        Ok(answer)
    }

    fn active(&self) -> Result<(), Refusal> {
        if self.status == "ACTIVE" {
            return Ok(());
        }
        let message = format!("The certificate authority is not in the correct state: {}.", self.status);
        Err(Refusal::new("InvalidStateException", message))
    }

    fn issue(&mut self, arn: &str, body: &Value, now: Timestamp, polls: u32, number: u32) -> Answered {
        self.active()?;
        let token = body["IdempotencyToken"].as_str().map(str::to_owned);
        let again = self
            .issued
            .iter()
            .rev()
            .find(|earlier| token.is_some() && earlier.token == token && now.since(earlier.at) < TOKEN);
        if let Some(earlier) = again {
            return Ok(json!({ "CertificateArn": earlier.arn }));
        }
        let template = template::name(body)?;
        let (from, until) = self.validity(body, now)?;
        let csr = STANDARD.decode(body["Csr"].as_str().unwrap_or_default()).unwrap_or_default();
        let csr = String::from_utf8_lossy(&csr).into_owned();
        let csr = csr::read(&csr).ok_or_else(|| {
            Refusal::new("MalformedCSRException", "The certificate signing request is invalid.")
        })?;
        let params = template::contents(&template, &csr, &body["ApiPassthrough"], blank(from, until))?;
        let serial = serial_text(&params);
        let signing = body["SigningAlgorithm"].as_str().unwrap_or_default();
        let certificate = self.issuing.sign(params, &csr.key, signing).ok_or_else(|| {
            let message = format!("{signing} is not of the family of the key of the certificate authority.");
            Refusal::new("ValidationException", message)
        })?;
        let certificate_arn = format!("{arn}/certificate/{number:032x}");
        self.issued.push(IssuedCertificate {
            arn: certificate_arn.clone(),
            serial,
            pem: certificate.pem(),
            chain_pem: self.issuing.chain(),
            token,
            template,
            revoked: None,
            at: now,
            polls,
        });
        Ok(json!({ "CertificateArn": certificate_arn }))
    }

    /// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_Validity.html>
    fn validity(&self, body: &Value, now: Timestamp) -> Result<(Timestamp, Timestamp), Refusal> {
        let refuse = |message: &str| Err(Refusal::new("ValidationException", message));
        let moment = |validity: &Value| {
            let value = validity["Value"].as_i64()?;
            match validity["Type"].as_str()? {
                "ABSOLUTE" => Some(Timestamp::from_unix_seconds(value)),
                "DAYS" => Some(now.plus(DAY * u32::try_from(value).ok()?)),
                _ => None,
            }
        };
        let Some(until) = moment(&body["Validity"]) else { return refuse("the validity cannot be read") };
        // An hour earlier, for clocks that are late.
        let from = moment(&body["ValidityNotBefore"]).unwrap_or(now.minus(Duration::from_hours(1)));
        if until <= now || until <= from {
            return refuse("The end of the validity must lie in the future.");
        }
        if until > self.setup.not_after {
            return refuse("The certificate validity specified exceeds the certificate authority validity.");
        }
        if self.setup.is_short_lived && until.since(now) > SHORT_LIFE {
            return refuse("Certificates of a short-lived certificate authority live 7 days at most.");
        }
        Ok((from, until))
    }

    fn get(&mut self, body: &Value, now: Timestamp, time: Duration) -> Answered {
        let arn = body["CertificateArn"].as_str().unwrap_or_default();
        let Some(found) = self.issued.iter_mut().find(|issued| issued.arn == arn) else {
            return Err(Refusal::new("ResourceNotFoundException", format!("Could not find {arn}.")));
        };
        if found.polls > 0 || now.since(found.at) < time {
            found.polls = found.polls.saturating_sub(1);
            let message = "The request to issue the certificate is still in progress.";
            return Err(Refusal::new("RequestInProgressException", message));
        }
        Ok(json!({ "Certificate": found.pem, "CertificateChain": found.chain_pem }))
    }

    fn revoke(&mut self, body: &Value) -> Answered {
        self.active()?;
        let plain = |serial: &str| serial.replace(':', "").trim_start_matches('0').to_lowercase();
        let serial = plain(body["CertificateSerial"].as_str().unwrap_or_default());
        let Some(found) = self.issued.iter_mut().find(|issued| plain(&issued.serial) == serial) else {
            let message = format!("Could not find a certificate with the serial number {serial}.");
            return Err(Refusal::new("ResourceNotFoundException", message));
        };
        if found.revoked.is_some() {
            let message = "Your request has already been completed.";
            return Err(Refusal::new("RequestAlreadyProcessedException", message));
        }
        found.revoked = body["RevocationReason"].as_str().map(str::to_owned);
        Ok(json!({}))
    }
}

//! AWS Private CA: one authority.
//!
//! <https://docs.aws.amazon.com/privateca/latest/APIReference/Welcome.html>

mod facts;
mod passthrough;
mod reason;
pub(crate) mod template;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_acmpca::Client;
use aws_sdk_acmpca::primitives::Blob;
use aws_sdk_acmpca::types::{SigningAlgorithm, ValidityPeriodType};
use call::Api as _;
use model::Timestamp;
use model::arn::Arn;
use model::certificate::{RevocationReason, SignatureAlgorithm, Spec, Validity};

use crate::api::{Api, Caller};
use crate::{Class, Error, Revoked};

pub use facts::{CaFacts, CaKey, CaStatus};

/// How long it is believed what an authority is: a thousand orders of one authority in one minute ask it once.
const KNOWN: Duration = Duration::from_secs(60);

/// What an authority said it was, and when.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    at: Instant,
    facts: CaFacts,
}

/// One Private CA, as one session.
#[derive(Debug)]
pub struct PrivateCa {
    client: Client,
    arn: String,
    partition: model::partition::Partition,
    caller: Caller,
    known: Arc<Mutex<HashMap<String, Known>>>,
    key: String,
}

/// A certificate of an authority's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaCertificate {
    /// PEM.
    pub certificate: String,
    /// What stands above it, up to the root, PEM; a root has nothing above it.
    pub chain: Option<String>,
}

/// A certificate to be issued.
#[derive(Debug, Clone, Copy)]
pub struct Issuance<'a> {
    /// What it must be, with a validity of our choice.
    pub spec: &'a Spec,
    /// The request for it, PEM.
    pub csr: &'a str,
    /// By which AWS knows a repeat, for five minutes: at most 36 letters, digits, `-`.
    pub token: &'a str,
    /// How the authority signs it: one of the kinds of its key.
    pub signature: SignatureAlgorithm,
}

/// A certificate that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The authority still makes it.
    InProgress,
    /// Here it is.
    Issued {
        /// PEM.
        certificate: String,
        /// What stands above it, up to the root, PEM.
        chain: Option<String>,
    },
}

impl PrivateCa {
    pub(crate) fn new(
        config: &SdkConfig,
        arn: &Arn,
        caller: Caller,
        known: Arc<Mutex<HashMap<String, Known>>>,
        key: String,
    ) -> Self {
        let (client, partition) = (Client::new(config), arn.partition);
        Self { client, arn: arn.to_string(), partition, caller, known, key }
    }

    /// What the authority is, asked now. One call.
    ///
    /// # Errors
    /// [`Error`] of DescribeCertificateAuthority.
    pub async fn describe(&self) -> Result<CaFacts, Error> {
        const API: Api = Api::DescribeAuthority;
        let request = self.client.describe_certificate_authority().certificate_authority_arn(&self.arn);
        let answer = self.caller.call(API, &self.arn, || request.clone().send()).await?;
        let missing = |missing| Error::incomplete(API.action(), &self.arn, missing);
        let authority = answer.certificate_authority.ok_or_else(|| missing("the authority"))?;
        let facts = CaFacts::of(&authority).ok_or_else(|| missing("the authority's key or status"))?;
        let known = Known { at: self.caller.now(), facts: facts.clone() };
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, other| known.at.saturating_duration_since(other.at) < KNOWN);
        all.insert(self.key.clone(), known);
        Ok(facts)
    }

    /// What the authority was less than a minute ago. One call, or none.
    ///
    /// # Errors
    /// As [`PrivateCa::describe`].
    pub async fn facts(&self) -> Result<CaFacts, Error> {
        let now = self.caller.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&self.key).cloned();
        match known.filter(|known| now.saturating_duration_since(known.at) < KNOWN) {
            Some(known) => Ok(known.facts),
            None => self.describe().await,
        }
    }

    /// The authority's own certificate. One call.
    ///
    /// # Errors
    /// [`Error`]; [`Class::InProgress`] while it has none yet.
    pub async fn certificate(&self) -> Result<CaCertificate, Error> {
        const API: Api = Api::GetAuthorityCertificate;
        let request =
            self.client.get_certificate_authority_certificate().certificate_authority_arn(&self.arn);
        let answer = self.caller.call(API, &self.arn, || request.clone().send()).await?;
        let certificate = answer.certificate.filter(|pem| !pem.trim().is_empty());
        let missing = || Error::incomplete(API.action(), &self.arn, "the certificate");
        let chain = answer.certificate_chain.filter(|pem| !pem.trim().is_empty());
        Ok(CaCertificate { certificate: certificate.ok_or_else(missing)?, chain })
    }

    /// Has a certificate issued, which is paid for, and answers its ARN. The same token within five minutes is the same
    /// certificate. One call.
    ///
    /// # Errors
    /// [`Error`]; [`Error::may_be_done`] tells whether it may be issued all the same.
    pub async fn issue(&self, issuance: &Issuance<'_>) -> Result<String, Error> {
        const API: Api = Api::IssueCertificate;
        let impossible = |why| Error::impossible(API.action(), &self.arn, why);
        let Validity::Within { not_before, not_after } = issuance.spec.validity else {
            return Err(impossible("the certificate has no validity of its own"));
        };
        let constraints = issuance.spec.basic_constraints;
        let template = template::of(self.partition, constraints);
        let template = template.ok_or_else(|| impossible("an authority has a path length of 0 to 3"))?;
        let extensions = passthrough::of(issuance.spec).map_err(|_| impossible("a name cannot be said"))?;
        let moment = |at: Timestamp| {
            aws_sdk_acmpca::types::Validity::builder()
                .r#type(ValidityPeriodType::Absolute)
                .value(at.unix_seconds())
                .build()
                .map_err(|_| impossible("the validity cannot be said"))
        };
        let request = self
            .client
            .issue_certificate()
            .certificate_authority_arn(&self.arn)
            .csr(Blob::new(issuance.csr))
            .signing_algorithm(signing(issuance.signature))
            .template_arn(template)
            .api_passthrough(extensions)
            .validity_not_before(moment(not_before)?)
            .validity(moment(not_after)?)
            .idempotency_token(issuance.token);
        let answer = self.caller.call(API, &self.arn, || request.clone().send()).await?;
        answer.certificate_arn.ok_or_else(|| Error::incomplete(API.action(), &self.arn, "the ARN"))
    }

    /// A certificate that was asked for. One call.
    ///
    /// # Errors
    /// [`Error`] of GetCertificate, but for RequestInProgressException, which is an answer.
    pub async fn fetch(&self, arn: &str) -> Result<Fetched, Error> {
        const API: Api = Api::GetCertificate;
        let request = self.client.get_certificate().certificate_authority_arn(&self.arn).certificate_arn(arn);
        let answer = match self.caller.call(API, arn, || request.clone().send()).await {
            Err(error) if error.class() == Class::InProgress => return Ok(Fetched::InProgress),
            answer => answer?,
        };
        let certificate = answer.certificate.filter(|pem| !pem.trim().is_empty());
        let certificate =
            certificate.ok_or_else(|| Error::incomplete(API.action(), arn, "the certificate"))?;
        let chain = answer.certificate_chain.filter(|pem| !pem.trim().is_empty());
        Ok(Fetched::Issued { certificate, chain })
    }

    /// Revokes the certificate with this serial number, in hexadecimal with or without colons. One call.
    ///
    /// # Errors
    /// [`Error`] of RevokeCertificate, but for RequestAlreadyProcessedException, which is an answer.
    pub async fn revoke(&self, serial: &str, reason: RevocationReason) -> Result<Revoked, Error> {
        let request = self
            .client
            .revoke_certificate()
            .certificate_authority_arn(&self.arn)
            .certificate_serial(serial)
            .revocation_reason(reason::of(reason));
        match self.caller.call(Api::RevokePrivate, &self.arn, || request.clone().send()).await {
            Ok(_) => Ok(Revoked::Now),
            Err(error) if error.class() == Class::AlreadyDone => Ok(Revoked::Already),
            Err(error) => Err(error),
        }
    }
}

fn signing(signature: SignatureAlgorithm) -> SigningAlgorithm {
    match signature {
        SignatureAlgorithm::RsaSha256 => SigningAlgorithm::Sha256Withrsa,
        SignatureAlgorithm::RsaSha384 => SigningAlgorithm::Sha384Withrsa,
        SignatureAlgorithm::RsaSha512 => SigningAlgorithm::Sha512Withrsa,
        SignatureAlgorithm::EcdsaSha256 => SigningAlgorithm::Sha256Withecdsa,
        SignatureAlgorithm::EcdsaSha384 => SigningAlgorithm::Sha384Withecdsa,
        SignatureAlgorithm::EcdsaSha512 => SigningAlgorithm::Sha512Withecdsa,
    }
}

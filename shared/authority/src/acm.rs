//! AWS Certificate Manager: publicly trusted certificates in one region.
//!
//! <https://docs.aws.amazon.com/acm/latest/APIReference/Welcome.html>

mod described;
mod list;
mod reason;

use aws_config::SdkConfig;
use aws_sdk_acm::Client;
use aws_sdk_acm::primitives::Blob;
use aws_sdk_acm::types::{CertificateExport, CertificateOptions, KeyAlgorithm as Key, ValidationMethod};
use call::Api as _;
use model::certificate::{KeyAlgorithm, RevocationReason};
use secrecy::{ExposeSecret as _, SecretString};

use crate::api::{Api, Caller};
use crate::{Class, Error, Revoked};

pub use described::{AcmStatus, Described, Renewal, RenewalStatus, Validation};
pub use list::Found;

/// ACM, as one session.
#[derive(Debug)]
pub struct Acm {
    client: Client,
    caller: Caller,
}

/// A certificate to be requested.
#[derive(Debug, Clone, Copy)]
pub struct PublicRequest<'a> {
    /// The hosts that it is for, at least one: the first is the common name.
    pub names: &'a [&'a str],
    /// Its key: RSA_2048, EC_prime256v1 or EC_secp384r1.
    pub key: KeyAlgorithm,
    /// By which ACM knows a repeat, for about an hour, whatever else is asked: at most 32 letters, digits, `_`.
    pub token: &'a str,
}

/// A certificate with its key that was asked for.
#[derive(Debug)]
pub enum Exported {
    /// ACM still makes it.
    InProgress,
    /// Here it is.
    Done {
        /// PEM.
        certificate: String,
        /// What stands above it, up to the root, PEM.
        chain: Option<String>,
        /// Its key, encrypted with the passphrase, PEM.
        encrypted_key: SecretString,
    },
}

impl Acm {
    pub(crate) fn new(config: &SdkConfig, caller: Caller) -> Self {
        Self { client: Client::new(config), caller }
    }

    /// Whether this session reaches ACM at all. One call.
    ///
    /// # Errors
    /// [`Error`] of ListCertificates.
    pub async fn look(&self) -> Result<(), Error> {
        let request = self.client.list_certificates().max_items(1);
        self.caller.call(Api::ListCertificates, "*", || request.clone().send()).await.map(drop)
    }

    /// Requests a certificate that can be exported, to be proved by DNS, which is paid for once it is issued, and answers its
    /// ARN. The same token within an hour is the same certificate. One call.
    ///
    /// # Errors
    /// [`Error`]; [`Error::may_be_done`] tells whether it may be requested all the same.
    pub async fn request(&self, wanted: &PublicRequest<'_>) -> Result<String, Error> {
        const API: Api = Api::RequestCertificate;
        let Some((first, others)) = wanted.names.split_first() else {
            return Err(Error::impossible(API.action(), "nothing", "a certificate is for one name at least"));
        };
        let others = others.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let options = CertificateOptions::builder().export(CertificateExport::Enabled).build();
        let request = self
            .client
            .request_certificate()
            .domain_name(*first)
            .set_subject_alternative_names(Some(others).filter(|others| !others.is_empty()))
            .validation_method(ValidationMethod::Dns)
            .key_algorithm(Key::from(wanted.key.name()))
            .options(options)
            .idempotency_token(wanted.token);
        let answer = self.caller.call(API, first, || request.clone().send()).await?;
        answer.certificate_arn.ok_or_else(|| Error::incomplete(API.action(), first, "the ARN"))
    }

    /// How far a certificate is. One call.
    ///
    /// # Errors
    /// [`Error`] of DescribeCertificate.
    pub async fn describe(&self, arn: &str) -> Result<Described, Error> {
        const API: Api = Api::DescribeCertificate;
        let request = self.client.describe_certificate().certificate_arn(arn);
        let answer = self.caller.call(API, arn, || request.clone().send()).await?;
        let detail = answer.certificate.as_ref().and_then(Described::of);
        detail.ok_or_else(|| Error::incomplete(API.action(), arn, "the certificate's status"))
    }

    /// The certificate with its key under a passphrase of 4 to 128 characters other than `#`, `$`, `%`. One call.
    ///
    /// # Errors
    /// [`Error`] of ExportCertificate, but for RequestInProgressException, which is an answer.
    pub async fn export(&self, arn: &str, passphrase: &SecretString) -> Result<Exported, Error> {
        const API: Api = Api::ExportCertificate;
        let request = self
            .client
            .export_certificate()
            .certificate_arn(arn)
            .passphrase(Blob::new(passphrase.expose_secret()));
        let answer = match self.caller.call(API, arn, || request.clone().send()).await {
            Err(error) if error.class() == Class::InProgress => return Ok(Exported::InProgress),
            answer => answer?,
        };
        let (certificate, key) = (answer.certificate, answer.private_key);
        let missing = |missing| Error::incomplete(API.action(), arn, missing);
        Ok(Exported::Done {
            certificate: certificate.ok_or_else(|| missing("the certificate"))?,
            chain: answer.certificate_chain.filter(|pem| !pem.trim().is_empty()),
            encrypted_key: key.ok_or_else(|| missing("the key"))?.into(),
        })
    }

    /// Has a certificate renewed, which is paid for. One call.
    ///
    /// # Errors
    /// [`Error`] of RenewCertificate; [`Class::InProgress`] when it is being renewed already.
    pub async fn renew(&self, arn: &str) -> Result<(), Error> {
        let request = self.client.renew_certificate().certificate_arn(arn);
        self.caller.call(Api::RenewCertificate, arn, || request.clone().send()).await.map(drop)
    }

    /// Revokes the certificate with this serial number. ACM renews under the same ARN, also by itself, and revokes whatever is
    /// there. It revokes only what was exported, and has no answer of its own for a certificate that was revoked already, as it
    /// is when an earlier answer was lost. Two calls, and another one when it is refused.
    ///
    /// # Errors
    /// [`Error`] of DescribeCertificate or RevokeCertificate; [`Error::impossible`] when another certificate has the ARN.
    pub async fn revoke(
        &self,
        arn: &str,
        serial_number: &str,
        reason: RevocationReason,
    ) -> Result<Revoked, Error> {
        const API: Api = Api::RevokePublic;
        let there = self.describe(arn).await?;
        if there.serial_number.is_some_and(|serial| serial != serial_number) {
            let why = "another certificate has this ARN by now: AWS renewed it, and would revoke the new one";
            return Err(Error::impossible(API.action(), arn, why));
        }
        if there.status == AcmStatus::Revoked {
            return Ok(Revoked::Already);
        }
        let request =
            self.client.revoke_certificate().certificate_arn(arn).revocation_reason(reason::of(reason));
        match self.caller.call(API, arn, || request.clone().send()).await {
            Ok(_) => Ok(Revoked::Now),
            Err(error) if error.is_passing() => Err(error),
            Err(error) => match self.describe(arn).await {
                Ok(described) if described.status == AcmStatus::Revoked => Ok(Revoked::Already),
                Err(unknown) if unknown.is_passing() => Err(unknown),
                Ok(_) | Err(_) => Err(error),
            },
        }
    }
}

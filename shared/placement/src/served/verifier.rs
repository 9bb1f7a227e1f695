//! Takes any certificate, and keeps which one it was once the server has proved that it has its key.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

/// Which keys the client says that it takes: a load balancer with two certificates of one name chooses by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Any,
    RsaAlone,
    EcdsaAlone,
}

#[derive(Debug)]
pub(super) struct Verifier {
    algorithms: WebPkiSupportedAlgorithms,
    takes: Takes,
    /// The SHA-256 of the certificate, hexadecimal in lower case.
    seen: Arc<Mutex<Option<String>>>,
}

impl Verifier {
    /// The second half says what was seen.
    pub(super) fn new(provider: &CryptoProvider, takes: Takes) -> (Self, Arc<Mutex<Option<String>>>) {
        let seen = Arc::default();
        let algorithms = provider.signature_verification_algorithms;
        (Self { algorithms, takes, seen: Arc::clone(&seen) }, seen)
    }

    fn proved(&self, certificate: &CertificateDer<'_>) {
        let fingerprint = hex::encode(digest(&SHA256, certificate));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if end_entity.is_empty() {
            return Err(Error::InvalidCertificate(CertificateError::BadEncoding));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let valid = verify_tls12_signature(message, certificate, signature, &self.algorithms)?;
        self.proved(certificate);
        Ok(valid)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let valid = verify_tls13_signature(message, certificate, signature, &self.algorithms)?;
        self.proved(certificate);
        Ok(valid)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let schemes = self.algorithms.supported_schemes().into_iter();
        schemes
            .filter(|scheme| {
                let name = scheme.as_str().unwrap_or_default();
                match self.takes {
                    Takes::Any => true,
                    Takes::RsaAlone => name.starts_with("RSA"),
                    Takes::EcdsaAlone => name.starts_with("ECDSA"),
                }
            })
            .collect()
    }
}

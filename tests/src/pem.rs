//! Certificates as whoever gets them checks them: with webpki, which reads nothing by our own code.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert, aws_lc_rs::ECDSA_P256_SHA256,
};

/// A server's certificate verifies through its chain to the root, at this Unix time, for that name.
///
/// # Errors
/// When it does not.
pub fn verified(certificate: &str, chain: &str, root: &str, name: &str, at: u64) -> Result<()> {
    let (leaf, chain, root) = (one(certificate)?, all(chain)?, one(root)?);
    let leaf = EndEntityCert::try_from(&leaf).map_err(|fault| anyhow!("no certificate: {fault}"))?;
    let anchor = anchor_from_trusted_cert(&root).map_err(|fault| anyhow!("no root: {fault}"))?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(at));
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &[anchor], &chain, time, usage, None, None)
        .map_err(|fault| anyhow!("it does not verify: {fault}"))?;
    let server = ServerName::try_from(name).with_context(|| format!("{name} is no name"))?;
    leaf.verify_is_valid_for_subject_name(&server).map_err(|fault| anyhow!("not for {name}: {fault}"))
}

/// A P-256 key signs what the certificate verifies.
///
/// # Errors
/// When they do not belong together.
pub fn fits(certificate: &str, key: &str) -> Result<()> {
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &body(key, "PRIVATE KEY")?)
        .map_err(|fault| anyhow!("no P-256 key: {fault}"))?;
    let said = b"something that nobody said before";
    let signed = key.sign(&SystemRandom::new(), said).map_err(|fault| anyhow!("no signature: {fault}"))?;
    let leaf = one(certificate)?;
    let leaf = EndEntityCert::try_from(&leaf).map_err(|fault| anyhow!("no certificate: {fault}"))?;
    leaf.verify_signature(ECDSA_P256_SHA256, said, signed.as_ref())
        .map_err(|fault| anyhow!("the key is another certificate's: {fault}"))
}

/// The certificates of a text, in order.
///
/// # Errors
/// When something between them is none.
pub fn all(text: &str) -> Result<Vec<CertificateDer<'static>>> {
    let parts = text.split_inclusive("-----END CERTIFICATE-----").filter(|part| !part.trim().is_empty());
    parts.map(|part| Ok(CertificateDer::from(body(part, "CERTIFICATE")?))).collect()
}

fn one(text: &str) -> Result<CertificateDer<'static>> {
    let mut all = all(text)?;
    ensure!(all.len() == 1, "{} certificates where one is expected", all.len());
    all.pop().context("no certificate")
}

fn body(text: &str, label: &str) -> Result<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let inside = text.trim().strip_prefix(&begin).and_then(|rest| rest.strip_suffix(&end));
    let inside = inside.with_context(|| format!("no {label}"))?;
    STANDARD.decode(inside.split_whitespace().collect::<String>()).context("no base64")
}

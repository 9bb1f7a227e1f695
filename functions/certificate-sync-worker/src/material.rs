//! What is imported: a certificate with its chain in order, and its key, opened.

use model::Timestamp;
use model::id::CertificateId;
use x509::{Deployable, Root};

use crate::worker::CertificateSyncWorker;

/// Why there is nothing to import.
#[derive(Debug)]
pub(crate) enum NoMaterial {
    /// In public words; somebody must change something.
    Unfit(String),
    /// In public words; time mends it.
    Later(String),
    /// The table could not be read.
    Read(store::ReadError),
}

/// What is imported of a certificate. Two GetItems, and at most one KMS call.
pub(crate) async fn material(
    worker: &CertificateSyncWorker,
    certificate: CertificateId,
    with_root: bool,
    now: Timestamp,
) -> Result<Deployable, NoMaterial> {
    let gone = || NoMaterial::Unfit("the certificate does not exist any more".to_owned());
    let found = worker.store.certificate_with_bundle(certificate).await.map_err(NoMaterial::Read)?;
    let (_, bundle) = found.ok_or_else(gone)?;
    let key = worker.sealer.open_certificate_key(&bundle).await.map_err(|error| {
        let cause = model::error::chain(&error);
        tracing::warn!(certificate.id = %certificate, cause, "the key of a certificate was not opened");
        let words = "the certificate's key could not be opened".to_owned();
        if error.is_transient() { NoMaterial::Later(words) } else { NoMaterial::Unfit(words) }
    })?;
    let key =
        key.ok_or_else(|| NoMaterial::Unfit("the certificate's private key is not stored here".to_owned()))?;
    let mut chain = bundle.chain_pem();
    if chain.is_empty() {
        chain = bundle.issuer.clone().unwrap_or_default();
    }
    let root = if with_root { Root::Included } else { Root::LeftOut };
    Deployable::of(&bundle.certificate, &chain, &key, root, now)
        .map_err(|error| NoMaterial::Unfit(format!("{error}; nothing was imported")))
}

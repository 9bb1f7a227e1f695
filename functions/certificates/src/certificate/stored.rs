//! What is stored of a certificate, as bytes again.

use model::certificate::Bundle;
use secrecy::SecretString;
use web::Problem;
use x509::{Certificate, PrivateKey};

use crate::Ctx;

/// The certificate and its chain, as stored.
pub(super) fn certificates(bundle: &Bundle) -> Result<(Certificate, Vec<Certificate>), Problem> {
    let unreadable = |problem| Problem::bug("read a stored certificate", problem);
    let certificate = Certificate::from_pem(&bundle.certificate).map_err(unreadable)?;
    let chain = Certificate::all_from_pem(&bundle.chain_pem()).map_err(unreadable)?;
    Ok((certificate, chain))
}

/// The key in PEM; `None` when it is elsewhere. Up to one KMS call.
pub(crate) async fn key(ctx: &Ctx, bundle: &Bundle) -> Result<Option<SecretString>, Problem> {
    ctx.sealer.open_certificate_key(bundle).await.map_err(|error| Problem::bug("open a private key", error))
}

/// The key itself; `None` when it is elsewhere.
pub(super) async fn private_key(ctx: &Ctx, bundle: &Bundle) -> Result<Option<PrivateKey>, Problem> {
    let Some(pem) = key(ctx, bundle).await? else { return Ok(None) };
    let key = PrivateKey::from_pem(&pem);
    key.map(Some).map_err(|problem| Problem::bug("read a stored private key", problem))
}

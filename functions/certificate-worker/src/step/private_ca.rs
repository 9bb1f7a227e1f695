//! The steps with AWS Private CA.

use authority::Deed;
use authority::private_ca::{Fetched, Issuance};
use model::Timestamp;
use model::certificate::order::{Failure, Trouble};
use secrecy::SecretString;
use x509::PrivateKey;

use crate::fault::Stop;
use crate::finish::{self, Got};
use crate::hold::Hold;
use crate::outcome;
use crate::target::Target;

/// What Private CA says when it gave up a certificate that it had taken the order of.
const GIVEN_UP: &str = "RequestFailedException";

/// A key and its signing request, the key sealed for the order. At most one KMS call.
pub(super) async fn make_key(hold: &mut Hold<'_>) -> Result<(), Stop> {
    let spec = &hold.order.spec;
    let key = match PrivateKey::generate(spec.key_algorithm) {
        Ok(key) => key,
        Err(error) => return hold.troubled(&Trouble::Passing(error.to_string())).await,
    };
    let csr = match x509::certificate_request(spec, &key) {
        Ok(csr) => csr,
        Err(error) => return hold.fail(&Failure::Refused(error.to_string())).await,
    };
    let sealed = match hold.worker.sealer.seal_order_key(&hold.order, &key.to_pem()).await {
        Ok(sealed) => sealed.as_str().to_owned(),
        Err(error) => return hold.unsealed(&error).await,
    };
    hold.store(|order| order.key_made(sealed.clone(), csr.clone())).await
}

/// The authority is looked at, the intent stored, the certificate asked for, and its ARN stored. One AssumeRole or none, one
/// DescribeCertificateAuthority or none, and one IssueCertificate.
pub(super) async fn issue(
    hold: &mut Hold<'_>,
    target: &Target,
    token: &str,
    csr: &str,
    before: Timestamp,
) -> Result<(), Stop> {
    let ca = match target.private_ca(hold, Deed::Issue, Some(before)).await {
        Ok(ca) => ca,
        Err(error) => return hold.trouble(&error).await,
    };
    let facts = match ca.facts().await {
        Ok(facts) => facts,
        Err(error) => return hold.trouble(&error).await,
    };
    let signature = match outcome::signature(&facts, &hold.order) {
        Ok(signature) => signature,
        Err(words) => return hold.troubled(&Trouble::Refused(words)).await,
    };
    if !hold.pay(target.budget()).await? {
        return Ok(());
    }
    let issuance = Issuance { spec: &hold.order.spec, csr, token, signature };
    let issued = ca.issue(&issuance).await;
    let now = hold.now();
    match issued {
        Ok(arn) => hold.store(|order| order.ordered(arn.clone(), now)).await,
        Err(error) => {
            let trouble = outcome::trouble(&error);
            hold.store(|order| order.not_ordered(&trouble, now)).await
        }
    }
}

/// The certificate is fetched, checked and stored. One GetCertificate, and one GetCertificateAuthorityCertificate when it
/// came without its chain.
pub(super) async fn fetch(hold: &mut Hold<'_>, target: &Target, arn: &str) -> Result<(), Stop> {
    let ca = match target.private_ca(hold, Deed::Issue, None).await {
        Ok(ca) => ca,
        Err(error) => return hold.trouble(&error).await,
    };
    let (certificate, chain) = match ca.fetch(arn).await {
        Ok(Fetched::InProgress) => return hold.in_progress().await,
        Ok(Fetched::Issued { certificate, chain }) => (certificate, chain),
        Err(error) if error.code() == Some(GIVEN_UP) => {
            return hold.fail(&Failure::GivenUp(error.to_string())).await;
        }
        Err(error) => return hold.trouble(&error).await,
    };
    let chain = match chain {
        Some(chain) => chain,
        None => match ca.certificate().await {
            Ok(own) => format!("{}\n{}", own.certificate.trim_end(), own.chain.unwrap_or_default()),
            Err(error) => return hold.trouble(&error).await,
        },
    };
    let key = match hold.worker.sealer.open_order_key(&hold.order).await {
        Ok(key) => key,
        Err(error) => return hold.unsealed(&error).await,
    };
    let key = match key.as_ref().map(read_key).transpose() {
        Ok(key) => key,
        Err(failure) => return hold.fail(&failure).await,
    };
    finish::finish(hold, arn, Got { certificate, chain, key }).await
}

fn read_key(pem: &SecretString) -> Result<PrivateKey, Failure> {
    let gone = |_| Failure::Gone("the key that was made for the certificate cannot be read".to_owned());
    PrivateKey::from_pem(pem).map_err(gone)
}

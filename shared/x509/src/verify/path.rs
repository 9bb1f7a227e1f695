//! The way from a certificate to the last authority that is known.

use std::time::Duration;

use model::Timestamp;
use model::certificate::{ExtendedKeyUsage, KeyUsage};
use rustls_pki_types::UnixTime;
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    anchor_from_trusted_cert,
};

use super::Issued;
use crate::certificate::Certificate;
use crate::chain::{BrokenChain, Chain};

/// The chain in order, when every link of it holds at `now` (or, for a certificate that is to hold later, from then on).
pub(crate) fn checked(issued: Issued<'_>, now: Timestamp) -> Result<Chain, BrokenChain> {
    let leaf = issued.certificate;
    let mut known = issued.chain.to_vec();
    known.extend(issued.authority.cloned());
    let (chain, _) = Chain::of(leaf, &known);
    let Some(issuer) = chain.issuer() else {
        return Err(BrokenChain::NoIssuer { issuer: leaf.facts().issuer_text.clone() });
    };
    if let Some(asked) = issued.authority
        && asked != issuer
    {
        return Err(BrokenChain::OtherAuthority {
            asked: asked.facts().subject_text.clone(),
            issuer: issuer.facts().subject_text.clone(),
        });
    }
    let at = now.max(leaf.facts().not_before);
    let leaf_is_authority = leaf.facts().basic_constraints.is_ca;
    for (below, authority) in chain.certificates().iter().enumerate() {
        holds(authority, at)?;
        may_issue(authority, below + usize::from(leaf_is_authority))?;
    }
    // It takes no authority for a leaf. The links above, and each one's right to sign, have been checked.
    if !leaf_is_authority {
        independently(leaf, &chain, at)?;
    }
    Ok(chain)
}

fn holds(authority: &Certificate, at: Timestamp) -> Result<(), BrokenChain> {
    let facts = authority.facts();
    let subject = || facts.subject_text.clone();
    if facts.not_after < at {
        return Err(BrokenChain::Expired { subject: subject(), at: facts.not_after });
    }
    if facts.not_before > at {
        return Err(BrokenChain::NotYet { subject: subject(), at: facts.not_before });
    }
    Ok(())
}

/// Whether an authority may issue certificates with so many authorities below it.
fn may_issue(authority: &Certificate, below: usize) -> Result<(), BrokenChain> {
    let facts = authority.facts();
    let may_sign = facts.key_usages.is_empty() || facts.key_usages.contains(&KeyUsage::KeyCertSign);
    let constraints = facts.basic_constraints;
    let reaches = constraints.path_length.is_none_or(|length| below <= usize::from(length));
    if constraints.is_ca && may_sign && reaches {
        return Ok(());
    }
    Err(BrokenChain::NoAuthority { subject: facts.subject_text.clone() })
}

/// The same way again, from the bytes, by a library that decides for half of the world's TLS clients in Rust.
fn independently(leaf: &Certificate, chain: &Chain, at: Timestamp) -> Result<(), BrokenChain> {
    let refused = |error: Error| BrokenChain::Refused(error.to_string());
    let certificates: Vec<_> = chain.certificates().iter().map(Certificate::to_webpki).collect();
    let Some((top, between)) = certificates.split_last() else {
        return Err(BrokenChain::NoIssuer { issuer: leaf.facts().issuer_text.clone() });
    };
    let anchors = [anchor_from_trusted_cert(top).map_err(refused)?];
    let der = leaf.to_webpki();
    let leaf_again = EndEntityCert::try_from(&der).map_err(refused)?;
    let seconds = u64::try_from(at.unix_seconds()).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let mut uses = vec![Use(None)];
    uses.extend(leaf.facts().extended_key_usages.iter().map(|usage| Use(Some(*usage))));
    for usage in uses {
        leaf_again
            .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, between, time, usage, None, None)
            .map_err(refused)?;
    }
    Ok(())
}

/// What a certificate is for: its authorities must not be limited to something else.
struct Use(Option<ExtendedKeyUsage>);

impl ExtendedKeyUsageValidator for Use {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        /// `anyExtendedKeyUsage`: RFC 5280 4.2.1.12.
        const ANY: &str = "2.5.29.37.0";
        let Some(wanted) = self.0 else { return Ok(()) };
        let mut is_limited = false;
        for purpose in purposes {
            is_limited = true;
            let oid = purpose?.to_decoded_oid().iter().map(usize::to_string).collect::<Vec<_>>().join(".");
            if oid == wanted.oid() || oid == ANY {
                return Ok(());
            }
        }
        if is_limited { Err(Error::UnknownIssuer) } else { Ok(()) }
    }
}

//! The certificates between one and its root, in order.

use model::Timestamp;

use crate::certificate::Certificate;

/// The authorities of a certificate: the one that issued it first, and each after it the one that issued the one before.
///
/// Every link's signature has been checked; nothing has been said about time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain(Vec<Certificate>);

/// Why a chain does not carry a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// The issuer's certificate is not there.
    #[error("the certificate of its authority ({issuer}) is missing, or did not sign it")]
    NoIssuer {
        /// Who is said to have issued it.
        issuer: String,
    },
    /// Another authority than the one that was asked.
    #[error("it was not issued by the authority that was asked ({asked}) but by {issuer}")]
    OtherAuthority {
        /// The one that was asked.
        asked: String,
        /// Who is said to have issued it.
        issuer: String,
    },
    /// A certificate of the chain does not hold any longer.
    #[error("the certificate of the authority {subject} expired at {at}")]
    Expired {
        /// Whose.
        subject: String,
        /// When.
        at: Timestamp,
    },
    /// A certificate of the chain does not hold yet.
    #[error("the certificate of the authority {subject} holds only from {at} on")]
    NotYet {
        /// Whose.
        subject: String,
        /// When.
        at: Timestamp,
    },
    /// A certificate of the chain is no authority's, or not of one that may have so many below it.
    #[error("{subject} may not issue certificates, or not this far down")]
    NoAuthority {
        /// Whose.
        subject: String,
    },
    /// The independent verifier does not accept it.
    #[error("the certificate does not verify to its authority: {0}")]
    Refused(String),
}

impl Chain {
    /// Puts a leaf's authorities in order, whatever order they are in: the second half of the answer is those that have nothing
    /// to do with it. The leaf itself, and repetitions, are passed over.
    #[must_use]
    pub fn of(leaf: &Certificate, authorities: &[Certificate]) -> (Self, Vec<Certificate>) {
        let mut rest: Vec<&Certificate> = Vec::new();
        for one in authorities {
            if one != leaf && !rest.contains(&one) {
                rest.push(one);
            }
        }
        let mut chain: Vec<Certificate> = Vec::new();
        let mut below = leaf;
        // A root issued itself: nothing is above it.
        while !below.is_root() {
            let issuer =
                rest.iter().position(|one| below.names_as_issuer(one) && below.is_signed_by(one).is_ok());
            let Some(place) = issuer else { break };
            let issuer = rest.swap_remove(place);
            chain.push(issuer.clone());
            below = issuer;
        }
        (Self(chain), rest.into_iter().cloned().collect())
    }

    /// The certificates, the issuer first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    /// The authority that issued the certificate; `None` when its certificate was not there.
    #[must_use]
    pub fn issuer(&self) -> Option<&Certificate> {
        self.0.first()
    }

    /// The root, when it is there.
    #[must_use]
    pub fn root(&self) -> Option<&Certificate> {
        self.0.last().filter(|top| top.is_root())
    }

    /// The chain as servers send it: those who connect have the root already. A chain that is a root alone becomes empty.
    #[must_use]
    pub fn without_root(&self) -> Self {
        let kept = self.0.len() - usize::from(self.root().is_some());
        Self(self.0.iter().take(kept).cloned().collect())
    }

    /// As text, the issuer first; empty for an empty chain.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.iter().map(Certificate::to_pem).collect()
    }
}

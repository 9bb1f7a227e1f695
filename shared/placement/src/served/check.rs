//! What is served, compared with what was meant.

use std::net::SocketAddr;

use futures::StreamExt as _;
use model::certificate::KeyAlgorithm;

use super::verifier::Takes;
use super::{Endpoint, Served, Unreachable};

/// So many handshakes are under way at once.
const AT_ONCE: usize = 4;
/// What stands for the star of a name.
const ANY_LABEL: &str = "drawbridge-served-check";

/// What is meant to be served.
#[derive(Debug, Clone, Copy)]
pub struct Meant<'a> {
    /// SHA-256 of the certificate, hexadecimal in lower case.
    pub fingerprint_sha256: &'a str,
    /// Its key.
    pub key: KeyAlgorithm,
    /// The SHA-256 of those that stood in its place before.
    pub earlier: &'a [&'a str],
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The name that is asked for, whose star stands for some label; `None` for asking without a name.
    pub host: Option<&'a str>,
    /// What is meant to be served.
    pub meant: Meant<'a>,
}

/// What came back, compared with what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What was meant, at every address.
    Meant,
    /// What stood in its place before, at one address at least.
    Stale {
        /// Its SHA-256.
        fingerprint_sha256: String,
    },
    /// Something else, at one address at least.
    Foreign {
        /// Its SHA-256.
        fingerprint_sha256: String,
    },
    /// Nothing, at any address.
    Unreachable {
        /// Why.
        reason: Unreachable,
    },
}

impl Served {
    /// Asks an endpoint, and answers the questions in their order. Where it cannot be reached at all, one connection is tried
    /// at each of its addresses, whatever the number of questions.
    pub async fn check(&self, endpoint: &Endpoint, questions: &[Question<'_>]) -> Vec<Answer> {
        let unreachable = |reason| vec![Answer::Unreachable { reason }; questions.len()];
        if questions.is_empty() {
            return Vec::new();
        }
        let addresses = match self.addresses(endpoint).await {
            Ok(addresses) => addresses,
            Err(reason) => return unreachable(reason),
        };
        let mut reachable = Vec::new();
        let mut last = Unreachable::NoConnection;
        for (address, tried) in self.try_all(&addresses).await {
            match tried {
                Ok(()) => reachable.push(address),
                Err(reason) => last = reason,
            }
        }
        if reachable.is_empty() {
            return unreachable(last);
        }
        // All made first: whoever spawns this needs it to be `Send`, which a closure in a stream is not.
        let answers: Vec<_> = questions.iter().map(|question| self.answer(&reachable, question)).collect();
        futures::stream::iter(answers).buffered(AT_ONCE).collect().await
    }

    /// Which addresses speak TLS at all.
    async fn try_all(&self, addresses: &[SocketAddr]) -> Vec<(SocketAddr, Result<(), Unreachable>)> {
        let tries = addresses.iter().map(|address| async move {
            let tried = self.handshake(*address, None, Takes::Any).await;
            // A server without a default certificate refuses whoever names no host, and is there all the same.
            let tried = match tried {
                Ok(_) | Err(Unreachable::NoHandshake) => Ok(()),
                Err(reason) => Err(reason),
            };
            (*address, tried)
        });
        futures::future::join_all(tries).await
    }

    async fn answer(&self, addresses: &[SocketAddr], question: &Question<'_>) -> Answer {
        let host = question.host.map(concrete);
        let asked = addresses.iter().map(|address| self.ask(*address, host.as_deref(), &question.meant));
        let answers = futures::future::join_all(asked).await;
        // The worst of them: one zone that serves the old one is what people complain of.
        let worst = |answer: &Answer| match answer {
            Answer::Unreachable { .. } => 0,
            Answer::Meant => 1,
            Answer::Foreign { .. } => 2,
            Answer::Stale { .. } => 3,
        };
        let none = Answer::Unreachable { reason: Unreachable::NoConnection };
        answers.into_iter().max_by_key(worst).unwrap_or(none)
    }

    async fn ask(&self, address: SocketAddr, host: Option<&str>, meant: &Meant<'_>) -> Answer {
        let first = self.handshake(address, host, Takes::Any).await;
        let answer = compared(first, meant);
        // Of two certificates of one name clients that take both get the one of ECDSA. Ours may be the other one.
        if matches!(answer, Answer::Foreign { .. }) {
            let takes = if meant.key.is_rsa() { Takes::RsaAlone } else { Takes::EcdsaAlone };
            let second = compared(self.handshake(address, host, takes).await, meant);
            return if matches!(second, Answer::Unreachable { .. }) { answer } else { second };
        }
        answer
    }
}

fn compared(seen: Result<super::Seen, Unreachable>, meant: &Meant<'_>) -> Answer {
    let fingerprint_sha256 = match seen {
        Ok(seen) => seen.fingerprint_sha256,
        Err(reason) => return Answer::Unreachable { reason },
    };
    if fingerprint_sha256 == meant.fingerprint_sha256 {
        Answer::Meant
    } else if meant.earlier.contains(&fingerprint_sha256.as_str()) {
        Answer::Stale { fingerprint_sha256 }
    } else {
        Answer::Foreign { fingerprint_sha256 }
    }
}

fn concrete(host: &str) -> String {
    match host.strip_prefix("*.") {
        Some(parent) => format!("{ANY_LABEL}.{parent}"),
        None => host.to_owned(),
    }
}

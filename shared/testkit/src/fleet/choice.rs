//! Which certificate a load balancer serves to whom.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html>: the default only to
//! clients that name no host, or one that no certificate of the list is for; of several in the list that are for it, the best
//! that the client can take: ECDSA before RSA, then the longest key, then the validity period, which is not explained, and
//! here is the longest. So a certificate that a renewal left in the list may go on being served.

use super::Shown;

/// What is served to a client that asks for `host`; `takes` says which certificates it can take.
pub(super) fn choose<'s>(
    default: Option<&'s Shown>,
    list: &'s [Shown],
    host: Option<&str>,
    takes: impl Fn(&Shown) -> bool,
) -> Option<&'s Shown> {
    let fitting = |host: &str| {
        let fitting = list.iter().filter(|one| one.covers(host) && takes(one));
        // Of equals the one that was there first.
        fitting.rev().max_by_key(|one| {
            let is_ecdsa = one.key_algorithm.starts_with("EC");
            (is_ecdsa, one.key_bits(), one.not_after.since(one.not_before))
        })
    };
    host.and_then(fitting).or(default)
}

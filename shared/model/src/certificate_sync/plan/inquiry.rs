//! What must be asked besides ACM's list. Of certificates that are as they were left, nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Question;
use super::found::{Found, InAcm};
use super::view::{self, Role, SKEW};
use crate::certificate_sync::DestinationConfig;
use crate::certificate_sync::slot::{Intent, Slot};

/// Something to be asked of ACM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// About this certificate.
    pub arn: String,
    /// Whether what it is and what uses it is asked (DescribeCertificate, and GetCertificate where the role may).
    pub describes: bool,
    /// Whether its tags are.
    pub tags: bool,
}

/// What must be asked, each certificate once, by ARN.
#[must_use]
pub fn inquiries(
    question: &Question<'_>,
    listed: &BTreeMap<String, InAcm>,
    taken: &BTreeSet<String>,
) -> Vec<Inquiry> {
    let mut asked: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    let mut ask = |arn: &str, describes: bool, tags: bool| {
        if describes || tags {
            let one = asked.entry(arn.to_owned()).or_default();
            *one = (one.0 | describes, one.1 | tags);
        }
    };
    for slot in question.slots {
        let role = view::role(question, slot);
        // What may have been imported is looked for also where it is to stay: somebody must know it.
        if role == Role::Resting && !slot.held.is_importing() {
            continue;
        }
        let deletes = role == Role::Going || question.sync.options.can_remove_certificates;
        for arn in slot.arns() {
            ask(arn, !listed.contains_key(arn), false);
        }
        match &slot.held.intent {
            Some(Intent::Import { into: Some(arn), .. }) => ask(arn, true, false),
            Some(Intent::Import { into: None, .. }) => {
                for arn in orphans(question, listed, taken, slot) {
                    ask(arn, true, true);
                }
            }
            Some(
                Intent::Add { .. }
                | Intent::SetDefault { .. }
                | Intent::Remove { .. }
                | Intent::Delete { .. },
            )
            | None => {}
        }
        if let Some(placed) = &slot.held.placed
            && let Some(entry) = listed.get(&placed.arn)
        {
            let is_told =
                view::is_unchanged(placed, entry.stamp) || view::is_plausible(question, placed, entry);
            // What others imported there is replaced by a new ARN where nothing may be imported over it.
            let certificate = question.certificates.get(&slot.wanted.certificate_id);
            let may_go =
                deletes && certificate.is_some_and(|certificate| !view::fits(question, placed, certificate));
            ask(&placed.arn, !is_told, !is_told && may_go);
        }
        for arn in parting(question, slot, role) {
            ask(arn, listed.get(arn).is_none_or(|entry| entry.in_use), deletes);
        }
    }
    asked.into_iter().map(|(arn, (describes, tags))| Inquiry { arn, describes, tags }).collect()
}

/// The ARNs of a slot that may go.
fn parting<'s>(question: &Question<'_>, slot: &'s Slot, role: Role) -> Vec<&'s str> {
    let placed = slot.held.placed.as_ref();
    let certificate = question.certificates.get(&slot.wanted.certificate_id);
    let is_replaced = match (placed, certificate) {
        (Some(placed), Some(certificate)) => {
            let is_same =
                placed.certificate_id == certificate.id && placed.with_root == question.imports_roots();
            !is_same && !view::fits(question, placed, certificate)
        }
        (Some(_) | None, Some(_) | None) => false,
    };
    let retired = slot.held.retired.iter().map(|retired| retired.arn.as_str());
    let placed = placed.filter(|_| role == Role::Going || is_replaced);
    retired.chain(placed.map(|placed| placed.arn.as_str())).collect()
}

/// What a process may have imported for a slot before it died: of the right time, and nobody's that we know.
pub(super) fn orphans<'f>(
    question: &Question<'_>,
    listed: &'f BTreeMap<String, InAcm>,
    taken: &BTreeSet<String>,
    slot: &Slot,
) -> Vec<&'f str> {
    let Some(Intent::Import { certificate_id, into: None, since, .. }) = &slot.held.intent else {
        return Vec::new();
    };
    let certificate = question.certificates.get(certificate_id);
    let mut orphans: Vec<_> = listed
        .iter()
        .filter(|(arn, entry)| {
            entry.is_imported
                && !question.is_known(arn)
                && !taken.contains(*arn)
                && entry.stamp.imported_at.is_some_and(|at| at.plus(SKEW) >= *since)
                && certificate.is_none_or(|one| view::same_second(entry.stamp.not_after, one.facts.not_after))
        })
        .collect();
    orphans.sort_by_key(|(arn, entry)| (entry.stamp.imported_at, *arn));
    orphans.into_iter().map(|(arn, _)| arn.as_str()).collect()
}

/// The load balancers whose listeners matter: the sync's own, those on whose listeners something was put for it, and those
/// that use what is to go.
#[must_use]
pub fn balancers(question: &Question<'_>, found: &Found) -> BTreeSet<String> {
    let own = match &question.sync.destination {
        DestinationConfig::AwsElasticLoadBalancer { load_balancer_arn, .. } => {
            Some(load_balancer_arn.to_string())
        }
        DestinationConfig::AwsCertificateManager { .. } => None,
    };
    let recorded = question.slots.iter().flat_map(|slot| &slot.held.listeners);
    let recorded = recorded.filter_map(|one| of_listener(&one.listener_arn));
    let parting = question.slots.iter().flat_map(|slot| {
        let role = view::role(question, slot);
        parting(question, slot, role)
    });
    let using = parting
        .filter_map(|arn| found.answers.get(arn)?.as_ref()?.in_use_by.as_ref())
        .flatten()
        .filter(|arn| arn.contains(":loadbalancer/app/") || arn.contains(":loadbalancer/net/"))
        .cloned();
    own.into_iter().chain(recorded).chain(using).collect()
}

/// The load balancer of a listener, by its ARN.
pub(super) fn of_listener(listener: &str) -> Option<String> {
    let (balancer, _) = listener.rsplit_once('/')?;
    Some(balancer.replacen(":listener/", ":loadbalancer/", 1))
}

//! ACM and listeners as AWS has them, with what must hold after every change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::Timestamp;
use crate::certificate::{Certificate, KeyAlgorithm};
use crate::certificate_sync::plan::{Answer, CERTIFICATES_PER_LOAD_BALANCER, FoundListener, InAcm, State};
use crate::certificate_sync::slot::Listed;
use crate::certificate_sync::{Destination, ownership};
use crate::id::CertificateSlotId;

pub(super) const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/web/50dc6c495c0c9188";

/// A listener's ARN.
pub(super) fn listener(number: usize) -> String {
    format!("{}/f2f7dc8efc522ab{number}", BALANCER.replace(":loadbalancer/", ":listener/"))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) serial_number: String,
    pub(super) fingerprint: String,
    pub(super) key: KeyAlgorithm,
    pub(super) not_after: Timestamp,
    pub(super) created_at: Timestamp,
    pub(super) imported_at: Timestamp,
    /// What the list says as long as it is behind the last import.
    before: Option<Listed>,
    pub(super) is_issued: bool,
    pub(super) tags: BTreeMap<String, String>,
    /// Whose doing it is.
    pub(super) slot: Option<CertificateSlotId>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Serving {
    pub(super) default: String,
    pub(super) listed: BTreeSet<String>,
}

/// The customer's account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Aws {
    pub(super) acm: BTreeMap<String, Stored>,
    pub(super) listeners: BTreeMap<String, Serving>,
    /// What CloudFront or the like uses.
    pub(super) elsewhere: BTreeSet<String>,
    /// Listeners that speak HTTP.
    pub(super) plain: BTreeSet<String>,
    /// So long ACM's list is behind imports.
    pub(super) lag: Duration,
    /// Whether nothing may be deleted that has not the sync's tag.
    goes_by_tags: bool,
    /// Foreign certificates that the sync put into a list itself.
    parked: BTreeSet<(String, String)>,
    /// What others put on listeners, which is to stay served.
    others: BTreeMap<String, BTreeSet<String>>,
    /// What slots were served where, and are to stay so.
    up: BTreeSet<(CertificateSlotId, String)>,
    /// What others fill a load balancer with.
    crowd: BTreeSet<String>,
    next: u32,
    /// How many calls changed something.
    pub(super) writes: BTreeMap<&'static str, usize>,
}

impl Aws {
    /// So many listeners, each with a foreign default, and one more foreign certificate on the first.
    pub(super) fn new(destination: Destination, listeners: usize, now: Timestamp) -> Self {
        let goes_by_tags = destination == Destination::AwsCertificateManager;
        let mut aws = Self { goes_by_tags, ..Self::default() };
        for number in 0..listeners {
            let default = aws.foreign(now);
            let serving = Serving { default, listed: BTreeSet::new() };
            aws.listeners.insert(listener(number), serving);
        }
        let one_more = aws.foreign(now);
        if let Some(first) = aws.listeners.values_mut().next() {
            first.listed.insert(one_more);
        }
        aws.others_as_they_are();
        aws
    }

    fn count(&mut self, call: &'static str) {
        *self.writes.entry(call).or_default() += 1;
    }

    fn arn(&mut self) -> String {
        self.next += 1;
        format!("arn:aws:acm:eu-west-1:111111111111:certificate/{:08}", self.next)
    }

    /// Somebody imports something of their own.
    pub(super) fn foreign(&mut self, now: Timestamp) -> String {
        let arn = self.arn();
        let number = self.next;
        let stored = Stored {
            serial_number: format!("f{number:07}"),
            fingerprint: format!("foreign{number}"),
            key: KeyAlgorithm::Rsa2048,
            not_after: now.plus(Duration::from_secs(500 * 86_400)),
            created_at: now.minus(Duration::from_secs(86_400)),
            imported_at: now.minus(Duration::from_secs(86_400)),
            before: None,
            is_issued: true,
            tags: BTreeMap::new(),
            slot: None,
        };
        self.acm.insert(arn.clone(), stored);
        arn
    }

    /// What is foreign and served now is what is to stay.
    pub(super) fn others_as_they_are(&mut self) {
        for (arn, serving) in &self.listeners {
            let all = serving.listed.iter().chain(std::iter::once(&serving.default));
            let foreign = all.filter(|one| self.acm.get(*one).is_none_or(|stored| stored.slot.is_none()));
            let parked = |one: &&String| self.parked.contains(&(arn.clone(), (*one).clone()));
            let kept = foreign.filter(|one| !parked(one) || serving.default == **one).cloned().collect();
            self.others.insert(arn.clone(), kept);
        }
    }

    /// Somebody has a listener speak HTTP, or HTTPS again with something of their own.
    pub(super) fn turn(&mut self, listener: &str, now: Timestamp) {
        let is_plain = self.plain.remove(listener);
        let default = if is_plain { self.foreign(now) } else { String::new() };
        if !is_plain {
            self.plain.insert(listener.to_owned());
        }
        self.listeners.insert(listener.to_owned(), Serving { default, listed: BTreeSet::new() });
        self.let_listener_down(listener);
    }

    /// Somebody takes all the room that the load balancer has left, or leaves what they took.
    pub(super) fn crowd(&mut self, now: Timestamp) {
        if self.crowd.is_empty() {
            let room = CERTIFICATES_PER_LOAD_BALANCER.saturating_sub(self.served());
            self.crowd = (0..room).map(|_| self.foreign(now)).collect();
        } else {
            let crowd = std::mem::take(&mut self.crowd);
            self.listeners.values_mut().for_each(|serving| serving.listed.retain(|arn| !crowd.contains(arn)));
            return;
        }
        let tls = self.listeners.iter_mut().find(|(arn, _)| !self.plain.contains(*arn));
        if let Some((_, serving)) = tls {
            serving.listed.extend(self.crowd.iter().cloned());
        }
    }

    /// Somebody takes what is a slot's off a listener.
    pub(super) fn forget_up(&mut self, slot: CertificateSlotId, listener: &str) {
        self.up.remove(&(slot, listener.to_owned()));
    }

    /// A slot is not to be served any more, anywhere or on one listener.
    pub(super) fn let_down(&mut self, slot: CertificateSlotId) {
        self.up.retain(|(one, _)| *one != slot);
    }

    pub(super) fn let_listener_down(&mut self, listener: &str) {
        self.up.retain(|(_, one)| one != listener);
    }

    pub(super) fn is_used(&self, arn: &str) -> bool {
        self.elsewhere.contains(arn)
            || self.listeners.values().any(|one| one.default == arn || one.listed.contains(arn))
    }

    fn users(&self, arn: &str) -> Vec<String> {
        let balancer = self.listeners.values().any(|one| one.default == arn || one.listed.contains(arn));
        let elsewhere = self.elsewhere.contains(arn).then(|| "a distribution".to_owned());
        balancer.then(|| BALANCER.to_owned()).into_iter().chain(elsewhere).collect()
    }

    pub(super) fn list(&self, now: Timestamp) -> BTreeMap<String, InAcm> {
        let line = |(arn, stored): (&String, &Stored)| {
            let state =
                if stored.is_issued { State::Issued } else { State::Other("PENDING_VALIDATION".into()) };
            let before = stored.before.filter(|_| stored.imported_at.plus(self.lag) > now);
            let stamp = before.unwrap_or_else(|| stored.stamp());
            (arn.clone(), InAcm { state, is_imported: true, in_use: self.is_used(arn), stamp })
        };
        self.acm.iter().filter(|(_, stored)| stored.created_at.plus(self.lag) <= now).map(line).collect()
    }

    /// Whether the list does not say yet what was imported.
    pub(super) fn is_behind(&self, now: Timestamp) -> bool {
        self.acm.values().any(|stored| stored.imported_at.plus(self.lag) > now)
    }

    pub(super) fn answer(&self, arn: &str, tags: bool, may_read_tags: bool) -> Option<Answer> {
        let stored = self.acm.get(arn)?;
        Some(Answer {
            serial_number: Some(stored.serial_number.clone()),
            fingerprint_sha256: None,
            in_use_by: Some(self.users(arn)),
            tags: (tags && may_read_tags).then(|| stored.tags.clone()),
            not_after: Some(stored.not_after),
        })
    }

    pub(super) fn found_listeners(&self) -> Vec<FoundListener> {
        let found = |(arn, serving): (&String, &Serving)| {
            let is_plain = self.plain.contains(arn);
            FoundListener {
                arn: arn.clone(),
                load_balancer_arn: BALANCER.to_owned(),
                port: 443,
                protocol: if is_plain { "HTTP" } else { "HTTPS" }.into(),
                default: Some(serving.default.clone()).filter(|_| !is_plain),
                listed: serving.listed.clone(),
            }
        };
        self.listeners.iter().map(found).collect()
    }

    pub(super) fn import(
        &mut self,
        certificate: &Certificate,
        slot: CertificateSlotId,
        tags: BTreeMap<String, String>,
        now: Timestamp,
    ) -> String {
        self.count("import");
        let arn = self.arn();
        let stored = Stored { is_issued: false, ..stored(certificate, slot, tags, now) };
        self.acm.insert(arn.clone(), stored);
        arn
    }

    pub(super) fn import_over(&mut self, arn: &str, certificate: &Certificate, now: Timestamp) {
        self.count("import");
        let before = self.acm.get(arn).unwrap_or_else(|| panic!("{arn} is not there"));
        assert_eq!(before.key, certificate.facts.key_algorithm, "ACM refuses another key under an ARN");
        let slot = before.slot.expect("nothing foreign is imported over");
        let mut next = stored(certificate, slot, before.tags.clone(), now);
        next.created_at = before.created_at;
        next.before = Some(before.stamp());
        self.acm.insert(arn.to_owned(), next);
    }

    pub(super) fn tag(&mut self, arn: &str, name: &str) {
        self.count("tag");
        let stored = self.acm.get_mut(arn).unwrap();
        stored.tags.insert(ownership::NAME.to_owned(), name.to_owned());
    }

    pub(super) fn issue(&mut self, arn: &str) {
        self.acm.get_mut(arn).unwrap().is_issued = true;
    }

    pub(super) fn add(&mut self, listener: &str, arn: &str) {
        self.count("add");
        assert!(!self.plain.contains(listener), "{listener} has no certificates");
        let before = self.served();
        assert!(
            self.acm.get(arn).is_none_or(|one| one.is_issued),
            "{arn} is not issued: CertificateNotFound"
        );
        let is_foreign = self.acm.get(arn).is_none_or(|one| one.slot.is_none());
        let serving = self.listeners.get_mut(listener).unwrap();
        if serving.listed.insert(arn.to_owned()) && is_foreign {
            self.parked.insert((listener.to_owned(), arn.to_owned()));
        }
        let is_raised = before > CERTIFICATES_PER_LOAD_BALANCER;
        assert!(is_raised || self.served() <= CERTIFICATES_PER_LOAD_BALANCER, "TooManyCertificates");
    }

    /// How many certificates the load balancer serves by name.
    pub(super) fn served(&self) -> usize {
        self.listeners.values().flat_map(|one| &one.listed).collect::<BTreeSet<_>>().len()
    }

    pub(super) fn set_default(&mut self, listener: &str, arn: &str) {
        self.count("set default");
        assert!(!self.plain.contains(listener), "{listener} has no certificates");
        assert!(self.acm.get(arn).is_some_and(|one| one.is_issued), "{arn} cannot be a default");
        self.listeners.get_mut(listener).unwrap().default = arn.to_owned();
    }

    pub(super) fn remove(&mut self, listener: &str, arn: &str) {
        self.count("remove");
        let is_ours = self.acm.get(arn).is_some_and(|one| one.slot.is_some());
        let is_parked = self.parked.remove(&(listener.to_owned(), arn.to_owned()));
        let serving = self.listeners.get_mut(listener).unwrap();
        assert!(is_ours || is_parked, "{arn} is somebody else's");
        assert!(is_ours || serving.default == arn, "{arn} would not be served any more");
        assert!(!is_ours || serving.default != arn, "a default is not removed: OperationNotPermitted");
        serving.listed.remove(arn);
    }

    /// What uses it, and then it is not deleted.
    pub(super) fn delete(&mut self, arn: &str) -> Vec<String> {
        self.count("delete");
        let stored = &self.acm[arn];
        let is_tagged = stored.tags.contains_key(ownership::CERTIFICATE_SYNC);
        assert!(stored.slot.is_some() && (is_tagged || !self.goes_by_tags), "{arn} is somebody else's");
        if !self.is_used(arn) {
            self.acm.remove(arn);
            return Vec::new();
        }
        self.users(arn)
    }

    /// What must hold at any moment. `wanted`: the slots that are attached, with the listeners that they are to be served by.
    pub(super) fn look_after(&mut self, wanted: &BTreeSet<(CertificateSlotId, String)>, now: Timestamp) {
        for (listener, serving) in self.listeners.iter().filter(|(arn, _)| !self.plain.contains(*arn)) {
            let all = serving.listed.iter().chain(std::iter::once(&serving.default));
            for arn in all {
                let stored =
                    self.acm.get(arn).unwrap_or_else(|| panic!("{listener} has {arn}, which is gone"));
                assert!(stored.is_issued && stored.not_after > now, "{listener} has {arn}, which is over");
                if let Some(slot) = stored.slot.filter(|slot| wanted.contains(&(*slot, listener.clone()))) {
                    self.up.insert((slot, listener.clone()));
                }
            }
            for foreign in &self.others[listener] {
                let is_served = serving.default == *foreign || serving.listed.contains(foreign);
                assert!(is_served, "{listener} does not serve {foreign} any more, which is somebody else's");
            }
        }
        self.up.retain(|place| wanted.contains(place));
        for (slot, listener) in &self.up {
            let serving = &self.listeners[listener];
            let mut all = serving.listed.iter().chain(std::iter::once(&serving.default));
            let is_served = all.any(|arn| self.acm[arn].slot == Some(*slot));
            assert!(is_served, "{listener} does not serve {slot} any more: a moment without it");
        }
    }
}

impl Stored {
    const fn stamp(&self) -> Listed {
        Listed { imported_at: Some(self.imported_at), not_after: Some(self.not_after) }
    }
}

fn stored(
    certificate: &Certificate,
    slot: CertificateSlotId,
    tags: BTreeMap<String, String>,
    now: Timestamp,
) -> Stored {
    let facts = &certificate.facts;
    Stored {
        serial_number: facts.serial_number.clone(),
        fingerprint: facts.fingerprint_sha256.clone(),
        key: facts.key_algorithm,
        not_after: facts.not_after,
        created_at: now,
        imported_at: now,
        before: None,
        is_issued: true,
        tags,
        slot: Some(slot),
    }
}

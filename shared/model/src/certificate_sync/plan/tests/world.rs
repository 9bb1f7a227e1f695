//! A sync with its slots, an account, and whoever carries plans out and may die at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::aws::{Aws, BALANCER, listener};
use crate::Timestamp;
use crate::certificate::{
    BasicConstraints, Certificate, Facts, KeyAlgorithm, KeyUsage, Life, Revocation, RevocationReason, Subject,
};
use crate::certificate_sync::plan::{
    Action, Book, Found, Outcome, Plan, Question, Rule, Step, Which, balancers, inquiries, plan,
};
use crate::certificate_sync::slot::{Held, Slot, Standing, Wanted};
use crate::certificate_sync::{
    CertificateSync, Destination, DestinationConfig, Listener, Protocol, SyncOptions, name_schema, ownership,
};
use crate::id::{ApplicationId, CertificateId, CertificateSlotId, CertificateSyncId, ConnectionId};
use crate::id::{OrganizationId, ProjectId};

pub(super) struct World {
    pub(super) sync: CertificateSync,
    pub(super) default: Option<CertificateSlotId>,
    pub(super) slots: BTreeMap<CertificateSlotId, Slot>,
    pub(super) certificates: BTreeMap<CertificateId, Certificate>,
    pub(super) aws: Aws,
    /// Whether the role may tag and read tags.
    pub(super) may_tag: bool,
    pub(super) removes: bool,
    pub(super) allows_deletions: bool,
    pub(super) now: Timestamp,
    /// So long it is from one run to the next.
    pub(super) pace: Duration,
    /// Whether people did something before the runs over something earlier came to their end.
    pub(super) is_hasty: bool,
    number: u64,
    /// How many moments the process has left; `None`: it lives on.
    left: Option<u32>,
}

/// The process is dead.
#[derive(Debug)]
pub(super) struct Died;

fn id(kind: u8, number: u64) -> String {
    format!("{kind:08}-0000-4000-8000-{number:012}")
}

impl World {
    pub(super) fn new(destination: Destination, listeners: usize) -> Self {
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let region = "eu-west-1".parse().unwrap();
        let config = match destination {
            Destination::AwsCertificateManager => DestinationConfig::AwsCertificateManager { region },
            Destination::AwsElasticLoadBalancer => DestinationConfig::AwsElasticLoadBalancer {
                region,
                load_balancer_arn: BALANCER.parse().unwrap(),
                listeners: (0..listeners).map(defined).collect(),
            },
        };
        let options = SyncOptions { can_remove_certificates: true, ..SyncOptions::default_of(destination) };
        let sync = CertificateSync {
            id: id(1, 1).parse::<CertificateSyncId>().unwrap(),
            organization_id: OrganizationId::random(),
            project_id: ProjectId::random(),
            application_id: ApplicationId::random(),
            name: "edge".into(),
            description: None,
            connection_id: ConnectionId::random(),
            is_auto_sync_enabled: true,
            destination: config,
            options,
            created_by: "user:ada".into(),
        };
        Self {
            sync,
            default: None,
            slots: BTreeMap::new(),
            certificates: BTreeMap::new(),
            aws: Aws::new(destination, listeners, now),
            may_tag: destination == Destination::AwsCertificateManager,
            removes: false,
            allows_deletions: true,
            now,
            pace: Duration::from_secs(600),
            is_hasty: false,
            number: 0,
            left: None,
        }
    }

    pub(super) fn issue(&mut self, key: KeyAlgorithm) -> CertificateId {
        self.number += 1;
        let certificate = certificate(id(2, self.number).parse().unwrap(), self.number, key, self.now);
        let id = certificate.id;
        self.certificates.insert(id, certificate);
        id
    }

    pub(super) fn attach(&mut self, key: KeyAlgorithm) -> CertificateSlotId {
        let certificate = self.issue(key);
        self.number += 1;
        let slot = Slot {
            id: id(3, self.number).parse().unwrap(),
            certificate_sync_id: self.sync.id,
            wanted: Wanted::attached(certificate, self.now),
            held: Held::default(),
        };
        let slot_id = slot.id;
        self.slots.insert(slot_id, slot);
        slot_id
    }

    pub(super) fn renew(&mut self, slot: CertificateSlotId, key: KeyAlgorithm) {
        let (certificate, now) = (self.issue(key), self.now);
        let slot = self.slots.get_mut(&slot).unwrap();
        slot.wanted = slot.wanted.moved(certificate, now);
    }

    pub(super) fn revoke(&mut self, slot: CertificateSlotId) {
        let certificate = self.slots[&slot].wanted.certificate_id;
        let certificate = self.certificates.get_mut(&certificate).unwrap();
        certificate.revocation = Some(Revocation {
            reason: RevocationReason::Superseded,
            wanted_at: self.now,
            tried_at: self.now,
            revoked_at: Some(self.now),
            failures: 0,
        });
    }

    pub(super) fn detach(&mut self, slot: CertificateSlotId) {
        let (goes, now) = (self.sync.options.can_remove_certificates, self.now);
        if self.default == Some(slot) {
            self.default = None;
        }
        let slot = self.slots.get_mut(&slot).unwrap();
        slot.wanted = slot.wanted.detached(goes, now);
        self.aws.let_down(slot.id);
    }

    pub(super) fn attach_again(&mut self, slot: CertificateSlotId) {
        let now = self.now;
        let slot = self.slots.get_mut(&slot).unwrap();
        slot.wanted = slot.wanted.attached_again(slot.wanted.certificate_id, now);
    }

    pub(super) fn slot(&self, id: CertificateSlotId) -> &Slot {
        &self.slots[&id]
    }

    fn all(&self) -> Vec<Slot> {
        self.slots.values().cloned().collect()
    }

    pub(super) fn with_question<T>(&self, ask: impl FnOnce(&Question<'_>) -> T) -> T {
        let slots = self.all();
        ask(&Question {
            sync: &self.sync,
            application_name: "web",
            default: self.default,
            slots: &slots,
            certificates: &self.certificates,
            removes: self.removes,
            allows_deletions: self.allows_deletions,
            now: self.now,
        })
    }

    pub(super) fn plan(&self) -> Plan {
        self.with_question(|question| {
            let mut found = Found { listed: self.aws.list(self.now), ..Found::default() };
            for inquiry in inquiries(question, &found.listed, &found.taken) {
                let answer = self.aws.answer(&inquiry.arn, inquiry.tags, self.may_tag);
                found.answers.insert(inquiry.arn, answer);
            }
            if balancers(question, &found).contains(BALANCER) {
                found.listeners = self.aws.found_listeners();
            }
            plan(question, &found)
        })
    }

    fn live(&mut self) -> Result<(), Died> {
        match &mut self.left {
            Some(0) => Err(Died),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// One run of a process with so many moments to live.
    pub(super) fn run(&mut self, moments: Option<u32>) -> Result<Plan, Died> {
        self.left = moments;
        self.now = self.now.plus(self.pace);
        let plan = self.plan();
        if plan.guard.stops() {
            return Ok(plan);
        }
        let mut book = Book::of(self.slots.values());
        let mut failed = BTreeSet::new();
        for step in &plan.steps {
            if failed.contains(&step.slot) {
                continue;
            }
            let changed = book.intend(step, &self.certificates, self.now);
            self.keep(&book, changed)?;
            let outcome = self.take(&book, step)?;
            let Some(outcome) = outcome else {
                failed.insert(step.slot);
                continue;
            };
            if matches!(outcome, Outcome::InUse(_)) {
                failed.insert(step.slot);
            }
            let changed = book.conclude(step, &outcome, self.now);
            self.keep(&book, changed)?;
            if step.action == Action::Forget {
                self.live()?;
                self.forget(step.slot);
            }
        }
        Ok(plan)
    }

    fn forget(&mut self, slot: CertificateSlotId) {
        if self.slots[&slot].wanted.standing != Standing::Attached {
            self.slots.remove(&slot);
        }
    }

    fn keep(&mut self, book: &Book, changed: Vec<CertificateSlotId>) -> Result<(), Died> {
        for id in changed {
            self.live()?;
            if let (Some(slot), Some(held)) = (self.slots.get_mut(&id), book.held(id)) {
                slot.held = held.clone();
            }
        }
        Ok(())
    }

    /// What came of a step; `None` when a check says that the rest must wait.
    fn take(&mut self, book: &Book, step: &Step) -> Result<Option<Outcome>, Died> {
        self.live()?;
        let arn = |which: &Which| book.arn(step.slot, which).unwrap();
        match &step.action {
            Action::Import { certificate_id, name } => {
                let (certificate, tags) = (&self.certificates[certificate_id], self.tags(step.slot, name));
                let arn = self.aws.import(certificate, step.slot, tags, self.now);
                self.look_after();
                self.live()?;
                let tagged = self.may_tag.then(|| name.clone());
                return Ok(Some(Outcome::Imported { arn, tagged, with_root: self.imports_roots() }));
            }
            Action::ImportOver { certificate_id, arn } => {
                self.aws.import_over(arn, &self.certificates[certificate_id], self.now);
                self.look_after();
                self.live()?;
                let arn = arn.clone();
                return Ok(Some(Outcome::Imported { arn, tagged: None, with_root: self.imports_roots() }));
            }
            Action::Tag { name } => self.aws.tag(&arn(&Which::Placed), name),
            Action::AwaitIssued => self.aws.issue(&arn(&Which::Placed)),
            Action::Add { listener_arn, certificate, .. } => self.aws.add(listener_arn, &arn(certificate)),
            Action::SetDefault { listener_arn, certificate, .. } => {
                self.aws.set_default(listener_arn, &arn(certificate));
            }
            Action::Check { listener_arn, serves, default, default_is_not } => {
                let serving = &self.aws.listeners[listener_arn];
                let is_so = serves.as_ref().is_none_or(|which| {
                    let arn = arn(which);
                    serving.listed.contains(&arn) || serving.default == arn
                }) && default.as_ref().is_none_or(|which| serving.default == arn(which))
                    && default_is_not.as_ref().is_none_or(|arn| serving.default != *arn);
                if !is_so {
                    return Ok(None);
                }
            }
            Action::Remove { listener_arn, arn } => self.aws.remove(listener_arn, arn),
            Action::Delete { arn } => {
                let by = self.aws.delete(arn);
                if !by.is_empty() {
                    return Ok(Some(Outcome::InUse(by)));
                }
            }
            Action::Adopt { .. }
            | Action::Settle { .. }
            | Action::Forgo
            | Action::Learn(_)
            | Action::Lose { .. }
            | Action::Inherit { .. }
            | Action::Release { .. }
            | Action::Forget => return Ok(Some(Outcome::Done)),
        }
        self.look_after();
        self.live()?;
        Ok(Some(Outcome::Done))
    }

    pub(super) fn imports_roots(&self) -> bool {
        self.sync.destination.destination() == Destination::AwsCertificateManager
            && self.sync.options.include_root_ca
    }

    fn tags(&self, slot: CertificateSlotId, name: &str) -> BTreeMap<String, String> {
        if !self.may_tag {
            return BTreeMap::new();
        }
        let slot = &self.slots[&slot];
        let facts = name_schema::Facts {
            certificate_id: slot.wanted.certificate_id,
            profile_id: None,
            application_id: self.sync.application_id,
            application_name: "web",
            common_name: "",
        };
        let tags = ownership::tags(&self.sync, slot, &facts).into_iter();
        let mut tags: BTreeMap<_, _> = tags.map(|(key, value)| (key.to_owned(), value)).collect();
        tags.insert(ownership::NAME.to_owned(), name.to_owned());
        tags
    }

    /// The places where a slot that was there once must be from then on.
    fn wanted(&self) -> BTreeSet<(CertificateSlotId, String)> {
        let attached = self.slots.values().filter(|slot| slot.wanted.is_attached() && !self.removes);
        let listeners: Vec<String> = match self.sync.destination.destination() {
            Destination::AwsElasticLoadBalancer => {
                let defined = self.sync.destination.listeners().iter();
                defined.map(|one| one.listener_arn.clone()).collect()
            }
            // Where others put it, it stays, whatever its ARN.
            Destination::AwsCertificateManager => self.aws.listeners.keys().cloned().collect(),
        };
        attached.flat_map(|slot| listeners.iter().map(|one| (slot.id, one.clone()))).collect()
    }

    pub(super) fn look_after(&mut self) {
        let wanted = self.wanted();
        self.aws.look_after(&wanted, self.now);
    }

    /// Runs until there is nothing to do any more, and answers the last plan.
    pub(super) fn converge(&mut self) -> Plan {
        for _ in 0..12 {
            let plan = self.run(None).unwrap();
            let waits = plan.failures.iter().any(|failure| matches!(failure.rule, Rule::NotSeenYet(_)))
                || self.aws.is_behind(self.now);
            // What is attached all the same has nothing left after a removal, whose end is not of the plan's making.
            let is_over = plan.steps.iter().all(|step| self.removes && step.action == Action::Forget);
            if (is_over && !waits) || plan.guard.stops() {
                self.is_as_wanted(&plan);
                return plan;
            }
        }
        panic!("it does not come to an end: {:#?}", self.plan());
    }

    /// Whatever listeners cannot have, what fits under the ARN that is there is imported into it.
    fn is_renewed_in_place(&self, plan: &Plan) {
        let of_listeners =
            |rule: &Rule| matches!(rule, Rule::NoListener(_) | Rule::PlainListener(..) | Rule::NoRoom { .. });
        let attached = self.slots.values().filter(|slot| slot.wanted.is_attached() && !self.removes);
        for slot in attached {
            let mut rules = plan.failures.iter().filter(|one| one.slot == slot.id).map(|one| &one.rule);
            let (Some(placed), true) = (&slot.held.placed, rules.all(of_listeners)) else { continue };
            let wanted = &self.certificates[&slot.wanted.certificate_id].facts;
            let there = &self.aws.acm[&placed.arn];
            let fits = self.sync.options.preserve_arn && there.key == wanted.key_algorithm;
            if fits {
                assert_eq!(there.serial_number, wanted.serial_number, "{slot:#?}");
            }
        }
    }

    /// What is wanted is there, but where the plan says that it cannot be.
    fn is_as_wanted(&self, plan: &Plan) {
        self.is_renewed_in_place(plan);
        let failed: BTreeSet<_> = plan.failures.iter().map(|failure| failure.slot).collect();
        for slot in self.slots.values().filter(|slot| !failed.contains(&slot.id)) {
            if !slot.wanted.is_attached() || self.removes {
                let is_left = slot.wanted.standing == Standing::Left && !self.removes;
                assert!(is_left || slot.held.placed.is_none(), "{slot:#?}");
                continue;
            }
            let placed = slot.held.placed.as_ref().unwrap_or_else(|| panic!("{slot:#?}"));
            let (wanted, there) =
                (&self.certificates[&slot.wanted.certificate_id], &self.aws.acm[&placed.arn]);
            assert_eq!(there.serial_number, wanted.facts.serial_number, "{slot:#?}");
            for defined in self.sync.destination.listeners() {
                let serving = &self.aws.listeners[&defined.listener_arn];
                assert!(serving.listed.contains(&placed.arn), "{slot:#?} {serving:#?}");
                if self.default == Some(slot.id) && defined.takes_default() {
                    assert_eq!(serving.default, placed.arn);
                }
                let old = slot.held.retired.iter().find(|old| serving.listed.contains(&old.arn));
                assert_eq!(old, None, "an old certificate stays behind for SNI");
            }
            // The name is for people: one that a process died over is put right by the next renewal.
            if self.may_tag && !self.is_hasty {
                assert_eq!(there.tags.get(ownership::NAME), placed.tagged.as_ref());
            }
            assert!(!self.sync.options.can_remove_certificates || slot.held.retired.is_empty(), "{slot:#?}");
            assert_eq!(slot.held.intent, None, "{slot:#?}");
        }
        let known: BTreeSet<&str> = self.slots.values().flat_map(|slot| slot.arns()).collect();
        for (arn, stored) in &self.aws.acm {
            assert!(stored.slot.is_none() || known.contains(arn.as_str()), "nobody knows {arn}: {stored:#?}");
        }
    }
}

pub(super) fn defined(number: usize) -> Listener {
    Listener { listener_arn: listener(number), port: 443, protocol: Protocol::Https, set_as_default: None }
}

fn certificate(id: CertificateId, number: u64, key: KeyAlgorithm, now: Timestamp) -> Certificate {
    Certificate {
        id,
        project_id: ProjectId::random(),
        profile_id: None,
        application_id: None,
        certificate_authority_id: None,
        request_id: None,
        facts: Facts {
            serial_number: format!("{number:08x}"),
            subject: Subject { common_name: Some("api.example.com".into()), ..Subject::default() },
            alt_names: Vec::new(),
            key_algorithm: key,
            signature_algorithm: None,
            key_usages: [KeyUsage::DigitalSignature].into(),
            extended_key_usages: [].into(),
            basic_constraints: BasicConstraints::default(),
            not_before: now,
            not_after: now.plus(Duration::from_secs(90 * 86_400)),
            fingerprint_sha1: String::new(),
            fingerprint_sha256: format!("sha256-{number}"),
        },
        arn: None,
        has_private_key: true,
        removes_roots: false,
        renewed_from: None,
        renewed_by: None,
        revocation: None,
        life: Life::default(),
        due_at: None,
    }
}

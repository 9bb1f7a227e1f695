//! One slot, with what is known of it at ACM.

use std::time::Duration;

use super::found::{Answer, Found, InAcm};
use super::rule::Rule;
use super::step::Action;
use super::{Question, inquiry};
use crate::Timestamp;
use crate::certificate::{Certificate, CertificateStatus};
use crate::certificate_sync::ownership::{self, Owner};
use crate::certificate_sync::slot::{Intent, Listed, Placed, Slot, Standing};
use crate::id::CertificateId;

/// ACM's clock and ours differ by less, and so do the beginning of an import and its end.
pub(super) const SKEW: Duration = Duration::from_secs(5 * 60);

/// So long ACM's list may be behind an import.
pub(super) const LIST_LAGS: Duration = Duration::from_secs(60);

/// What a slot is to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Its certificate is to be at AWS.
    Present,
    /// What AWS has of it is to go.
    Going,
    /// AWS keeps what it has.
    Resting,
}

/// What is to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bringing {
    /// Nothing.
    Nothing,
    /// A new certificate in ACM.
    New(CertificateId),
    /// Another one under the ARN that is in place.
    Over(CertificateId),
}

/// A slot, with what is known of it at ACM.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) slot: &'a Slot,
    pub(super) role: Role,
    /// What is written down first, because it has happened already.
    pub(super) records: Vec<Action>,
    /// The ARN that is in place when they are written down.
    pub(super) placed: Option<String>,
    /// The slot's other ARNs that ACM has; with [`Bringing::New`] also the one that is in place now.
    pub(super) old: Vec<String>,
    pub(super) bringing: Bringing,
    /// What it is to be called in tags, where its tags do not say so.
    pub(super) tag: Option<String>,
    /// Why nothing can be done for it.
    pub(super) rule: Option<Rule>,
    /// The listeners that nothing can be put on for it, each with the reason.
    pub(super) unfit: Vec<(String, Rule)>,
    /// What people should know.
    pub(super) note: Option<Rule>,
}

impl<'a> View<'a> {
    pub(super) fn of(question: &Question<'a>, found: &Found, slot: &'a Slot) -> Self {
        let role = role(question, slot);
        let placed = slot.held.placed.clone();
        let old = slot.held.retired.iter().map(|retired| retired.arn.clone()).collect();
        let mut view = Self {
            slot,
            role,
            records: Vec::new(),
            placed: None,
            old,
            bringing: Bringing::Nothing,
            tag: None,
            rule: None,
            unfit: Vec::new(),
            note: None,
        };
        let is_recalled = role != Role::Resting || slot.held.is_importing();
        let placed = if is_recalled { view.recall(question, found, placed) } else { placed };
        if role == Role::Resting {
            view.placed = placed.map(|placed| placed.arn);
            return view;
        }
        let (placed, is_foreign) = view.compare(question, found, placed);
        view.drop_lost(found);
        view.placed = placed.as_ref().map(|placed| placed.arn.clone());
        if role == Role::Present && view.rule.is_none() {
            view.want(question, placed, is_foreign);
        }
        view
    }

    /// Whether steps may be planned that change what is served.
    pub(super) const fn is_able(&self) -> bool {
        matches!(self.role, Role::Present) && self.rule.is_none()
    }

    /// Whether an ARN is this slot's.
    pub(super) fn has(&self, arn: &str) -> bool {
        self.placed.as_deref() == Some(arn) || self.is_old(arn)
    }

    /// Whether an ARN was this slot's, and another one takes its place.
    pub(super) fn is_old(&self, arn: &str) -> bool {
        self.old.iter().any(|one| one == arn)
    }

    /// The ARN that will be in place, where that is known already.
    pub(super) fn known(&self) -> Option<&str> {
        match self.bringing {
            Bringing::New(_) => None,
            Bringing::Nothing | Bringing::Over(_) => self.placed.as_deref(),
        }
    }

    /// What a process that died has left.
    fn recall(
        &mut self,
        question: &Question<'_>,
        found: &Found,
        mut placed: Option<Placed>,
    ) -> Option<Placed> {
        let Some(Intent::Import {
            certificate_id,
            fingerprint_sha256,
            serial_number,
            into,
            key_algorithm,
            since,
        }) = &self.slot.held.intent
        else {
            self.records.extend(self.slot.held.intent.as_ref().map(|_over| Action::Forgo));
            return placed;
        };
        let now_placed = |arn: &str| Placed {
            arn: arn.to_owned(),
            certificate_id: *certificate_id,
            fingerprint_sha256: fingerprint_sha256.clone(),
            serial_number: serial_number.clone(),
            key_algorithm: *key_algorithm,
            listed: None,
            tagged: None,
            with_root: question.imports_roots(),
            imported_at: *since,
        };
        match into {
            Some(arn) => {
                let answer = found.answers.get(arn).and_then(Option::as_ref);
                let is_done = answer.is_some_and(|answer| answer.is(serial_number, fingerprint_sha256));
                if let Some(read) = placed.as_mut().filter(|placed| placed.arn == *arn && is_done) {
                    let tagged = read.tagged.take();
                    *read = Placed { tagged, ..now_placed(arn) };
                    self.records.push(Action::Settle { with_root: question.imports_roots() });
                } else {
                    self.records.push(Action::Forgo);
                }
            }
            None => {
                let (mut sure, mut unsure) = (Vec::new(), Vec::new());
                for arn in inquiry::orphans(question, &found.listed, &found.taken, self.slot) {
                    let answer = found.answers.get(arn).and_then(Option::as_ref);
                    let Some(answer) = answer.filter(|answer| answer.is(serial_number, fingerprint_sha256))
                    else {
                        continue;
                    };
                    match self.claim(question, answer) {
                        Claim::Ours(tagged) => sure.push((arn, tagged)),
                        Claim::Perhaps => unsure.push((arn, None)),
                        Claim::Not => {}
                    }
                }
                if sure.is_empty() && unsure.len() > 1 {
                    let arns = unsure.drain(..).map(|(arn, _)| arn.to_owned()).collect();
                    self.note = Some(Rule::Ambiguous(arns));
                }
                let with_root = question.imports_roots();
                let found = if sure.is_empty() { unsure } else { sure };
                let imported: Vec<_> =
                    found.into_iter().map(|(arn, tagged)| (arn.to_owned(), tagged)).collect();
                for (arn, tagged) in &imported {
                    self.old.extend(placed.take().map(|before| before.arn));
                    placed = Some(Placed { tagged: tagged.clone(), ..now_placed(arn) });
                }
                let seen_by = since.plus(LIST_LAGS);
                if !imported.is_empty() {
                    self.records.push(Action::Adopt { imported, with_root });
                } else if question.now < seen_by {
                    self.rule = Some(Rule::NotSeenYet(seen_by));
                } else {
                    self.records.push(Action::Forgo);
                }
            }
        }
        placed
    }

    /// Whether something may have been imported for it that nobody has seen yet. It is looked for first: any other step would
    /// forget that it is.
    pub(super) fn is_in_doubt(&self) -> bool {
        matches!(self.rule, Some(Rule::NotSeenYet(_)))
    }

    /// Whether what looks like this slot's is.
    fn claim(&self, question: &Question<'_>, answer: &Answer) -> Claim {
        let Some(tags) = &answer.tags else {
            return if question.is_acm() { Claim::Not } else { Claim::Perhaps };
        };
        match ownership::owner(question.sync.id, pairs(tags)) {
            Owner::This(Some(slot)) if slot == self.slot.id => {
                Claim::Ours(tags.get(ownership::NAME).cloned())
            }
            // With documented tags nothing of ours in ACM is without.
            Owner::Nobody if !question.is_acm() => Claim::Perhaps,
            Owner::This(_) | Owner::Another(_) | Owner::Nobody => Claim::Not,
        }
    }

    /// Whether what is in place is what was put there; `true` when it is something else.
    fn compare(
        &mut self,
        question: &Question<'_>,
        found: &Found,
        placed: Option<Placed>,
    ) -> (Option<Placed>, bool) {
        let Some(placed) = placed else { return (None, false) };
        let answer = found.answers.get(&placed.arn);
        let Some(entry) = found.listed.get(&placed.arn) else {
            // The list is a moment behind; an answer is not.
            return if answer == Some(&None) {
                self.records.push(Action::Lose { arn: placed.arn });
                (None, false)
            } else {
                (Some(placed), false)
            };
        };
        if placed.listed == Some(entry.stamp) {
            return (Some(placed), false);
        }
        let is_it = is_plausible(question, &placed, entry)
            || answer
                .and_then(Option::as_ref)
                .is_some_and(|answer| answer.is(&placed.serial_number, &placed.fingerprint_sha256));
        if is_it {
            self.records.push(Action::Learn(entry.stamp));
            return (Some(placed), false);
        }
        let is_told = answer
            .and_then(Option::as_ref)
            .is_some_and(|answer| answer.serial_number.is_some() || answer.fingerprint_sha256.is_some());
        // What could not be asked is believed to be what it was.
        (Some(placed), is_told)
    }

    fn drop_lost(&mut self, found: &Found) {
        let is_lost = |arn: &String| !found.listed.contains_key(arn) && found.answers.get(arn) == Some(&None);
        let (lost, old) = std::mem::take(&mut self.old).into_iter().partition(is_lost);
        self.old = old;
        let lost: Vec<String> = lost;
        self.records.extend(lost.into_iter().map(|arn| Action::Lose { arn }));
    }

    /// What is to be imported, and how it is called.
    fn want(&mut self, question: &Question<'_>, placed: Option<Placed>, is_foreign: bool) {
        let Some(certificate) = question.certificates.get(&self.slot.wanted.certificate_id) else {
            self.rule = Some(Rule::Gone);
            return;
        };
        self.rule = obstacle(certificate, question.now);
        if self.rule.is_some() {
            return;
        }
        let name = question.name(certificate);
        let Some(placed) = placed else {
            self.bringing = Bringing::New(certificate.id);
            return;
        };
        let is_same = placed.fingerprint_sha256 == certificate.facts.fingerprint_sha256
            && placed.with_root == question.imports_roots()
            && !is_foreign;
        if !is_same && !fits(question, &placed, certificate) {
            self.old.push(placed.arn);
            self.bringing = Bringing::New(certificate.id);
            return;
        }
        if !is_same {
            self.bringing = Bringing::Over(certificate.id);
        }
        // A role that could not tag at the import cannot tag now; that the role of a sync with ACM cannot is an error.
        let is_tagged = placed.tagged.is_some() || question.is_acm();
        self.tag = Some(name).filter(|name| is_tagged && placed.tagged.as_ref() != Some(name));
    }
}

enum Claim {
    Ours(Option<String>),
    Perhaps,
    Not,
}

pub(super) const fn role(question: &Question<'_>, slot: &Slot) -> Role {
    match slot.wanted.standing {
        _any if question.removes => Role::Going,
        Standing::Attached => Role::Present,
        Standing::Leaving => Role::Going,
        Standing::Left => Role::Resting,
    }
}

/// Why a certificate cannot be imported.
fn obstacle(certificate: &Certificate, now: Timestamp) -> Option<Rule> {
    let facts = &certificate.facts;
    match certificate.status(now) {
        CertificateStatus::Revoked => Some(Rule::Revoked),
        CertificateStatus::Expired => Some(Rule::Expired(facts.not_after)),
        CertificateStatus::Active if facts.not_before > now => Some(Rule::NotYet(facts.not_before)),
        CertificateStatus::Active if !certificate.has_private_key => Some(Rule::NoKey),
        CertificateStatus::Active => None,
    }
}

/// Whether ACM takes a certificate in the place of what has this ARN: its key is of the same kind and size, and it may be used
/// for all that the earlier one may.
/// <https://docs.aws.amazon.com/acm/latest/userguide/import-reimport.html>
pub(super) fn fits(question: &Question<'_>, placed: &Placed, certificate: &Certificate) -> bool {
    let (new, before) = (&certificate.facts, question.certificates.get(&placed.certificate_id));
    question.sync.options.preserve_arn
        && placed.key_algorithm == new.key_algorithm
        && before.is_none_or(|before| {
            before.facts.key_usages.is_subset(&new.key_usages)
                && before.facts.extended_key_usages.is_subset(&new.extended_key_usages)
        })
}

/// Whether what ACM lists can only be what was just imported, although nobody has compared them yet.
pub(super) fn is_plausible(question: &Question<'_>, placed: &Placed, entry: &InAcm) -> bool {
    let Some(certificate) = question.certificates.get(&placed.certificate_id) else { return false };
    placed.listed.is_none()
        && entry.is_imported
        && same_second(entry.stamp.not_after, certificate.facts.not_after)
        && entry.stamp.imported_at.is_some_and(|at| is_near(at, placed.imported_at))
}

/// ACM's moments are whole seconds.
pub(super) fn same_second(one: Option<Timestamp>, other: Timestamp) -> bool {
    one.is_some_and(|one| one.unix_seconds() == other.unix_seconds())
}

fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.plus(SKEW) >= other && other.plus(SKEW) >= one
}

/// Whether a list says the same as when it was read last.
pub(super) fn is_unchanged(placed: &Placed, stamp: Listed) -> bool {
    placed.listed == Some(stamp)
}

pub(super) fn pairs(tags: &std::collections::BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}

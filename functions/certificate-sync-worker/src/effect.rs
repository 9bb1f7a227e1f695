//! Single steps: each at most one change in the customer's account.

use std::time::Duration;

use model::certificate_sync::plan::{Action, Book, Outcome, Step, Which, title};
use model::certificate_sync::{Destination, ownership};
use model::id::{CertificateId, CertificateSlotId};
use placement::acm::{Deleted, Material, Status};
use placement::load_balancer::Changed;
use placement::{Class, Error};

use crate::Fault;
use crate::hands::Hands;
use crate::lease::Lease;
use crate::material::{NoMaterial, material};
use crate::run::TO_PUT_AWAY;
use crate::target::Target;

/// How long a new certificate is waited for, until ACM calls it issued and load balancers know it.
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST_LOOK: Duration = Duration::from_secs(1);
const LONGEST_LOOK: Duration = Duration::from_secs(8);

/// What became of a step.
#[derive(Debug)]
pub(crate) enum Became {
    /// It is done, or surely not, in a way that the book knows.
    Done(Outcome),
    /// AWS refused it, or it cannot be done: somebody must change something.
    Failed(String),
    /// It is not done, and may go better later.
    Unlucky(String),
    /// Nobody knows whether it is done; later it can be seen.
    Unclear(String),
}

/// Who takes steps.
#[derive(Debug)]
pub(crate) struct Taker<'r> {
    pub(crate) lease: &'r Lease<'r>,
    pub(crate) target: &'r Target,
    pub(crate) hands: Hands<'r>,
    /// Whether the role turned out not to be allowed to tag: told once, and not tried again in this run.
    pub(crate) untagged: bool,
}

impl Taker<'_> {
    /// Takes one step, whose intent is written down.
    pub(crate) async fn take(&mut self, book: &Book, step: &Step) -> Result<Became, Fault> {
        let slot = step.slot;
        let done = match &step.action {
            Action::Import { certificate_id, name } => return self.import(slot, *certificate_id, name).await,
            Action::ImportOver { certificate_id, arn } => {
                return self.import_over(*certificate_id, arn).await;
            }
            Action::Tag { name } => self.tag(book, slot, name).await,
            Action::AwaitIssued => self.await_issued(book, slot).await,
            Action::Add { listener_arn, certificate, .. } => {
                self.change(book, slot, listener_arn, certificate, false).await
            }
            Action::SetDefault { listener_arn, certificate, .. } => {
                self.change(book, slot, listener_arn, certificate, true).await
            }
            Action::Check { .. } => self.check(book, step).await,
            Action::Remove { listener_arn, arn } => self.remove(listener_arn, arn).await,
            Action::Delete { arn } => self.delete(arn).await,
            Action::Adopt { .. }
            | Action::Settle { .. }
            | Action::Forgo
            | Action::Learn(_)
            | Action::Lose { .. }
            | Action::Inherit { .. }
            | Action::Release { .. }
            | Action::Forget => Ok(Became::Done(Outcome::Done)),
        };
        Ok(done.unwrap_or_else(|error| of_error(&error)))
    }

    async fn import(
        &mut self,
        slot: CertificateSlotId,
        certificate: CertificateId,
        name: &str,
    ) -> Result<Became, Fault> {
        let with_root = self.imports_roots();
        let deployable = match self.material(certificate).await? {
            Ok(deployable) => deployable,
            Err(became) => return Ok(became),
        };
        let key = &deployable.key;
        let chain = deployable.chain.as_deref();
        let material = Material { certificate: &deployable.certificate, chain, key };
        let ids = (self.target.sync.id.to_string(), slot.to_string());
        let tags = [
            (ownership::MANAGED_BY, ownership::DRAWBRIDGE),
            (ownership::CERTIFICATE_SYNC, ids.0.as_str()),
            (ownership::CERTIFICATE, ids.1.as_str()),
            (ownership::NAME, name),
        ];
        let is_needed = self.needs_tags();
        let acm = match self.hands.import().await {
            Ok(acm) => acm,
            Err(error) => return Ok(of_error(&error)),
        };
        let imported = if self.untagged { None } else { Some(acm.import(&material, &tags).await) };
        let (imported, tagged) = match imported {
            Some(Err(error)) if !is_needed && is_about_tags(&error) => {
                self.untagged = true;
                (acm.import(&material, &[]).await, None)
            }
            Some(imported) => (imported, Some(name.to_owned())),
            None => (acm.import(&material, &[]).await, None),
        };
        Ok(match imported {
            Ok(arn) => Became::Done(Outcome::Imported { arn, tagged, with_root }),
            Err(error) => of_error(&error),
        })
    }

    async fn import_over(&mut self, certificate: CertificateId, arn: &str) -> Result<Became, Fault> {
        let with_root = self.imports_roots();
        let deployable = match self.material(certificate).await? {
            Ok(deployable) => deployable,
            Err(became) => return Ok(became),
        };
        let chain = deployable.chain.as_deref();
        let material = Material { certificate: &deployable.certificate, chain, key: &deployable.key };
        let replaced = match self.hands.replace().await {
            Ok(acm) => acm.replace(arn, &material).await,
            Err(error) => Err(error),
        };
        Ok(match replaced {
            Ok(()) => Became::Done(Outcome::Imported { arn: arn.to_owned(), tagged: None, with_root }),
            Err(error) => of_error(&error),
        })
    }

    /// The policy of load balancers does not let us tag; then our record alone knows what is ours.
    fn needs_tags(&self) -> bool {
        match self.target.sync.destination.destination() {
            Destination::AwsCertificateManager => true,
            Destination::AwsElasticLoadBalancer => false,
        }
    }

    fn imports_roots(&self) -> bool {
        self.target.question(self.lease, self.lease.now()).imports_roots()
    }

    async fn material(&self, certificate: CertificateId) -> Result<Result<x509::Deployable, Became>, Fault> {
        match material(self.lease.worker, certificate, self.imports_roots(), self.lease.now()).await {
            Ok(deployable) => Ok(Ok(deployable)),
            Err(NoMaterial::Unfit(words)) => Ok(Err(Became::Failed(words))),
            Err(NoMaterial::Later(words)) => Ok(Err(Became::Unlucky(words))),
            Err(NoMaterial::Read(error)) => Err(error.into()),
        }
    }

    async fn tag(&mut self, book: &Book, slot: CertificateSlotId, name: &str) -> Result<Became, Error> {
        let Some(arn) = book.arn(slot, &Which::Placed) else { return Ok(nothing_placed()) };
        if self.untagged {
            return Ok(Became::Done(Outcome::Untagged));
        }
        let ids = (self.target.sync.id.to_string(), slot.to_string());
        let tags = [
            (ownership::MANAGED_BY, ownership::DRAWBRIDGE),
            (ownership::CERTIFICATE_SYNC, ids.0.as_str()),
            (ownership::CERTIFICATE, ids.1.as_str()),
            (ownership::NAME, name),
        ];
        match self.hands.replace().await?.add_tags(&arn, &tags).await {
            Ok(()) => Ok(Became::Done(Outcome::Done)),
            Err(error) if !self.needs_tags() && is_about_tags(&error) => {
                self.untagged = true;
                Ok(Became::Done(Outcome::Untagged))
            }
            Err(error) => Err(error),
        }
    }

    async fn await_issued(&mut self, book: &Book, slot: CertificateSlotId) -> Result<Became, Error> {
        let Some(arn) = book.arn(slot, &Which::Placed) else { return Ok(nothing_placed()) };
        let mut wait = Patience::of(self.lease);
        loop {
            let described = self.hands.look().await?.describe(&arn).await?;
            let state = match described.map(|described| described.status) {
                Some(Status::Issued) => return Ok(Became::Done(Outcome::Done)),
                Some(Status::Expired) => return Ok(Became::Failed(format!("ACM calls {arn} EXPIRED"))),
                Some(other @ (Status::Pending | Status::Other(_))) => other.name().to_owned(),
                // The list was a moment ahead.
                None => "unknown".to_owned(),
            };
            if !wait.a_while(self.lease).await {
                return Ok(Became::Unlucky(format!("ACM does not call {arn} ISSUED yet, but {state}")));
            }
        }
    }

    /// Adds a certificate to a listener, or makes it its default. One that was imported a moment ago is not known at once.
    async fn change(
        &mut self,
        book: &Book,
        slot: CertificateSlotId,
        listener: &str,
        certificate: &Which,
        is_default: bool,
    ) -> Result<Became, Error> {
        let Some(arn) = book.arn(slot, certificate) else { return Ok(nothing_placed()) };
        let mut wait = Patience::of(self.lease);
        loop {
            let balancers = self.hands.balancers().await?;
            let changed = if is_default {
                balancers.set_default(listener, &arn).await?
            } else {
                balancers.add(listener, &arn).await?
            };
            match changed {
                Changed::Now => return Ok(Became::Done(Outcome::Done)),
                Changed::Full(words) => return Ok(Became::Failed(words)),
                Changed::NoCertificate(words) => {
                    if !wait.a_while(self.lease).await {
                        return Ok(Became::Unlucky(words));
                    }
                }
            }
        }
    }

    async fn check(&mut self, book: &Book, step: &Step) -> Result<Became, Error> {
        let Action::Check { listener_arn, serves, default, default_is_not } = &step.action else {
            return Ok(Became::Done(Outcome::Done));
        };
        let arn = |which: &Option<Which>| which.as_ref().and_then(|which| book.arn(step.slot, which));
        let (serves, meant) = (arn(serves), arn(default));
        let mut wait = Patience::of(self.lease);
        loop {
            let has = self.hands.balancers().await?.certificates(listener_arn).await?;
            let is_served = serves.as_ref().is_none_or(|arn| has.has(arn));
            let is_default = meant.is_none() || has.default == meant;
            let is_another = default_is_not.is_none() || has.default != *default_is_not;
            if is_served && is_default && is_another {
                return Ok(Became::Done(Outcome::Done));
            }
            if !wait.a_while(self.lease).await {
                let words = format!(
                    "listener {} does not have what was put there; nothing old was removed from it",
                    title(listener_arn)
                );
                return Ok(Became::Unlucky(words));
            }
        }
    }

    /// Takes a certificate out of a listener's list. AWS refuses that of a default that is not in the list, which is how a
    /// removal ends whose first answer was lost: then it is done.
    async fn remove(&mut self, listener: &str, arn: &str) -> Result<Became, Error> {
        let balancers = self.hands.balancers().await?;
        match balancers.remove(listener, arn).await {
            Ok(()) => {}
            Err(error) if error.code() == Some("OperationNotPermitted") => {
                if balancers.certificates(listener).await?.others.contains(arn) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(Became::Done(Outcome::Done))
    }

    async fn delete(&mut self, arn: &str) -> Result<Became, Error> {
        Ok(match self.hands.delete().await?.delete(arn).await? {
            Deleted::Now | Deleted::Already => Became::Done(Outcome::Done),
            Deleted::InUse(_) => Became::Done(Outcome::InUse(Vec::new())),
        })
    }
}

/// Looks again and again, with growing waits.
struct Patience {
    end: std::time::Instant,
    next: Duration,
}

impl Patience {
    fn of(lease: &Lease<'_>) -> Self {
        Self { end: lease.worker.placements.pace().now() + PATIENCE, next: FIRST_LOOK }
    }

    /// Waits a while; `false` when there is no more patience, or no more time.
    async fn a_while(&mut self, lease: &Lease<'_>) -> bool {
        let pace = lease.worker.placements.pace();
        let at = pace.now() + self.next;
        if at > self.end || lease.deadline.is_near(self.next + TO_PUT_AWAY) {
            return false;
        }
        pace.sleep_until(at).await;
        self.next = (self.next * 2).min(LONGEST_LOOK);
        true
    }
}

fn nothing_placed() -> Became {
    Became::Unlucky("the certificate is not in ACM".to_owned())
}

/// A refusal of tags: of those that an import brings along too.
fn is_about_tags(error: &Error) -> bool {
    error.class() == Class::Denied && error.to_string().contains("AddTagsToCertificate")
}

fn of_error(error: &Error) -> Became {
    let words = error.to_string();
    if error.may_be_done() {
        Became::Unclear(words)
    } else if error.is_passing() {
        Became::Unlucky(words)
    } else {
        Became::Failed(words)
    }
}

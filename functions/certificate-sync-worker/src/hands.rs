//! The sessions of one run, each opened when it is needed first, and each for its deed alone.

use model::arn::Arn;
use placement::{Acm, AcmDeed, At, BalancerDeed, Error, LoadBalancers};

use crate::lease::Lease;
use crate::run::TO_PUT_AWAY;
use crate::target::Target;

/// What is changed in a run, which its sessions are narrowed to.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// Certificates that are imported over and tagged.
    pub(crate) replaced: Vec<String>,
    /// Certificates that are deleted.
    pub(crate) deleted: Vec<String>,
    /// Listeners that are changed.
    pub(crate) listeners: Vec<Arn>,
}

/// The sessions of one run.
#[derive(Debug)]
pub(crate) struct Hands<'r> {
    lease: &'r Lease<'r>,
    target: &'r Target,
    scope: Scope,
    look: Option<Acm>,
    import: Option<Acm>,
    replace: Option<Acm>,
    delete: Option<Acm>,
    balancers: Option<LoadBalancers>,
}

impl<'r> Hands<'r> {
    pub(crate) const fn new(lease: &'r Lease<'r>, target: &'r Target, scope: Scope) -> Self {
        Self { lease, target, scope, look: None, import: None, replace: None, delete: None, balancers: None }
    }

    async fn acm(&self, deed: AcmDeed<'_>) -> Result<Acm, Error> {
        let region = self.target.sync.destination.region();
        self.lease.worker.placements.acm(&self.target.connection, region, deed, at(self.lease)).await
    }

    /// For looking.
    pub(crate) async fn look(&mut self) -> Result<&Acm, Error> {
        let opened = match self.look.take() {
            Some(acm) => acm,
            None => self.acm(AcmDeed::Look).await?,
        };
        Ok(self.look.insert(opened))
    }

    /// For importing what is new.
    pub(crate) async fn import(&mut self) -> Result<&Acm, Error> {
        let opened = match self.import.take() {
            Some(acm) => acm,
            None => self.acm(AcmDeed::Import).await?,
        };
        Ok(self.import.insert(opened))
    }

    /// For importing over what is there, and tagging it.
    pub(crate) async fn replace(&mut self) -> Result<&Acm, Error> {
        let opened = match self.replace.take() {
            Some(acm) => acm,
            None => {
                let arns: Vec<&str> = self.scope.replaced.iter().map(String::as_str).collect();
                self.acm(AcmDeed::Replace(&arns)).await?
            }
        };
        Ok(self.replace.insert(opened))
    }

    /// For deleting.
    pub(crate) async fn delete(&mut self) -> Result<&Acm, Error> {
        let opened = match self.delete.take() {
            Some(acm) => acm,
            None => {
                let arns: Vec<&str> = self.scope.deleted.iter().map(String::as_str).collect();
                self.acm(AcmDeed::Delete(&arns)).await?
            }
        };
        Ok(self.delete.insert(opened))
    }

    /// For listeners.
    pub(crate) async fn balancers(&mut self) -> Result<&LoadBalancers, Error> {
        let opened = match self.balancers.take() {
            Some(balancers) => balancers,
            None => {
                let region = self.target.sync.destination.region();
                let deed = if self.scope.listeners.is_empty() {
                    BalancerDeed::Look
                } else {
                    BalancerDeed::Change(&self.scope.listeners)
                };
                let (lease, target) = (self.lease, self.target);
                lease.worker.placements.load_balancers(&target.connection, region, deed, at(lease)).await?
            }
        };
        Ok(self.balancers.insert(opened))
    }
}

/// No call begins in the last moments of an invocation: what is under way ends, and is written down.
pub(crate) fn at(lease: &Lease<'_>) -> At {
    let left = lease.deadline.left().saturating_sub(TO_PUT_AWAY);
    At { now: lease.now(), until: Some(lease.worker.placements.pace().now() + left) }
}

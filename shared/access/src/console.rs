//! Into the console: from our own role to a resource's role, and from there to the role that a person uses.
//!
//! The first hop is the same for everybody and is remembered; the second is one person's, and nothing keeps it. Both
//! present the project's id as External ID.

use std::time::Duration;

use model::Timestamp;
use model::arn::RoleArn;
use model::connection::ExternalId;
use model::id::PamResourceId;
use model::pam::{PamResource, PamSession, SessionDuration, SessionName};
use model::policy::{Document, SessionPolicy, Statement};

use crate::assume::{Hop, Presented};
use crate::{Access, Error, LONGEST_SESSION, Outcome, SHORTEST_SESSION, Session};

/// A resource's role and a role behind it. It cannot be made without the project that both belong to, whose id it carries
/// to both hops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleChain {
    resource: PamResourceId,
    resource_role: RoleArn,
    target_role: RoleArn,
    external_id: ExternalId,
}

impl ConsoleChain {
    /// Through a resource to a role.
    #[must_use]
    pub fn of(resource: &PamResource, target_role: RoleArn) -> Self {
        Self {
            resource: resource.id,
            resource_role: resource.role_arn.clone(),
            target_role,
            external_id: resource.external_id(),
        }
    }

    /// The way that a session went.
    #[must_use]
    pub fn of_session(session: &PamSession) -> Self {
        Self {
            resource: session.resource_id,
            resource_role: session.resource_role_arn.clone(),
            target_role: session.target_role_arn.clone(),
            external_id: session.external_id(),
        }
    }

    /// The resource that it goes through.
    #[must_use]
    pub const fn resource(&self) -> PamResourceId {
        self.resource
    }

    /// The role that is assumed first.
    #[must_use]
    pub const fn resource_role(&self) -> &RoleArn {
        &self.resource_role
    }

    /// The role that people use.
    #[must_use]
    pub const fn target_role(&self) -> &RoleArn {
        &self.target_role
    }

    /// Where our own session may come from that changes the policies of the last role, in the order of trying: the
    /// resource's role, which people never are, before the role itself. IAM works within one account.
    #[must_use]
    pub fn managers(&self) -> &'static [Door] {
        if self.resource_role.account() == self.target_role.account() {
            &[Door::ResourceRole, Door::TargetRole]
        } else {
            &[Door::TargetRole]
        }
    }

    fn hop<'a>(&'a self, role: &'a RoleArn, stay: Stay<'_>) -> Hop<'a> {
        Hop {
            role,
            presented: Presented::Connections(&self.external_id),
            session_name: stay.name.to_owned(),
            sts_endpoint: None,
            region: None,
            policy: stay.policy.cloned(),
            duration: stay.duration,
        }
    }
}

/// As whom, for how long and with how much a role is entered.
#[derive(Debug, Clone, Copy)]
pub struct Stay<'a> {
    /// The session's name, 2 to 64 of `[\w+=,.@-]`.
    pub name: &'a str,
    /// For how long: brought between [`SHORTEST_SESSION`] and [`LONGEST_SESSION`].
    pub duration: Duration,
    /// All that the session may do; `None` for all that the role may.
    pub policy: Option<&'a SessionPolicy>,
}

impl<'a> Stay<'a> {
    /// A person's stay: all that the role may.
    #[must_use]
    pub fn of_person(name: &'a SessionName, duration: SessionDuration) -> Self {
        Self { name: name.as_str(), duration: duration.span(), policy: None }
    }

    /// Our own stay for one piece of work: the shortest, and confined to it.
    #[must_use]
    pub const fn of_ours(name: &'a str, policy: &'a SessionPolicy) -> Self {
        Self { name, duration: SHORTEST_SESSION, policy: Some(policy) }
    }
}

/// Which of the two roles did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The first: the resource's role.
    ResourceRole,
    /// The second: the role that people use.
    TargetRole,
}

/// A chain that did not open.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{error}")]
pub struct ChainError {
    /// Where.
    pub door: Door,
    /// AWS's answer.
    pub error: Error,
}

/// What two callers must have in common to share a first hop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Bridge {
    resource: PamResourceId,
    role: RoleArn,
}

impl Access {
    /// A session in the chain's last role, which nothing remembers.
    ///
    /// AWS calls: one AssumeRole when the first hop is in memory, else two, one after the other. A remembered first hop
    /// that AWS does not accept any more is forgotten, and asked for once more.
    ///
    /// # Errors
    /// [`ChainError`] of the role that did not open.
    pub async fn enter(
        &self,
        chain: &ConsoleChain,
        stay: Stay<'_>,
        now: Timestamp,
    ) -> Result<Session, ChainError> {
        let at = |door| move |error| ChainError { door, error };
        let bridge = self.bridge(chain, now).await.map_err(at(Door::ResourceRole))?;
        let hop = chain.hop(&chain.target_role, stay);
        match self.assume(&hop, Some(&bridge)).await {
            Err(Error::CredentialsInvalid { .. }) => {
                self.bridges.forget(&bridge_of(chain));
                let bridge = self.bridge(chain, now).await.map_err(at(Door::ResourceRole))?;
                self.assume(&hop, Some(&bridge)).await.map_err(at(Door::TargetRole))
            }
            answer => answer.map_err(at(Door::TargetRole)),
        }
    }

    /// Our own session in one of the chain's roles, for one piece of work on the last one's policies. One AssumeRole for
    /// the resource's role, as [`Access::enter`] for the last.
    ///
    /// # Errors
    /// [`ChainError`] of the role that did not open.
    pub async fn enter_as(
        &self,
        chain: &ConsoleChain,
        manager: Door,
        stay: Stay<'_>,
        now: Timestamp,
    ) -> Result<Session, ChainError> {
        match manager {
            Door::ResourceRole => {
                let hop = chain.hop(&chain.resource_role, stay);
                self.assume(&hop, None).await.map_err(|error| ChainError { door: Door::ResourceRole, error })
            }
            Door::TargetRole => self.enter(chain, stay, now).await,
        }
    }

    /// Probes a resource's role, as [`Access::probe`] does a connection's.
    pub async fn probe_resource(&self, resource: &PamResource) -> Outcome {
        self.probe_role(&resource.role_arn, &resource.external_id(), None).await
    }

    /// The first hop, from memory while it has more than five minutes to live.
    async fn bridge(&self, chain: &ConsoleChain, now: Timestamp) -> Result<Session, Error> {
        let open = || {
            let (access, chain) = (self.clone(), chain.clone());
            async move {
                let (name, policy) = (format!("drawbridge-pam-{}", chain.resource), assume_only());
                let stay = Stay { name: &name, duration: LONGEST_SESSION, policy: Some(&policy) };
                access.assume(&chain.hop(&chain.resource_role, stay), None).await
            }
        };
        self.bridges.get(bridge_of(chain), now, open).await
    }
}

fn bridge_of(chain: &ConsoleChain) -> Bridge {
    Bridge { resource: chain.resource, role: chain.resource_role.clone() }
}

/// The first hop may go on, and nothing else.
fn assume_only() -> SessionPolicy {
    let statement = Statement::allow("GoOn", "sts", &["AssumeRole"], vec!["*".to_owned()]);
    // One short statement always fits; and what did not fit would allow nothing.
    SessionPolicy::new(&Document::new(vec![statement])).unwrap_or_else(|_| SessionPolicy::validation())
}

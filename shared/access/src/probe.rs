//! The trust probe: does a role open with its External ID, and with nothing less?
//!
//! AWS asks whoever takes role ARNs from customers to try this, and not to keep the ARN of a role that opens without
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>).

use model::arn::RoleArn;
use model::connection::ExternalId;
use model::policy::SessionPolicy;
use model::sts_endpoint::StsEndpoint;

use crate::assume::{Hop, Presented};
use crate::{Access, ConnectionRole, Error, SHORTEST_SESSION, Session};

/// What CloudTrail of the customer's account shows, so that the two refusals explain themselves.
const SESSION_NAME: &str = "drawbridge-trust-probe";

/// What the probe found out.
#[derive(Debug)]
pub enum Outcome {
    /// The role opens with the connection's External ID, and with no other and none. The session can do nothing.
    Protected(Session),
    /// The role opens for whoever talks Drawbridge into trying: its trust policy does not insist on the External ID.
    Open {
        /// A session that can do nothing.
        session: Session,
        /// It opened without any External ID.
        without: bool,
        /// It opened with a random one.
        random: bool,
    },
    /// The role does not open for us; AWS's words.
    CannotBeAssumed {
        /// AWS's answer to the right External ID.
        error: Error,
        /// Yet it opened without one, or with a random one: the trust policy compares with something else.
        opens_otherwise: bool,
    },
    /// AWS did not say: throttled, out of reach, or refused for another reason than trust.
    Inconclusive(Error),
}

impl Access {
    /// Probes a connection's role, with three concurrent AssumeRole calls: the right External ID, none, a random one.
    pub async fn probe(&self, role: &ConnectionRole) -> Outcome {
        self.probe_role(role.arn(), role.external_id(), role.sts_endpoint()).await
    }

    /// Probes one role, with the External ID that it shall insist on.
    pub(crate) async fn probe_role(
        &self,
        role: &RoleArn,
        external_id: &ExternalId,
        sts_endpoint: Option<&StsEndpoint>,
    ) -> Outcome {
        let hop = |presented| Hop {
            role,
            presented,
            session_name: SESSION_NAME.to_owned(),
            sts_endpoint,
            region: None,
            policy: Some(SessionPolicy::validation()),
            duration: SHORTEST_SESSION,
        };
        let right = hop(Presented::Connections(external_id));
        let (without, random) = (hop(Presented::Nothing), hop(Presented::Random));
        let (right, without, random) =
            tokio::join!(self.assume(&right, None), self.assume(&without, None), self.assume(&random, None));
        conclude(right, without.map(drop), random.map(drop))
    }
}

fn conclude(right: Result<Session, Error>, without: Result<(), Error>, random: Result<(), Error>) -> Outcome {
    let session = match right {
        Ok(session) => session,
        Err(error @ Error::Refused { .. }) => {
            return Outcome::CannotBeAssumed { error, opens_otherwise: without.is_ok() || random.is_ok() };
        }
        Err(
            error @ (Error::CredentialsInvalid { .. }
            | Error::Throttled { .. }
            | Error::Failed { .. }
            | Error::Unreachable { .. }
            | Error::Incomplete { .. }),
        ) => return Outcome::Inconclusive(error),
    };
    // One open door is enough to know; only then does it matter what the other one said.
    if without.is_ok() || random.is_ok() {
        return Outcome::Open { session, without: without.is_ok(), random: random.is_ok() };
    }
    match [without, random].into_iter().filter_map(Result::err).find(|error| !error.is_access_denied()) {
        Some(unclear) => Outcome::Inconclusive(unclear),
        None => Outcome::Protected(session),
    }
}

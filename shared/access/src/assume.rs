//! The one place that asks STS for a role.

use std::time::Duration;

use aws_sdk_sts::config::Builder;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use model::arn::RoleArn;
use model::connection::ExternalId;
use model::policy::SessionPolicy;
use model::region::Region;
use model::sts_endpoint::StsEndpoint;
use uuid::Uuid;

use crate::{Access, Error, LONGEST_SESSION, SHORTEST_SESSION, Session, place};

/// What is presented to the role's trust policy as External ID.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Presented<'a> {
    /// The connection's own: every call but two of the trust probe.
    Connections(&'a ExternalId),
    /// None: the trust probe alone, which wants to be refused.
    Nothing,
    /// One that nobody has: the trust probe alone, which wants to be refused.
    Random,
}

/// One AssumeRole.
#[derive(Debug, Clone)]
pub(crate) struct Hop<'a> {
    pub(crate) role: &'a RoleArn,
    pub(crate) presented: Presented<'a>,
    /// 2 to 64 of `[\w+=,.@-]`.
    pub(crate) session_name: String,
    pub(crate) sts_endpoint: Option<&'a StsEndpoint>,
    pub(crate) region: Option<Region>,
    pub(crate) policy: Option<SessionPolicy>,
    pub(crate) duration: Duration,
}

impl Access {
    /// Assumes one role, with this function's own credentials or with those of the hop before.
    pub(crate) async fn assume(&self, hop: &Hop<'_>, from: Option<&Session>) -> Result<Session, Error> {
        let place = place::sts(hop.sts_endpoint, hop.region.as_ref(), hop.role.partition(), &self.own_region);
        let request = self.assume_role(hop).customize().config_override(overrides(&place, from));
        let answer = request.send().await.map_err(|error| Error::of("AssumeRole", error))?;
        let credentials = answer
            .credentials
            .ok_or(Error::Incomplete { operation: "AssumeRole", missing: "credentials" })?;
        Ok(Session::assumed(credentials, place))
    }

    /// Every AssumeRole that leaves this system is built here.
    fn assume_role(&self, hop: &Hop<'_>) -> AssumeRoleFluentBuilder {
        let duration = hop.duration.clamp(SHORTEST_SESSION, LONGEST_SESSION).as_secs();
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one function that builds every AssumeRole"
        )]
        let request = self
            .sts
            .assume_role()
            .role_arn(hop.role.to_string())
            .role_session_name(&hop.session_name)
            .set_duration_seconds(i32::try_from(duration).ok())
            .set_policy(hop.policy.as_ref().map(|policy| policy.as_str().to_owned()));
        match hop.presented {
            Presented::Connections(external_id) => request.external_id(external_id.as_str()),
            Presented::Nothing => request,
            Presented::Random => request.external_id(Uuid::new_v4().to_string()),
        }
    }
}

/// The region, STS and credentials of one call, over the shared client with its connections.
pub(crate) fn overrides(place: &place::Sts, session: Option<&Session>) -> Builder {
    let mut overrides = Builder::new().region(aws_config::Region::new(place.region.to_string()));
    if let Some(url) = &place.custom_url {
        overrides = overrides.endpoint_url(url);
    }
    if let Some(session) = session {
        overrides = overrides.credentials_provider(session.provider());
    }
    overrides
}

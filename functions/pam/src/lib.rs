//! Console access: resources and accounts, links that sign a person in, and sessions from their wish to their end.
//!
//! Whoever asks for access gets it by the way that is stored, never by credentials that they bring: an endpoint that
//! turned somebody's credentials into a link would be a hole. A session is written down before AWS is asked, and closed
//! by what came of it; the credentials exist in memory, in the answer, and nowhere else.
//!
//! **Not here**: how roles are assumed (`access`), what a link or a Deny looks like (`model::pam`), recordings.

mod access;
mod access_request;
mod accessible;
mod account_create;
mod account_delete;
mod account_list;
mod account_update;
mod account_view;
mod boundary;
mod error;
mod federation;
mod find;
mod issuer;
mod ledger;
mod newest;
mod opening;
mod policies;
mod resource_create;
mod resource_delete;
mod resource_get;
mod resource_update;
mod resource_view;
mod routes;
mod session_end;
mod session_events;
mod session_get;
mod session_list;
mod session_terminate;
mod session_view;
mod validate;

use std::time::Duration;

use ::access::Access;
use ::access::protection::ExternalIdPolicy;
use aws_config::SdkConfig;
use model::arn::AccountId;
use model::id::OrganizationId;
use model::policy::Trusted;
use model::region::Region;
use store::Store;

use federation::Federation;
pub use routes::routes;

/// What the deployment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation of this deployment.
    pub organization: OrganizationId,
    /// The region that Drawbridge runs in.
    pub region: Region,
    /// The account that Drawbridge runs in, which customers' roles trust.
    pub trusted_account: AccountId,
    /// The IAM path of this function's role, with both slashes.
    pub role_path: String,
    /// What happens to a role that opens without its External ID.
    pub external_id_policy: ExternalIdPolicy,
    /// How many days the record of a session is kept.
    pub record_retention_days: u32,
    /// A stand-in for AWS, in development alone: it has the sign-in page too.
    pub stand_in: Option<String>,
}

/// How patiently a termination waits until AWS enforces it: IAM takes seconds to spread a policy.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often it tries.
    pub attempts: u32,
    /// How long it waits in between.
    pub pause: Duration,
}

impl Patience {
    /// Twelve seconds: with what comes before and after, an answer within the 29 s that the gateway gives.
    const USUAL: Self = Self { attempts: 13, pause: Duration::from_secs(1) };

    /// How long it waits when it sees nothing.
    const fn whole(self) -> Duration {
        self.pause.saturating_mul(self.attempts.saturating_sub(1))
    }
}

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    access: Access,
    federation: Federation,
    iam: aws_sdk_iam::Client,
    cloudtrail: aws_sdk_cloudtrail::Client,
    organization: OrganizationId,
    trusted: Trusted,
    external_id_policy: ExternalIdPolicy,
    record_retention: Duration,
    patience: Patience,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings) -> Self {
        let partition = settings.region.partition();
        let days = u64::from(settings.record_retention_days);
        Self {
            access: Access::new(config, settings.region),
            federation: Federation::new(settings.stand_in),
            iam: aws_sdk_iam::Client::new(config),
            cloudtrail: aws_sdk_cloudtrail::Client::new(config),
            organization: settings.organization,
            trusted: Trusted { partition, account: settings.trusted_account, role_path: settings.role_path },
            external_id_policy: settings.external_id_policy,
            record_retention: Duration::from_secs(days * 86_400),
            patience: Patience::USUAL,
            store,
        }
    }

    /// The same, with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }
}

#[cfg(test)]
mod tests;

//! AWS connections: their definition, their validation in AWS, the trust probe, and the policies that customers need.
//!
//! A connection is stored only after AWS has said who it is, and (for a role) after the role was shown to insist on its
//! External ID. A secret access key is sealed for its connection before it is stored, and opened for one use.
//!
//! Depends on `access` for STS, `seal` for KMS, `store` and `web`; it lists IAM users and KMS keys through a connection.
//!
//! **Not here**: what uses connections (syncs, rotations, certificates, console access); each of those counts itself
//! among a connection's dependents.

mod asked;
mod available;
mod check;
mod create;
mod delete;
mod error;
mod get;
mod kms_keys;
mod list;
mod options;
mod origin;
mod policies;
mod project_names;
mod rotate_credentials;
mod routes;
mod secret;
mod trust_policy;
mod update;
mod users;
mod validate;
mod view;

use access::Access;
use access::protection::ExternalIdPolicy;
use aws_config::SdkConfig;
use model::arn::AccountId;
use model::id::OrganizationId;
use model::policy::Trusted;
use model::region::Region;
use seal::Sealer;
use store::Store;

use project_names::ProjectNames;
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
    /// The IAM path of the functions that use connections, with both slashes.
    pub role_path: String,
    /// What happens to a role that opens without its External ID.
    pub external_id_policy: ExternalIdPolicy,
    /// The KMS key that wraps data keys.
    pub sealing_key_id: String,
    /// The origin that browsers see, which a bucket of recordings must let in; API Gateway's own when `None`.
    pub public_url: Option<String>,
}

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    access: Access,
    sealer: Sealer,
    kms: aws_sdk_kms::Client,
    iam: aws_sdk_iam::Client,
    organization: OrganizationId,
    trusted: Trusted,
    external_id_policy: ExternalIdPolicy,
    public_url: Option<String>,
    project_names: ProjectNames,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings) -> Self {
        let kms = aws_sdk_kms::Client::new(config);
        let partition = settings.region.partition();
        let sealer = Sealer::new(kms.clone(), store.clone(), settings.sealing_key_id, settings.organization);
        Self {
            access: Access::new(config, settings.region),
            sealer,
            kms,
            iam: aws_sdk_iam::Client::new(config),
            organization: settings.organization,
            trusted: Trusted { partition, account: settings.trusted_account, role_path: settings.role_path },
            external_id_policy: settings.external_id_policy,
            public_url: settings.public_url,
            project_names: ProjectNames::default(),
            store,
        }
    }
}

//! Session recordings: where they are kept, who records and who watches them.
//!
//! A gateway gets a session key once, seals each chunk of a session with it, and puts the chunks straight into the customer's
//! bucket by presigned URLs; none of them passes through here, and here nothing is ever opened. A chunk counts once its object
//! was seen in the bucket. Whoever may watch a session gets its key and presigned URLs, and fetches, verifies and opens the
//! chunks in the browser.
//!
//! S3 is entered through the connection of a recording's own time, by sessions that can do one deed below one prefix.
//! Nothing of a recording is ever deleted: how long it is kept is the bucket's matter.
//!
//! Depends on `store`, `access` for the way into the bucket's account, `seal` for connections by access key, `presign` for URLs in
//! bulk, KMS for session keys, and is the only crate with the SDK of S3.
//!
//! **Not here**: what chunks, chains and manifests are (`model::recording`), sessions of console access (`pam`).

mod bucket;
mod chunk;
mod config;
mod connection;
mod cors;
mod credentials;
mod error;
mod gateway;
mod page;
mod playback;
mod probe;
mod public_url;
mod recording;
mod routes;
mod session_key;

use access::Access;
use aws_config::SdkConfig;
use model::id::OrganizationId;
use model::region::Region;
use seal::Sealer;
use store::Store;

use bucket::Buckets;
use cors::Preflights;
use page::Provider;
pub use routes::routes;
use session_key::SessionKeys;

/// What the deployment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation of this deployment.
    pub organization: OrganizationId,
    /// The region that Drawbridge runs in.
    pub region: Region,
    /// The KMS key that wraps session keys, and the data keys that connections are sealed with.
    pub sealing_key_id: String,
    /// The origin that browsers see, without a slash at its end; API Gateway's own when `None`.
    pub public_url: Option<String>,
    /// The company's OpenID Connect provider, where people sign in; `None` when there is none.
    pub oidc_issuer: Option<String>,
    /// What the page is called there.
    pub oidc_client_id: Option<String>,
    /// What the tokens that this API takes are made for.
    pub oidc_audience: Option<String>,
}

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    buckets: Buckets,
    keys: SessionKeys,
    preflights: Preflights,
    organization: OrganizationId,
    public_url: Option<String>,
    provider: Provider,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings) -> Self {
        let kms = aws_sdk_kms::Client::new(config);
        let sealer =
            Sealer::new(kms.clone(), store.clone(), settings.sealing_key_id.clone(), settings.organization);
        Self {
            buckets: Buckets::new(config, Access::new(config, settings.region), sealer),
            keys: SessionKeys::new(kms, settings.sealing_key_id),
            preflights: Preflights::default(),
            organization: settings.organization,
            public_url: settings.public_url,
            provider: Provider::new(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_audience),
            store,
        }
    }
}

//! Machine identities: how they log in, the tokens they get, and how both are set up. What belongs to no capability is
//! answered here, too: whether the service answers, and the document of its API.
//!
//! Logins by client secret (universal auth), by a signed GetCallerIdentity request (AWS auth) and by another issuer's
//! token (OIDC auth). A token is a JWT signed by a KMS key that this function's role alone may use, and a record; what a
//! token is worth is decided by its record and what stands behind it (`model::standing`), for each request anew.
//!
//! The identity whose id is the organisation's is the administrator that the stack's parameter `AdminPrincipalArns`
//! names: it has no record, cannot be changed here, and is absent when the parameter is empty.
//!
//! Depends on `store`, `tokens` and `web`; it signs with KMS, and sends signed requests on to STS.
//!
//! **Not here**: token auth, JWT, Kubernetes, LDAP and other cloud logins; sub-organisations (the deployment is one
//! organisation, and its own slug is accepted); who a bearer token belongs to (`authorizer`); project memberships
//! (`projects`).

mod aws_auth;
mod client_secrets;
mod create;
mod delete;
mod details;
mod docs;
mod error;
mod fields;
mod get;
mod login;
mod login_method;
mod oidc_auth;
mod renew;
mod revoke;
mod routes;
mod sent_token;
mod signer;
mod status;
mod sts;
mod universal_auth;
mod update;
mod view;

pub use routes::routes;

use std::sync::Arc;

use aws_config::SdkConfig;
use model::organization::Organization;
use model::principal::PrincipalPatterns;
use model::standing::Administration;
use signer::Signer;
use store::Store;
use sts::Sts;
use tokens::Issuers;

/// What this function's handlers need, and what stays warm between requests.
#[derive(Debug)]
pub struct Ctx {
    store: Store,
    organization: Organization,
    administrators: PrincipalPatterns,
    signer: Signer,
    sts: Sts,
    issuers: Issuers,
}

/// As the handlers share it.
type State = axum::extract::State<Arc<Ctx>>;

impl Ctx {
    /// Over the tables of `store`, signing with the KMS key `signing_key_id`.
    #[must_use]
    pub fn new(
        store: Store,
        config: &SdkConfig,
        signing_key_id: String,
        organization: Organization,
        administrators: PrincipalPatterns,
    ) -> Self {
        let signer = Signer::new(config, signing_key_id);
        let sts = Sts::new(config.endpoint_url().map(str::to_owned));
        Self { store, organization, administrators, signer, sts, issuers: Issuers::new() }
    }

    fn administration(&self) -> Administration<'_> {
        Administration { organization: self.organization.id, principals: &self.administrators }
    }

    /// Whether the stack names a built-in administrator.
    fn has_administrator(&self) -> bool {
        !self.administrators.is_empty()
    }
}

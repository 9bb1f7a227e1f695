//! What this function answers, and to whom.

use std::sync::Arc;

use model::aws_auth::AwsAuth;
use model::oidc_auth::OidcAuth;
use model::universal_auth::UniversalAuth;
use web::{Access::*, Routes};

use crate::{
    Ctx, client_secrets, create, delete, details, docs, get, login, login_method, renew, revoke, status,
};
use crate::{universal_auth, update};

/// The route table.
#[must_use]
pub fn routes() -> Routes<Arc<Ctx>> {
    const UNIVERSAL: &str = "/api/v1/auth/universal-auth/identities/{identityId}";
    const SECRETS: &str = "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets";
    const SECRET: &str =
        "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}";
    const REVOKE_SECRET: &str =
        "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}/revoke";
    const LOCKOUTS: &str = "/api/v1/auth/universal-auth/identities/{identityId}/clear-lockouts";
    const AWS: &str = "/api/v1/auth/aws-auth/identities/{identityId}";
    const OIDC: &str = "/api/v1/auth/oidc-auth/identities/{identityId}";
    Routes::new()
        .get(Open, "/api/status", status::status)
        .get(Open, "/api/docs/json", docs::docs)
        .post(Open, "/api/v1/auth/universal-auth/login", login::universal::login)
        .post(Open, "/api/v1/auth/aws-auth/login", login::aws::login)
        .post(Open, "/api/v1/auth/oidc-auth/login", login::oidc::login)
        .post(Open, "/api/v1/auth/token/renew", renew::renew)
        .post(Open, "/api/v1/auth/token/revoke", revoke::revoke)
        .get(Machine, "/api/v1/identities/details", details::details)
        .post(Caller, "/api/v1/identities", create::create)
        .get(Caller, "/api/v1/identities", get::list)
        .get(Caller, "/api/v1/identities/{identityId}", get::get)
        .patch(Caller, "/api/v1/identities/{identityId}", update::update)
        .delete(Caller, "/api/v1/identities/{identityId}", delete::delete)
        .post(Caller, UNIVERSAL, login_method::attach::<UniversalAuth>)
        .get(Caller, UNIVERSAL, login_method::get::<UniversalAuth>)
        .patch(Caller, UNIVERSAL, login_method::update::<UniversalAuth>)
        .delete(Caller, UNIVERSAL, login_method::detach::<UniversalAuth>)
        .post(Caller, LOCKOUTS, universal_auth::clear_lockouts)
        .post(Caller, SECRETS, client_secrets::create)
        .get(Caller, SECRETS, client_secrets::list)
        .get(Caller, SECRET, client_secrets::get)
        .post(Caller, REVOKE_SECRET, client_secrets::revoke)
        .post(Caller, AWS, login_method::attach::<AwsAuth>)
        .get(Caller, AWS, login_method::get::<AwsAuth>)
        .patch(Caller, AWS, login_method::update::<AwsAuth>)
        .delete(Caller, AWS, login_method::detach::<AwsAuth>)
        .post(Caller, OIDC, login_method::attach::<OidcAuth>)
        .get(Caller, OIDC, login_method::get::<OidcAuth>)
        .patch(Caller, OIDC, login_method::update::<OidcAuth>)
        .delete(Caller, OIDC, login_method::detach::<OidcAuth>)
}

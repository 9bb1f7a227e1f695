//! Logins: each method finds out who is there, then all issue a token the same way.

pub(crate) mod aws;
pub(crate) mod oidc;
pub(crate) mod universal;

use axum::Json;
use model::Timestamp;
use model::access_token::{AccessToken, IdentityAuth, TokenLifetime, TokenTerms};
use model::audit::{Actor, AuditRecord, Origin};
use model::form::{Form, rule};
use model::id::{AccessTokenId, ClientSecretId};
use model::identity::Identity;
use serde::Serialize;
use store::{Change, CommitError, LoginMethod};
use web::Problem;

use crate::login_method::{self, Configuration};
use crate::{Ctx, error};

/// What every login and renewal answers. All four keys are always there: the Python client has no defaults.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Issued {
    access_token: String,
    /// Seconds.
    expires_in: u64,
    /// Seconds.
    #[serde(rename = "accessTokenMaxTTL")]
    access_token_max_ttl: u64,
    token_type: &'static str,
}

impl Issued {
    pub(crate) fn new(signed: String, lifetime: &TokenLifetime) -> Json<Self> {
        Json(Self {
            access_token: signed,
            expires_in: lifetime.expires_in(),
            access_token_max_ttl: lifetime.max_ttl(),
            token_type: "Bearer",
        })
    }
}

/// Somebody who has proved to be an identity, by the login method `T`.
struct Proven<'a, T> {
    identity: &'a Identity,
    method: &'a T,
    client_secret: Option<ClientSecretId>,
    identity_auth: Option<IdentityAuth>,
    /// For the audit trail: with what it proved that.
    evidence: String,
}

impl<T: LoginMethod> Proven<'_, T> {
    /// Issues a token: signed first, so that nothing is stored without it; its record then decides. `change` has what must
    /// happen with it, or not at all.
    async fn issue(
        self,
        ctx: &Ctx,
        change: impl FnOnce(Change) -> Change,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Json<Issued>, LoginError> {
        let TokenTerms { lifetime, uses_limit, .. } = *self.method.tokens();
        let token = AccessToken {
            id: AccessTokenId::random(),
            identity_id: self.identity.id,
            auth_method: T::METHOD,
            client_secret_id: self.client_secret,
            auth_configuration_id: self.method.id(),
            identity_auth: self.identity_auth,
            lifetime,
            uses_limit,
            uses: 0,
            issued_at: now,
            renewed_at: None,
        };
        let claims = token.claims(ctx.organization.id);
        let signed =
            ctx.signer.sign(&claims).await.map_err(|failure| LoginError::Other(error::sign(failure)))?;
        let mut audit = line(self.identity, "identity.login", origin, now);
        audit.details = vec![T::METHOD.name().to_owned(), self.evidence, format!("token {}", token.id)];
        ctx.store
            .commit(change(Change::new(now).create(&token)), &audit)
            .await
            .map_err(LoginError::Commit)?;
        Ok(Issued::new(signed, &token.lifetime))
    }
}

/// A login that came as far as its token, and no further.
enum LoginError {
    /// What had to happen with it could not.
    Commit(CommitError),
    Other(Problem),
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Commit(error) => error.into(),
            LoginError::Other(problem) => problem,
        }
    }
}

/// A line of the audit trail for something that an identity did to itself.
pub(crate) fn line(identity: &Identity, action: &str, origin: &Origin, now: Timestamp) -> AuditRecord {
    AuditRecord {
        at: now,
        actor: Actor {
            kind: "identity".to_owned(),
            id: identity.id.to_string(),
            name: identity.name.clone(),
        },
        origin: origin.clone(),
        action: action.to_owned(),
        resource_id: identity.id.to_string(),
        resource_name: identity.name.clone(),
        project_id: None,
        details: Vec::new(),
    }
}

/// The two names under which clients send the organisation they want to log in to.
fn organization(form: &mut Form<'_>) -> Option<Option<String>> {
    let current = form.nullish("organizationSlug", rule::trimmed(0, 255));
    let older = form.nullish("subOrganizationName", rule::trimmed(0, 255));
    let named = current?.or(older?);
    Some(named.filter(|name| !name.is_empty()))
}

/// There is one organisation, and no other below it.
fn must_be_ours(ctx: &Ctx, organization: Option<&str>) -> Result<(), Problem> {
    match organization {
        Some(name) if name != ctx.organization.slug() => {
            Err(Problem::not_found(format!("Sub organization with name {name} not found")))
        }
        Some(_) | None => Ok(()),
    }
}

/// The identity of a login's body, and its configuration of the method. What is no UUID is nobody's, as in the peer. An
/// unknown identity and one without the method are the same to a stranger.
async fn find<T: Configuration>(ctx: &Ctx, id: &str) -> Result<(Identity, T), Problem> {
    let found = match id.parse() {
        Ok(id) => login_method::found::<T>(ctx, id).await?,
        Err(_) => (None, None),
    };
    let (Some(identity), Some(method)) = found else {
        let name = T::METHOD.name();
        return Err(Problem::not_found(format!("The identity has no {name}, or does not exist")));
    };
    Ok((identity.value, method.value))
}

//! Universal auth of an identity: its configuration and its lock.

use axum::Json;
use model::access_token::TokenTerms;
use model::form::{Form, rule};
use model::id::{AuthConfigurationId, ClientId, IdentityId};
use model::lockout::LockoutPolicy;
use model::permission::Action;
use model::trusted_ip::TrustedIp;
use model::universal_auth::UniversalAuth;
use serde_json::{Value, json};
use store::Change;
use web::{Caller, Path, Problem};

use crate::fields::{token_terms, trusted_ips};
use crate::login_method::{Configuration, line, open_attached};
use crate::{Ctx, State, view};

/// As many client secrets as fit into one transaction beside the configuration.
const BATCH: usize = 80;

impl Configuration for UniversalAuth {
    const WRAPPER: &'static str = "identityUniversalAuth";

    fn read(form: &mut Form<'_>, identity_id: IdentityId, before: Option<&Self>) -> Option<Self> {
        let before = before.cloned().unwrap_or_else(|| Self {
            id: AuthConfigurationId::random(),
            identity_id,
            client_id: ClientId::random(),
            client_secret_trusted_ips: TrustedIp::EVERYWHERE.to_vec(),
            tokens: TokenTerms::default(),
            lockout: LockoutPolicy::default(),
        });
        let client_secret_trusted_ips =
            trusted_ips(form, "clientSecretTrustedIps", &before.client_secret_trusted_ips);
        let tokens = token_terms(form, &before.tokens, true);
        let lockout = before.lockout;
        let enabled = form.or("lockoutEnabled", rule::boolean(), lockout.enabled);
        let threshold = form.or("lockoutThreshold", rule::integer(1, 30), lockout.threshold.into());
        let duration = form.or("lockoutDurationSeconds", rule::integer(30, 86_400), lockout.duration_seconds);
        let reset =
            form.or("lockoutCounterResetSeconds", rule::integer(5, 3_600), lockout.counter_reset_seconds);
        Some(Self {
            client_secret_trusted_ips: client_secret_trusted_ips?,
            tokens: tokens?,
            lockout: LockoutPolicy {
                enabled: enabled?,
                threshold: u32::try_from(threshold?).ok()?,
                duration_seconds: duration?,
                counter_reset_seconds: reset?,
            },
            ..before
        })
    }

    fn view(&self) -> Value {
        json!({
            "clientId": self.client_id,
            "clientSecretTrustedIps": view::trusted_ips(&self.client_secret_trusted_ips),
            "accessTokenPeriod": self.tokens.lifetime.period_seconds,
            "lockoutEnabled": self.lockout.enabled,
            "lockoutThreshold": self.lockout.threshold,
            "lockoutDurationSeconds": self.lockout.duration_seconds,
            "lockoutCounterResetSeconds": self.lockout.counter_reset_seconds,
        })
    }

    /// Client secrets and the lock. Secrets beyond one transaction open nothing any more, since they name the configuration
    /// that they were made for; they are taken first all the same.
    async fn with_dependents(
        ctx: &Ctx,
        caller: &Caller,
        id: IdentityId,
        removal: Change,
    ) -> Result<Change, Problem> {
        let Some(partition) = ctx.store.identity_partition(id).await? else { return Ok(removal) };
        let mut secrets = partition.client_secrets;
        while secrets.len() > BATCH {
            let batch = secrets.split_off(secrets.len() - BATCH);
            let change =
                batch.iter().fold(Change::new(caller.now), |change, secret| change.discard(&**secret));
            let mut audit = line(caller, &partition.identity, "universal-auth", "detach");
            audit.details = vec![format!("begun: {} client secrets", batch.len())];
            ctx.store.commit(change, &audit).await?;
        }
        let change = secrets.iter().fold(removal, |change, secret| change.discard(&**secret));
        Ok(partition.lockout.iter().fold(change, |change, lockout| change.discard(&**lockout)))
    }
}

pub(crate) async fn clear_lockouts(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (identity, _) = open_attached::<UniversalAuth>(&ctx, &caller, Action::Edit, id).await?;
    let lockout = ctx.store.identity_partition(id).await?.and_then(|partition| partition.lockout);
    let Some(lockout) = lockout else { return Ok(Json(json!({ "deleted": 0 }))) };
    let change = Change::new(caller.now).delete(&lockout);
    ctx.store.commit(change, &line(&caller, &identity, "universal-auth", "clear-lockouts")).await?;
    Ok(Json(json!({ "deleted": 1 })))
}

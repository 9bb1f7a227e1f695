//! Who is calling: the Lambda authorizer of the HTTP API.
//!
//! It never denies at the gateway, whose denials cannot have the contract's bodies. Every answer is
//! `isAuthorized: true` with a context that says who calls or why nobody does; `web` turns the latter into the
//! wire's answer before any handler runs. A context that is missing counts as nobody.
//!
//! Tokens of machines are ours: their signature is verified with the public key of a KMS key, their record and all that
//! stands behind it is one strongly consistent read, so that revocations and changes of role act at once. Tokens of
//! people are the company's OpenID Connect provider's.
//!
//! Depends on `store`, `tokens`, and of `web` on the cold start alone.
//!
//! **Not here**: what a caller may do (`web::Permissions`), logins (`identities`). No token is ever logged.

mod answer;
mod event;
mod machine;
mod person;

pub use answer::Answer;
pub use event::Event;
pub use person::People;

use aws_config::SdkConfig;
use model::Timestamp;
use model::bearer::Refusal;
use model::id::OrganizationId;
use model::principal::PrincipalPatterns;
use store::Store;
use tokens::{Issuers, TokenKey};
use tokio::sync::OnceCell;

/// What the authorizer needs, and keeps warm between requests.
#[derive(Debug)]
pub struct Authorizer {
    store: Store,
    kms: aws_sdk_kms::Client,
    signing_key_id: String,
    public_key: OnceCell<TokenKey>,
    organization: OrganizationId,
    administrators: PrincipalPatterns,
    people: Option<People>,
    issuers: Issuers,
}

impl Authorizer {
    /// An authorizer over `table`, for tokens signed with the KMS key `signing_key_id`.
    #[must_use]
    pub fn new(
        config: &SdkConfig,
        table: String,
        signing_key_id: String,
        organization: OrganizationId,
        administrators: PrincipalPatterns,
        people: Option<People>,
    ) -> Self {
        // It changes nothing that is audited, and its role may not write to the audit table.
        let store = Store::new(config, table, String::new(), 0);
        Self::over(store, config, signing_key_id, organization, administrators, people)
    }

    /// The same over a store.
    #[must_use]
    pub fn over(
        store: Store,
        config: &SdkConfig,
        signing_key_id: String,
        organization: OrganizationId,
        administrators: PrincipalPatterns,
        people: Option<People>,
    ) -> Self {
        let kms = aws_sdk_kms::Client::new(config);
        let (public_key, issuers) = (OnceCell::new(), Issuers::new());
        Self { store, kms, signing_key_id, public_key, organization, administrators, people, issuers }
    }
}

/// Who sent the request of `event`, at `now`.
pub async fn authorize(authorizer: &Authorizer, event: &Event, now: Timestamp) -> Answer {
    // Boxed: the SDK's futures nest too deep for the compiler to lay out in one piece.
    match Box::pin(caller(authorizer, event, now)).await {
        Ok(answer) => answer,
        Err(refusal) => {
            tracing::info!(refusal = refusal.name(), "nobody we know");
            if refusal == Refusal::Unavailable {
                metrics::failed(metrics::Capability::Authorization);
            }
            Answer::refused(refusal)
        }
    }
}

async fn caller(authorizer: &Authorizer, event: &Event, now: Timestamp) -> Result<Answer, Refusal> {
    let token = event.bearer().ok_or(Refusal::Missing)?;
    let issuer = tokens::unverified_issuer(token).ok_or(Refusal::Malformed)?;
    match &authorizer.people {
        Some(people) if people.are_of(&issuer) => people.caller(&authorizer.issuers, token, now).await,
        Some(_) | None => machine::caller(authorizer, token, event.source_ip(), now).await,
    }
}

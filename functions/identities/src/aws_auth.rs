//! AWS auth of an identity: its configuration.

use model::access_token::TokenTerms;
use model::aws_auth::AwsAuth;
use model::form::{Fault, Form, rule};
use model::id::{AuthConfigurationId, IdentityId};
use model::principal::{AccountIds, PrincipalPatterns};
use model::sts_endpoint::{self, StsEndpoint};
use serde_json::{Value, json};

use crate::Ctx;
use crate::fields::token_terms;
use crate::login_method::Configuration;

/// The longest list of principals or accounts, as text.
const MAX_LIST_CHARACTERS: usize = 4_096;

impl Configuration for AwsAuth {
    const WRAPPER: &'static str = "identityAwsAuth";

    /// One of the two lists must name somebody.
    fn read(form: &mut Form<'_>, identity_id: IdentityId, before: Option<&Self>) -> Option<Self> {
        let before = before.cloned().unwrap_or_else(|| Self {
            id: AuthConfigurationId::random(),
            identity_id,
            sts_endpoint: StsEndpoint::global(),
            allowed_principal_arns: PrincipalPatterns::default(),
            allowed_account_ids: AccountIds::default(),
            tokens: TokenTerms::default(),
        });
        let sts_endpoint = form.or("stsEndpoint", endpoint(), before.sts_endpoint.clone());
        let arns = form.or("allowedPrincipalArns", list(), before.allowed_principal_arns.clone());
        let accounts = form.or("allowedAccountIds", list(), before.allowed_account_ids.clone());
        let tokens = token_terms(form, &before.tokens, false);
        if let (Some(arns), Some(accounts)) = (&arns, &accounts)
            && arns.is_empty()
            && accounts.is_empty()
        {
            return form.refuse(
                "allowedPrincipalArns",
                "Either allowedPrincipalArns or allowedAccountIds must name somebody: with both empty any AWS principal could log in",
            );
        }
        Some(Self {
            sts_endpoint: sts_endpoint?,
            allowed_principal_arns: arns?,
            allowed_account_ids: accounts?,
            tokens: tokens?,
            ..before
        })
    }

    fn view(&self) -> Value {
        json!({
            "type": "iam",
            "stsEndpoint": self.sts_endpoint,
            "allowedPrincipalArns": self.allowed_principal_arns.to_string(),
            "allowedAccountIds": self.allowed_account_ids.to_string(),
        })
    }

    fn built_in(ctx: &Ctx) -> Option<Self> {
        Some(Self::administrator(ctx.organization.id, ctx.administrators.clone()))
    }
}

fn endpoint() -> impl model::form::Rule<Output = StsEndpoint> {
    rule::text(|text| {
        let faults = |faults: Vec<_>| {
            faults
                .into_iter()
                .map(|fault: sts_endpoint::StsEndpointFault| Fault::custom(fault.to_string()))
                .collect()
        };
        sts_endpoint::parse(text).map_err(faults)
    })
}

/// A comma-separated list, as text of limited length.
fn list<T: std::str::FromStr<Err: std::fmt::Display>>() -> impl model::form::Rule<Output = T> {
    rule::text(|text| {
        if text.chars().count() > MAX_LIST_CHARACTERS {
            let message = format!("String must contain at most {MAX_LIST_CHARACTERS} character(s)");
            return Err(vec![Fault::too_big("string", MAX_LIST_CHARACTERS, message)]);
        }
        text.parse().map_err(|error: T::Err| vec![Fault::custom(error.to_string())])
    })
}

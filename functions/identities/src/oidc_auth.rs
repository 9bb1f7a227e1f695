//! OIDC auth of an identity: its configuration.

use std::collections::BTreeMap;

use model::form::{Fault, Form, Rule, rule};
use model::glob::ClaimPatterns;
use model::id::{AuthConfigurationId, IdentityId};
use model::oidc_auth::{IssuerUrl, OidcAuth};
use serde_json::{Value, json};

use crate::fields::token_terms;
use crate::login_method::Configuration;

const MAX_TEXT_CHARACTERS: usize = 2_048;

const MAX_CERTIFICATE_CHARACTERS: usize = 65_536;

const MAX_CLAIMS: usize = 50;

impl Configuration for OidcAuth {
    const WRAPPER: &'static str = "identityOidcAuth";

    /// Issuer and discovery URL have no defaults. Something of the token must be bound.
    fn read(form: &mut Form<'_>, identity_id: IdentityId, before: Option<&Self>) -> Option<Self> {
        let text = || rule::trimmed(0, MAX_TEXT_CHARACTERS);
        let named = || rule::trimmed(1, MAX_TEXT_CHARACTERS);
        let url = field(
            form,
            "oidcDiscoveryUrl",
            rule::parsed::<IssuerUrl>(),
            before.map(|auth| auth.discovery_url.clone()),
        );
        let issuer = field(form, "boundIssuer", named(), before.map(|auth| auth.bound_issuer.clone()));
        let audiences = before.map(|auth| auth.bound_audiences.as_str().to_owned()).unwrap_or_default();
        let audiences = form.nullish("boundAudiences", text()).map(|given| given.unwrap_or(audiences));
        let subject = before.map(|auth| auth.bound_subject.clone()).unwrap_or_default();
        let subject = form.nullish("boundSubject", text()).map(|given| given.unwrap_or(subject));
        let ca_cert = before.map(|auth| auth.ca_cert.clone()).unwrap_or_default();
        let ca_cert = form.nullish("caCert", certificate()).map(|given| given.unwrap_or(ca_cert));
        let claims = form.nullish("boundClaims", texts());
        let mapping = form.nullish("claimMetadataMapping", texts());
        let tokens = before.map(|auth| auth.tokens.clone()).unwrap_or_default();
        let tokens = token_terms(form, &tokens, false)?;
        let patterns = |claims: BTreeMap<String, String>| {
            claims.into_iter().map(|(path, list)| (path, ClaimPatterns::new(list))).collect()
        };
        let (audiences, subject) = (ClaimPatterns::new(audiences?), subject?);
        let claims = match claims? {
            Some(claims) => patterns(claims),
            None => before.map(|auth| auth.bound_claims.clone()).unwrap_or_default(),
        };
        if audiences.is_empty() && subject.is_empty() && claims.is_empty() {
            return form.refuse(
                "boundSubject",
                "One of boundSubject, boundAudiences and boundClaims must say which tokens may log in: with all three empty \
                 whoever has any token of the issuer could",
            );
        }
        Some(Self {
            id: before.map_or_else(AuthConfigurationId::random, |auth| auth.id),
            identity_id,
            discovery_url: url?,
            bound_issuer: issuer?,
            bound_audiences: audiences,
            bound_claims: claims,
            claim_metadata_mapping: match mapping? {
                Some(mapping) => mapping,
                None => before.map(|auth| auth.claim_metadata_mapping.clone()).unwrap_or_default(),
            },
            bound_subject: subject,
            ca_cert: ca_cert?,
            tokens,
        })
    }

    fn view(&self) -> Value {
        json!({
            "oidcDiscoveryUrl": self.discovery_url,
            "boundIssuer": self.bound_issuer,
            "boundAudiences": self.bound_audiences,
            "boundClaims": self.bound_claims,
            "claimMetadataMapping": self.claim_metadata_mapping,
            "boundSubject": self.bound_subject,
            "caCert": self.ca_cert,
        })
    }
}

/// A field that is required unless there is something that it can stay.
fn field<R: Rule>(form: &mut Form<'_>, name: &str, rule: R, before: Option<R::Output>) -> Option<R::Output> {
    match before {
        Some(before) => form.or(name, rule, before),
        None => form.required(name, rule),
    }
}

/// An object of texts.
fn texts() -> impl Rule<Output = BTreeMap<String, String>> {
    rule::json("object", |value| {
        let fields = value.as_object().ok_or_else(|| vec![Fault::wrong_type("object", value)])?;
        if fields.len() > MAX_CLAIMS {
            return Err(vec![Fault::custom(format!("Object must contain at most {MAX_CLAIMS} field(s)"))]);
        }
        let read = |(name, value): (&String, &Value)| match value.as_str() {
            Some(text) if text.chars().count() <= MAX_TEXT_CHARACTERS => {
                Ok((name.trim().to_owned(), text.trim().to_owned()))
            }
            Some(_) => Err(vec![Fault::custom(format!(
                "{name} must contain at most {MAX_TEXT_CHARACTERS} character(s)"
            ))]),
            None => Err(vec![Fault::wrong_type("string", value)]),
        };
        fields.iter().map(read).collect()
    })
}

/// Certificates in PEM, or nothing. Whether they are any good shows at the first login; what is no PEM at all is refused
/// here.
fn certificate() -> impl Rule<Output = String> {
    rule::text(|text| {
        let text = text.trim();
        let pem =
            text.starts_with("-----BEGIN CERTIFICATE-----") && text.ends_with("-----END CERTIFICATE-----");
        if (text.is_empty() || pem) && text.len() <= MAX_CERTIFICATE_CHARACTERS {
            Ok(text.to_owned())
        } else {
            Err(vec![Fault::custom("Must be one or more certificates in PEM")])
        }
    })
}

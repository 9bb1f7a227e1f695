//! How the nouns look on the wire. Written by hand, so that a new stored field never leaks into an answer.

use model::aws_auth::AwsAuth;
use model::client_secret::ClientSecret;
use model::identity::Identity;
use model::oidc_auth::OidcAuth;
use model::trusted_ip::TrustedIp;
use model::universal_auth::UniversalAuth;
use serde_json::{Value, json};
use store::Stored;

/// An identity, as its own create, update and delete answer.
pub(crate) fn identity(read: &Stored<Identity>) -> Value {
    let Stored { value: identity, created_at, updated_at, .. } = read;
    json!({
        "id": identity.id,
        "name": identity.name,
        "orgId": identity.organization_id,
        "role": identity.role.name(),
        "hasDeleteProtection": identity.has_delete_protection,
        "authMethods": auth_methods(identity),
        "metadata": identity.metadata,
        "createdAt": created_at,
        "updatedAt": updated_at,
    })
}

/// An identity as a member of the organisation: what the peer answers when one is read.
pub(crate) fn membership(read: &Stored<Identity>) -> Value {
    let Stored { value, created_at, updated_at, .. } = read;
    json!({
        "id": value.id,
        "identityId": value.id,
        "orgId": value.organization_id,
        "role": value.role.name(),
        "roleId": null,
        "customRole": null,
        "metadata": value.metadata,
        "createdAt": created_at,
        "updatedAt": updated_at,
        "identity": {
            "id": value.id,
            "name": value.name,
            "orgId": value.organization_id,
            "hasDeleteProtection": value.has_delete_protection,
            "authMethods": auth_methods(value),
            "createdAt": created_at,
            "updatedAt": updated_at,
        },
    })
}

fn auth_methods(identity: &Identity) -> Vec<&'static str> {
    identity.auth_methods.iter().map(|method| method.name()).collect()
}

fn trusted_ips(trusted: &[TrustedIp]) -> Vec<Value> {
    let entry = |ip: &TrustedIp| {
        let kind = if ip.address().is_ipv4() { "ipv4" } else { "ipv6" };
        let mut entry = json!({ "type": kind, "ipAddress": ip.address() });
        if let Some(prefix) = ip.prefix() {
            entry["prefix"] = json!(prefix);
        }
        entry
    };
    trusted.iter().map(entry).collect()
}

pub(crate) fn universal_auth(read: &Stored<UniversalAuth>) -> Value {
    let Stored { value: auth, created_at, updated_at, .. } = read;
    json!({
        "id": auth.id,
        "identityId": auth.identity_id,
        "clientId": auth.client_id,
        "clientSecretTrustedIps": trusted_ips(&auth.client_secret_trusted_ips),
        "accessTokenTrustedIps": trusted_ips(&auth.access_token_trusted_ips),
        "accessTokenTTL": auth.lifetime.ttl_seconds,
        "accessTokenMaxTTL": auth.lifetime.max_ttl_seconds,
        "accessTokenPeriod": auth.lifetime.period_seconds,
        "accessTokenNumUsesLimit": auth.uses_limit,
        "lockoutEnabled": auth.lockout.enabled,
        "lockoutThreshold": auth.lockout.threshold,
        "lockoutDurationSeconds": auth.lockout.duration_seconds,
        "lockoutCounterResetSeconds": auth.lockout.counter_reset_seconds,
        "createdAt": created_at,
        "updatedAt": updated_at,
    })
}

pub(crate) fn aws_auth(read: &Stored<AwsAuth>) -> Value {
    let Stored { value: auth, created_at, updated_at, .. } = read;
    json!({
        "id": auth.id,
        "identityId": auth.identity_id,
        "type": "iam",
        "stsEndpoint": auth.sts_endpoint,
        "allowedPrincipalArns": auth.allowed_principal_arns.to_string(),
        "allowedAccountIds": auth.allowed_account_ids.to_string(),
        "accessTokenTrustedIps": trusted_ips(&auth.access_token_trusted_ips),
        "accessTokenTTL": auth.lifetime.ttl_seconds,
        "accessTokenMaxTTL": auth.lifetime.max_ttl_seconds,
        "accessTokenNumUsesLimit": auth.uses_limit,
        "createdAt": created_at,
        "updatedAt": updated_at,
    })
}

pub(crate) fn oidc_auth(read: &Stored<OidcAuth>) -> Value {
    let Stored { value: auth, created_at, updated_at, .. } = read;
    json!({
        "id": auth.id,
        "identityId": auth.identity_id,
        "oidcDiscoveryUrl": auth.discovery_url,
        "boundIssuer": auth.bound_issuer,
        "boundAudiences": auth.bound_audiences,
        "boundClaims": auth.bound_claims,
        "claimMetadataMapping": auth.claim_metadata_mapping,
        "boundSubject": auth.bound_subject,
        "caCert": auth.ca_cert,
        "accessTokenTrustedIps": trusted_ips(&auth.access_token_trusted_ips),
        "accessTokenTTL": auth.lifetime.ttl_seconds,
        "accessTokenMaxTTL": auth.lifetime.max_ttl_seconds,
        "accessTokenNumUsesLimit": auth.uses_limit,
        "createdAt": created_at,
        "updatedAt": updated_at,
    })
}

/// A client secret without the secret.
pub(crate) fn client_secret(read: &Stored<ClientSecret>) -> Value {
    let Stored { value: secret, created_at, updated_at, .. } = read;
    json!({
        "id": secret.id,
        "createdAt": created_at,
        "updatedAt": updated_at,
        "description": secret.description,
        "clientSecretPrefix": secret.prefix,
        "clientSecretNumUses": secret.uses,
        "clientSecretNumUsesLimit": secret.uses_limit,
        "clientSecretTTL": secret.ttl_seconds,
        "identityUAId": secret.universal_auth_id,
        "isClientSecretRevoked": secret.revocation.is_some(),
    })
}

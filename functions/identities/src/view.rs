//! How the nouns look on the wire. Written by hand, so that a new stored field never leaks into an answer.

use model::client_secret::ClientSecret;
use model::id::IdentityId;
use model::identity::Identity;
use model::trusted_ip::TrustedIp;
use serde_json::{Value, json};
use store::Stored;

use crate::login_method::Configuration;

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

pub(crate) fn trusted_ips(trusted: &[TrustedIp]) -> Vec<Value> {
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

/// The configuration of a login method of the identity `id`: what all have, and what only this one has.
pub(crate) fn login_method<T: Configuration>(id: IdentityId, read: &Stored<T>) -> Value {
    let Stored { value: method, created_at, updated_at, .. } = read;
    let tokens = method.tokens();
    let mut view = method.view();
    for (name, value) in [
        ("id", json!(method.id())),
        ("identityId", json!(id)),
        ("accessTokenTrustedIps", json!(trusted_ips(&tokens.trusted_ips))),
        ("accessTokenTTL", json!(tokens.lifetime.ttl_seconds)),
        ("accessTokenMaxTTL", json!(tokens.lifetime.max_ttl_seconds)),
        ("accessTokenNumUsesLimit", json!(tokens.uses_limit)),
        ("createdAt", json!(created_at)),
        ("updatedAt", json!(updated_at)),
    ] {
        view[name] = value;
    }
    view
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

//! Whether what a token rests on still stands: its identity, its login method, its client secret.

use crate::access_token::AccessToken;
use crate::aws_auth::AwsAuth;
use crate::client_secret::ClientSecret;
use crate::id::{AuthConfigurationId, OrganizationId};
use crate::identity::{Identity, administrator_id};
use crate::principal::{Principal, PrincipalPatterns};
use crate::trusted_ip::TrustedIp;

/// What a token rests on, as it was found now. Whatever is missing has been removed.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The identity whose token it is.
    pub identity: Option<Identity>,
    /// The configuration of the login method that the token was made with.
    pub configuration: Option<TokenConfiguration>,
    /// The client secret that the token was made with.
    pub client_secret: Option<ClientSecret>,
}

/// What of a login method's configuration concerns tokens that were made before.
#[derive(Debug, Clone)]
pub struct TokenConfiguration {
    /// Its id.
    pub id: AuthConfigurationId,
    /// From where its tokens may be used.
    pub trusted_ips: Vec<TrustedIp>,
    /// Of AWS auth, all of it: whoever may not log in any more may not go on either.
    pub aws_auth: Option<AwsAuth>,
}

/// What the stack's parameters say about the built-in administrator.
#[derive(Debug, Clone, Copy)]
pub struct Administration<'a> {
    /// Its id is the organisation's.
    pub organization: OrganizationId,
    /// Who may log in as it.
    pub principals: &'a PrincipalPatterns,
}

/// Whose token it is, and from where it may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The identity as it is now: its role may have changed since the login.
    pub identity: Identity,
    /// From where.
    pub trusted_ips: Vec<TrustedIp>,
}

impl Standing {
    /// Whose token this is; `None` when something that it rests on is gone, which revokes it.
    #[must_use]
    pub fn owner(self, token: &AccessToken, administration: Administration<'_>) -> Option<Owner> {
        if token.identity_id == administrator_id(administration.organization) {
            return administrator(token, administration);
        }
        let secret_stands = match token.client_secret_id {
            None => true,
            Some(id) => {
                self.client_secret.is_some_and(|secret| secret.id == id && secret.vouches_for_its_tokens())
            }
        };
        let configuration =
            self.configuration.filter(|configuration| configuration.id == token.auth_configuration_id)?;
        if let Some(auth) = configuration.aws_auth {
            auth.check(&principal(token)?).ok()?;
        }
        let identity = self.identity.filter(|identity| identity.id == token.identity_id)?;
        secret_stands.then_some(Owner { identity, trusted_ips: configuration.trusted_ips })
    }
}

/// The built-in administrator has no records: it stands as long as the stack's parameter names the principal that
/// logged in.
fn administrator(token: &AccessToken, administration: Administration<'_>) -> Option<Owner> {
    let principal = principal(token)?;
    let identity = Identity::administrator(administration.organization);
    let owner = Owner { identity, trusted_ips: TrustedIp::EVERYWHERE.to_vec() };
    administration.principals.admit(&principal).then_some(owner)
}

/// Who logged in, of an AWS login.
fn principal(token: &AccessToken) -> Option<Principal> {
    token.identity_auth.as_ref()?.aws.as_ref()?.arn.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::access_token::{IdentityAuth, TokenLifetime};
    use crate::client_secret::Revocation;
    use crate::id::{AccessTokenId, ClientSecretId, IdentityId};
    use crate::identity::AuthMethod;
    use crate::permission::Role;

    fn now() -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000)
    }

    fn standing() -> (AccessToken, Standing) {
        let organization = OrganizationId::random();
        let identity = Identity {
            id: IdentityId::random(),
            role: Role::Member,
            ..Identity::administrator(organization)
        };
        let configuration = TokenConfiguration {
            id: AuthConfigurationId::random(),
            trusted_ips: TrustedIp::EVERYWHERE.to_vec(),
            aws_auth: None,
        };
        let secret = ClientSecret {
            id: ClientSecretId::random(),
            identity_id: identity.id,
            universal_auth_id: configuration.id,
            description: String::new(),
            prefix: String::new(),
            sha256: String::new(),
            uses_limit: 0,
            uses: 0,
            ttl_seconds: 0,
            issued_at: now(),
            revocation: None,
            revoked_at: None,
        };
        let token = AccessToken {
            id: AccessTokenId::random(),
            identity_id: identity.id,
            auth_method: AuthMethod::Universal,
            client_secret_id: Some(secret.id),
            auth_configuration_id: configuration.id,
            identity_auth: None,
            lifetime: TokenLifetime::default(),
            uses_limit: 0,
            uses: 0,
            issued_at: now(),
            renewed_at: None,
        };
        let standing = Standing {
            identity: Some(identity),
            configuration: Some(configuration),
            client_secret: Some(secret),
        };
        (token, standing)
    }

    /// Whether a token still counts after `change`.
    fn stands(change: impl FnOnce(&mut AccessToken, &mut Standing)) -> bool {
        let (mut token, mut standing) = standing();
        change(&mut token, &mut standing);
        let principals = PrincipalPatterns::default();
        let administration =
            Administration { organization: OrganizationId::random(), principals: &principals };
        standing.owner(&token, administration).is_some()
    }

    #[test]
    fn a_token_counts_while_all_that_it_rests_on_is_there() {
        let revoke = |cause| {
            move |_: &mut AccessToken, standing: &mut Standing| {
                if let Some(secret) = &mut standing.client_secret {
                    secret.revocation = Some(cause);
                }
            }
        };
        assert!(stands(|_, _| {}));
        assert!(!stands(|_, standing| standing.identity = None), "identity deleted");
        assert!(!stands(|_, standing| standing.configuration = None), "login method removed");
        assert!(
            !stands(|token, _| token.auth_configuration_id = AuthConfigurationId::random()),
            "removed and made anew"
        );
        assert!(!stands(|_, standing| standing.client_secret = None), "client secret gone");
        assert!(!stands(revoke(Revocation::Operator)), "client secret revoked");
        assert!(stands(revoke(Revocation::Exhausted)), "client secret used up");
        assert!(stands(revoke(Revocation::Expired)), "client secret expired");
        assert!(
            stands(|token, standing| (token.client_secret_id, standing.client_secret) = (None, None)),
            "no client secret"
        );
    }

    #[test]
    fn the_administrators_token_counts_while_the_stack_names_its_principal() {
        let organization = OrganizationId::random();
        let (token, _) = standing();
        let principal: Principal =
            "arn:aws:sts::123456789012:assumed-role/Admin/s".parse().expect("a principal");
        let identity_auth = IdentityAuth { aws: Some(principal.claims("AROA:s")), oidc: None };
        let token = AccessToken {
            identity_id: administrator_id(organization),
            identity_auth: Some(identity_auth),
            client_secret_id: None,
            ..token
        };
        for (list, stands) in [
            ("arn:aws:iam::123456789012:role/Admin", true),
            ("arn:aws:iam::123456789012:role/Other", false),
            ("", false),
        ] {
            let principals: PrincipalPatterns = list.parse().expect(list);
            let owner =
                Standing::default().owner(&token, Administration { organization, principals: &principals });
            assert_eq!(owner.is_some_and(|owner| owner.identity.role == Role::Admin), stands, "{list}");
        }
        let everybody: PrincipalPatterns = "arn:aws:iam::123456789012:*".parse().expect("a pattern");
        let unproven = AccessToken { identity_auth: None, ..token };
        let administration = Administration { organization, principals: &everybody };
        assert_eq!(Standing::default().owner(&unproven, administration), None);
    }
}

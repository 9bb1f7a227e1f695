//! The sign-in tokens that are still good.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

use super::super::principals::Principal;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Whom a token signs in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SignedIn {
    pub(super) access_key_id: String,
    pub(super) identity: Principal,
    /// The end of the credentials, which is the end of the console session.
    pub(super) expires_at: Option<String>,
}

#[derive(Default)]
pub(super) struct SignInTokens(Mutex<HashMap<String, (Duration, SignedIn)>>);

impl std::fmt::Debug for SignInTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignInTokens(…)")
    }
}

impl SignInTokens {
    /// A new token, given at `now` (since the Unix epoch); `None` when chance fails.
    pub(super) fn give(&self, signed_in: SignedIn, now: Duration) -> Option<String> {
        let mut bytes = [0; 48];
        rand::fill(&mut bytes).ok()?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let mut tokens = self.0.lock().ok()?;
        tokens.retain(|_, (given, _)| now.saturating_sub(*given) <= LIFETIME);
        tokens.insert(token.clone(), (now, signed_in));
        Some(token)
    }

    /// Whom the token signs in at `now`. It does so as often as it is used.
    pub(super) fn find(&self, token: &SecretString, now: Duration) -> Option<SignedIn> {
        let tokens = self.0.lock().ok()?;
        let (given, signed_in) = tokens.get(token.expose_secret())?;
        (now.saturating_sub(*given) <= LIFETIME).then(|| signed_in.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use super::super::super::principals::Principal;
    use super::{SignInTokens, SignedIn};

    #[test]
    fn a_token_is_good_for_15_minutes_and_no_other_is() {
        let tokens = SignInTokens::default();
        let ada = SignedIn {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            identity: Principal::new("arn:aws:sts::222222222222:assumed-role/target/ada@example.com"),
            expires_at: None,
        };
        let given = Duration::from_secs(1_795_000_000);
        let token = tokens.give(ada.clone(), given).unwrap();
        let at = |seconds| tokens.find(&token.clone().into(), given + Duration::from_secs(seconds));
        assert_eq!((at(0), at(900), at(901)), (Some(ada.clone()), Some(ada.clone()), None));
        assert_eq!(tokens.find(&"another".into(), given), None);
        assert_ne!(tokens.give(ada, given).unwrap(), token);
    }
}

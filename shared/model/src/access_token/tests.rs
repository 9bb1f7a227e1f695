use super::*;
use proptest::prelude::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000).plus(Duration::from_secs(seconds))
}

fn token(ttl: u64, max: u64, period: u64) -> AccessToken {
    AccessToken {
        id: AccessTokenId::random(),
        identity_id: IdentityId::random(),
        auth_method: AuthMethod::Universal,
        client_secret_id: None,
        auth_configuration_id: AuthConfigurationId::random(),
        identity_auth: None,
        lifetime: TokenLifetime { ttl_seconds: ttl, max_ttl_seconds: max, period_seconds: period },
        uses_limit: 0,
        uses: 0,
        issued_at: at(0),
        renewed_at: None,
    }
}

#[test]
fn a_renewal_is_refused_with_the_reason_that_ended_the_token() {
    use RenewalRefused::{Exhausted, Expired, MaxTtlExceeded, MaxTtlReached};
    let used_up = AccessToken { uses_limit: 2, uses: 2, ..token(60, 600, 0) };
    let long_lived = AccessToken { renewed_at: Some(at(590)), ..token(60, 600, 0) };
    for (what, token, now, expected) in [
        ("fresh", token(60, 600, 0), 59, Ok(())),
        ("the second it ends", token(60, 600, 0), 60, Err(Expired)),
        ("used up", used_up, 1, Err(Exhausted)),
        ("just room for one more", long_lived.clone(), 540, Ok(())),
        ("no room for one more", long_lived.clone(), 541, Err(MaxTtlExceeded)),
        ("past its maximum", long_lived, 600, Err(MaxTtlReached)),
        ("no maximum", token(60, 0, 0), 59, Ok(())),
        ("never ends", token(0, 0, 0), 999_999, Ok(())),
        (
            "periodic, past the maximum",
            AccessToken { renewed_at: Some(at(990)), ..token(60, 600, 30) },
            1_000,
            Ok(()),
        ),
        ("periodic, a period too late", token(60, 600, 30), 30, Err(Expired)),
    ] {
        assert_eq!(token.renewed(at(now)).map(|_| ()), expected, "{what}");
    }
}

#[test]
fn a_periodic_token_announces_its_period_and_a_maximum_of_thirty_years() {
    let lifetime = TokenLifetime { ttl_seconds: 60, max_ttl_seconds: 600, period_seconds: 30 };
    assert_eq!((lifetime.expires_in(), lifetime.max_ttl()), (30, 1_000_000_000));
}

#[test]
fn a_token_without_a_time_to_live_ends_at_its_maximum() {
    assert_eq!(token(0, 600, 0).expires_at(), Some(at(600)));
    assert_eq!(token(0, 600, 0).renewed(at(599)).map(|token| token.expires_at()), Ok(Some(at(600))));
    assert_eq!(token(0, 600, 0).renewed(at(600)), Err(RenewalRefused::MaxTtlReached));
    assert_eq!(token(0, 600, 30).expires_at(), Some(at(30)));
}

#[test]
fn a_token_without_end_has_no_exp_claim() {
    let claims = serde_json::to_value(token(0, 0, 0).claims(OrganizationId::random())).expect("serialises");
    assert!(claims.get("exp").is_none());
    let claims = serde_json::to_value(token(60, 0, 0).claims(OrganizationId::random())).expect("serialises");
    assert_eq!(claims["exp"], 1_800_000_060);
}

proptest! {
    #[test]
    fn however_often_it_is_renewed_a_token_never_outlives_its_maximum(
        ttl in 1_u64..1_000,
        room in 0_u64..5_000,
        waits in proptest::collection::vec(0_u64..1_200, 0..40),
    ) {
        let mut token = token(ttl, ttl + room, 0);
        let mut now = 0;
        for wait in waits {
            now += wait;
            if let Ok(renewed) = token.renewed(at(now)) {
                token = renewed;
            }
            prop_assert!(token.expires_at().expect("ends") <= at(ttl + room));
        }
    }
}

//! The fields that several bodies share, with their limits (all spans in seconds).

use model::access_token::{MAX_TTL_SECONDS, TokenLifetime, TokenTerms};
use model::form::{Form, rule};
use model::trusted_ip::TrustedIp;

/// Counts that the peer keeps in a 32-bit column.
pub(crate) const MAX_COUNT: u64 = 2_147_483_647;

/// The most entries of a list of addresses.
const MAX_TRUSTED_IPS: usize = 100;

/// A list of addresses; absent: `before`.
pub(crate) fn trusted_ips(form: &mut Form<'_>, name: &str, before: &[TrustedIp]) -> Option<Vec<TrustedIp>> {
    let given =
        form.optional_objects(name, 1, |entry| entry.required("ipAddress", rule::parsed::<TrustedIp>()))?;
    match given {
        Some(given) if given.len() > MAX_TRUSTED_IPS => {
            form.refuse(name, format!("Array must contain at most {MAX_TRUSTED_IPS} element(s)"))
        }
        Some(given) => Some(given),
        None => Some(before.to_vec()),
    }
}

/// What a configuration says of its tokens: `accessTokenTTL`, `accessTokenMaxTTL`, `accessTokenNumUsesLimit` and
/// `accessTokenTrustedIps`, and `accessTokenPeriod` where the method has periodic tokens; absent: `before`.
pub(crate) fn token_terms(
    form: &mut Form<'_>,
    before: &TokenTerms,
    may_be_periodic: bool,
) -> Option<TokenTerms> {
    let span = || rule::integer(0, MAX_TTL_SECONDS);
    let ttl = form.or("accessTokenTTL", span(), before.lifetime.ttl_seconds);
    let max_ttl = form.or("accessTokenMaxTTL", span(), before.lifetime.max_ttl_seconds);
    let period = if may_be_periodic {
        form.or("accessTokenPeriod", span(), before.lifetime.period_seconds)
    } else {
        Some(before.lifetime.period_seconds)
    };
    let uses_limit = form.or("accessTokenNumUsesLimit", rule::integer(0, MAX_COUNT), before.uses_limit);
    let trusted_ips = trusted_ips(form, "accessTokenTrustedIps", &before.trusted_ips);
    let lifetime = TokenLifetime { ttl_seconds: ttl?, max_ttl_seconds: max_ttl?, period_seconds: period? };
    if !lifetime.is_consistent() {
        return form.refuse("accessTokenTTL", "Access token TTL cannot be greater than max TTL");
    }
    Some(TokenTerms { trusted_ips: trusted_ips?, lifetime, uses_limit: uses_limit? })
}

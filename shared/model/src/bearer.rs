//! Bearer tokens, whoever made them.

/// Why a bearer token lets nobody in. The authorizer says it in its context, and the functions behind the gateway turn it
/// into the wire's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no bearer token.
    Missing,
    /// It is no token, its signature is wrong, or it is somebody else's.
    Malformed,
    /// It has ended.
    Expired,
    /// Its algorithm is not allowed.
    Algorithm,
    /// Its record, its identity, its login method or its client secret is gone.
    Revoked,
    /// It has been used as often as it may be.
    Exhausted,
    /// It may not be used from this address.
    Address,
    /// It could not be checked.
    Unavailable,
}

impl Refusal {
    const ALL: [Self; 8] = [
        Self::Missing,
        Self::Malformed,
        Self::Expired,
        Self::Algorithm,
        Self::Revoked,
        Self::Exhausted,
        Self::Address,
        Self::Unavailable,
    ];

    /// As the context spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Expired => "expired",
            Self::Algorithm => "algorithm",
            Self::Revoked => "revoked",
            Self::Exhausted => "exhausted",
            Self::Address => "address",
            Self::Unavailable => "unavailable",
        }
    }

    /// The refusal that the context spells so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.name() == name)
    }
}

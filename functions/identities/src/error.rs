//! This function's failures on the wire.

use model::access_token::RenewalRefused;
use model::aws_auth::PrincipalRefused;
use model::oidc_auth::ClaimRefused;
use model::principal::Principal;
use model::signed_request::SignedRequestFault;
use tokens::{FetchPublicKeyError, IssuerError};
use web::Problem;

use crate::signer::SignTokenError;
use crate::sts::ReplayError;

const KMS_AWAY: &str = "Tokens cannot be signed or checked just now; please try again";

/// KMS is a service like others: what it does not answer now it may answer soon.
pub(crate) fn public_key(error: FetchPublicKeyError) -> Problem {
    match error {
        FetchPublicKeyError::GetPublicKey(_) => Problem::unavailable(KMS_AWAY).because(error),
        FetchPublicKeyError::NotP256 => Problem::bug("read the public key of the token signing key", error),
    }
}

pub(crate) fn sign(error: SignTokenError) -> Problem {
    match error {
        SignTokenError::PublicKey(error) => public_key(error),
        SignTokenError::Sign(_) => Problem::unavailable(KMS_AWAY).because(error),
        SignTokenError::EncodeClaims(_) | SignTokenError::DecodeSignature(_) => {
            Problem::bug("sign an access token", error)
        }
    }
}

pub(crate) fn renewal(refused: RenewalRefused) -> Problem {
    let reason = match refused {
        RenewalRefused::Expired => "it has expired",
        RenewalRefused::Exhausted => "it has been used as often as it may be",
        RenewalRefused::MaxTtlReached => "it has reached its maximum time to live",
        RenewalRefused::MaxTtlExceeded => "that would exceed its maximum time to live",
    };
    Problem::unauthorized(format!("The access token cannot be renewed: {reason}. Please re-authenticate."))
}

/// A signed request that is not sent on: a malformed one can never be right, others were signed too early, too late
/// or elsewhere.
pub(crate) fn signed_request(fault: SignedRequestFault) -> Problem {
    let message = format!("AWS auth refused: {fault}");
    if fault.is_malformed() { Problem::bad_request(message) } else { Problem::unauthorized(message) }
}

pub(crate) fn replay(error: ReplayError) -> Problem {
    match &error {
        ReplayError::Refused { reason, .. } if reason.is_empty() => {
            Problem::unauthorized("AWS auth refused: AWS STS did not accept the signed request")
                .because(error)
        }
        ReplayError::Refused { reason, .. } => {
            let message = format!("AWS auth refused: AWS STS did not accept the signed request: {reason}");
            Problem::unauthorized(message).because(error)
        }
        ReplayError::Send(_) | ReplayError::Busy(_) => Problem::unavailable(
            "AWS STS could not be reached to verify the signed request; please try again",
        )
        .because(error),
        ReplayError::ReadAnswer | ReplayError::ReadPrincipal(_) => {
            Problem::unauthorized("AWS auth refused: AWS STS named no principal that can log in")
                .because(error)
        }
    }
}

pub(crate) fn principal(refused: PrincipalRefused, principal: &Principal) -> Problem {
    let arn = principal.arn();
    let message = match refused {
        PrincipalRefused::NobodyAllowed => "AWS auth refused: its configuration allows nobody".to_owned(),
        PrincipalRefused::Account => {
            format!("AWS auth refused: account {} is not allowed", principal.account())
        }
        PrincipalRefused::Arn => format!("AWS auth refused: the principal {arn} is not allowed"),
    };
    Problem::unauthorized(message)
}

pub(crate) fn issuer(error: IssuerError) -> Problem {
    match error {
        IssuerError::Refused(refused) => Problem::unauthorized(format!("Access denied: {refused}")),
        IssuerError::Unavailable(None) => {
            Problem::unavailable("The keys of the OIDC issuer are not available; please try again")
        }
        IssuerError::Unavailable(Some(cause)) => {
            Problem::unavailable(format!("The keys of the OIDC issuer are not available: {cause}"))
                .because(cause)
        }
    }
}

pub(crate) fn claim(refused: ClaimRefused) -> Problem {
    let message = format!("Access denied: {refused}");
    match refused {
        ClaimRefused::Subject => Problem::forbidden(message),
        ClaimRefused::Audience | ClaimRefused::ClaimAbsent(_) | ClaimRefused::Claim(_) => {
            Problem::unauthorized(message)
        }
    }
}

pub(crate) fn no_identity(id: model::id::IdentityId) -> Problem {
    Problem::not_found(format!("Failed to find identity with ID {id}"))
}

/// The built-in administrator is the stack's, not ours to change.
pub(crate) fn built_in() -> Problem {
    Problem::bad_request(
        "The built-in administrator identity comes from the stack's parameter AdminPrincipalArns and cannot be changed",
    )
}

//! Why AWS did not do what was asked.

use std::error::Error as StdError;
use std::sync::Arc;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use model::aws_code::{is_about_credentials, is_throttling};
use model::error::chain;

/// An answer of AWS's that was not the one hoped for, or none. Cloned to everybody who waited for the same answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// AWS understood and said no. Its message names the caller, the action and the resource.
    #[error("{operation}: {message}")]
    Refused {
        /// The operation.
        operation: &'static str,
        /// AWS's code, `AccessDenied`.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// AWS does not accept the credentials themselves: unknown, inactive, expired, or the wrong secret.
    #[error("{operation}: {message}")]
    CredentialsInvalid {
        /// The operation.
        operation: &'static str,
        /// AWS's code, `InvalidClientTokenId`.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// AWS asked for patience.
    #[error("{operation}: AWS is throttling ({code})")]
    Throttled {
        /// The operation.
        operation: &'static str,
        /// AWS's code.
        code: String,
    },
    /// AWS failed by its own account.
    #[error("{operation}: AWS failed ({code})")]
    Failed {
        /// The operation.
        operation: &'static str,
        /// AWS's code, or the status.
        code: String,
    },
    /// No answer, or none that makes sense: no such host, no connection, no time.
    #[error("{operation}: {reason}")]
    Unreachable {
        /// The operation.
        operation: &'static str,
        /// In public words.
        reason: &'static str,
        /// What the network said.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The answer lacks something that AWS documents as always there.
    #[error("{operation}: AWS's answer lacks {missing}")]
    Incomplete {
        /// The operation.
        operation: &'static str,
        /// What is missing.
        missing: &'static str,
    },
}

/// A proxy or a captive portal answered.
const NOT_AWS: &str = "the answer is not one of AWS's";

impl Error {
    /// What an error of any AWS SDK means.
    #[must_use]
    pub fn of<E>(operation: &'static str, error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(ref answer) => {
                let status = answer.raw().status();
                let known = answer.err().code().map(str::to_owned);
                let code = known.clone().unwrap_or_else(|| format!("status {}", status.as_u16()));
                let message = answer.err().message().unwrap_or(&code).to_owned();
                if is_throttling(&code) || status.as_u16() == 429 {
                    Self::Throttled { operation, code }
                } else if status.is_server_error() {
                    Self::Failed { operation, code }
                } else if known.is_none() {
                    Self::unreachable(operation, NOT_AWS, error)
                } else if is_about_credentials(&code) {
                    Self::CredentialsInvalid { operation, code, message }
                } else {
                    Self::Refused { operation, code, message }
                }
            }
            SdkError::TimeoutError(_) => Self::unreachable(operation, "AWS did not answer in time", error),
            SdkError::DispatchFailure(ref failure) if failure.is_timeout() => {
                Self::unreachable(operation, "AWS did not answer in time", error)
            }
            SdkError::DispatchFailure(_) => Self::unreachable(operation, "AWS could not be reached", error),
            SdkError::ResponseError(_) => Self::unreachable(operation, NOT_AWS, error),
            SdkError::ConstructionFailure(_) | _ => {
                Self::unreachable(operation, "the request could not be made", error)
            }
        }
    }

    fn unreachable<E: StdError + Send + Sync + 'static>(
        operation: &'static str,
        reason: &'static str,
        error: E,
    ) -> Self {
        tracing::debug!(operation, reason, cause = chain(&error), "AWS gave no answer");
        Self::Unreachable { operation, reason, source: Arc::new(error) }
    }

    /// What it is in a word: AWS's code where AWS gave one.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. }
            | Self::CredentialsInvalid { code, .. }
            | Self::Throttled { code, .. }
            | Self::Failed { code, .. } => code,
            Self::Unreachable { .. } => "Unreachable",
            Self::Incomplete { .. } => "Incomplete",
        }
    }

    /// Whether time alone may mend it; otherwise somebody must change something first.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Failed { .. } | Self::Unreachable { .. } => true,
            Self::Refused { .. } | Self::CredentialsInvalid { .. } | Self::Incomplete { .. } => false,
        }
    }

    /// Whether a role's trust policy, or the caller's permissions, were the reason: the answer that the trust probe wants
    /// to see without the right External ID.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        match self {
            Self::Refused { code, .. } => code == "AccessDenied" || code == "AccessDeniedException",
            Self::CredentialsInvalid { .. }
            | Self::Throttled { .. }
            | Self::Failed { .. }
            | Self::Unreachable { .. }
            | Self::Incomplete { .. } => false,
        }
    }
}

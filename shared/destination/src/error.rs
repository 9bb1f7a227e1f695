//! Why AWS did not do what was asked. No value is ever in it.

use std::error::Error as StdError;

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use model::aws_code::{is_about_credentials, is_throttling};
use secrecy::{ExposeSecret as _, SecretString};

use crate::api::Api;

/// An answer of AWS's that was not the one hoped for, or none. Its text names the action, the resource and AWS's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// AWS understood and said no.
    #[error("{action} on {resource} was refused: {message} ({code})")]
    Refused {
        /// The action, `secretsmanager:CreateSecret`.
        action: &'static str,
        /// The secret, parameter, path or key.
        resource: String,
        /// AWS's code, `AccessDeniedException`.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// AWS does not accept the credentials themselves, or not any more.
    #[error("{action}: AWS does not accept the credentials: {message} ({code})")]
    CredentialsInvalid {
        /// The action.
        action: &'static str,
        /// AWS's code, `ExpiredTokenException`.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// AWS asked for patience, and there was none left.
    #[error("{action} on {resource}: AWS kept throttling ({code})")]
    Throttled {
        /// The action.
        action: &'static str,
        /// The secret, parameter, path or key.
        resource: String,
        /// AWS's code.
        code: String,
    },
    /// AWS failed by its own account, again and again.
    #[error("{action} on {resource}: AWS failed ({code})")]
    Failed {
        /// The action.
        action: &'static str,
        /// The secret, parameter, path or key.
        resource: String,
        /// AWS's code, or the status.
        code: String,
    },
    /// No answer, or none that makes sense.
    #[error("{action} on {resource}: {reason}")]
    Unreachable {
        /// The action.
        action: &'static str,
        /// The secret, parameter, path or key.
        resource: String,
        /// In public words.
        reason: &'static str,
    },
    /// The time of the run is over; nothing was sent.
    #[error("{action} on {resource}: there is no time left in this run")]
    NoTime {
        /// The action.
        action: &'static str,
        /// The secret, parameter, path or key.
        resource: String,
    },
    /// The place holds more than an import takes.
    #[error(
        "there are more than {most} secrets to import: give the sync a key schema with a prefix of its own"
    )]
    TooMany {
        /// How many it takes.
        most: usize,
    },
}

/// The codes for what is not there.
const GONE: [&str; 3] = ["ResourceNotFoundException", "ParameterNotFound", "InvalidResourceId"];

/// Secrets Manager's words, and Parameter Store's about a value that it should decrypt, when the role may not use the key. They
/// name no action.
const NO_KEY: [&str; 2] =
    ["Access to KMS is not allowed", "The ciphertext refers to a customer master key that does not exist"];

/// What follows from an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// It may go better later.
    Later,
    /// Somebody has to change something first.
    NeedsOwner,
}

impl Error {
    /// What follows from it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            // Gone since it was read: the next run looks again.
            Self::Refused { code, .. } if GONE.contains(&code.as_str()) => Disposition::Later,
            Self::Refused { .. } | Self::TooMany { .. } => Disposition::NeedsOwner,
            Self::CredentialsInvalid { .. }
            | Self::Throttled { .. }
            | Self::Failed { .. }
            | Self::Unreachable { .. }
            | Self::NoTime { .. } => Disposition::Later,
        }
    }

    /// Whether the role lacks a permission, or the key's or secret's own policy says no.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        matches!(self.code(), Some("AccessDeniedException" | "AccessDenied"))
    }

    /// AWS's code, where there is one.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. }
            | Self::CredentialsInvalid { code, .. }
            | Self::Throttled { code, .. }
            | Self::Failed { code, .. } => Some(code),
            Self::Unreachable { .. } | Self::NoTime { .. } | Self::TooMany { .. } => None,
        }
    }

    /// AWS's words, where there are any.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Refused { message, .. } | Self::CredentialsInvalid { message, .. } => message,
            Self::Throttled { .. }
            | Self::Failed { .. }
            | Self::Unreachable { .. }
            | Self::NoTime { .. }
            | Self::TooMany { .. } => "",
        }
    }

    /// What an error of an SDK means. `secret` is what was sent, which AWS's words may repeat.
    pub(crate) fn of<E>(api: Api, resource: &str, secret: Option<&SecretString>, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let (action, resource) = (api.action(), resource.to_owned());
        let unreachable = |reason| Self::Unreachable { action, resource: resource.clone(), reason };
        match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status();
                let Some(code) = answer.err().code().map(str::to_owned) else {
                    let code = format!("status {}", status.as_u16());
                    return if status.as_u16() == 429 {
                        Self::Throttled { action, resource, code }
                    } else if status.is_server_error() {
                        Self::Failed { action, resource, code }
                    } else {
                        unreachable("the answer is not one of AWS's")
                    };
                };
                let message = helped(without(secret, &code, answer.err().message().unwrap_or(&code)));
                if is_throttling(&code) || status.as_u16() == 429 {
                    Self::Throttled { action, resource, code }
                } else if status.is_server_error() {
                    Self::Failed { action, resource, code }
                } else if is_about_credentials(&code) {
                    Self::CredentialsInvalid { action, code, message }
                } else {
                    Self::Refused { action, resource, code, message }
                }
            }
            SdkError::TimeoutError(_) => unreachable("AWS did not answer in time"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                unreachable("AWS did not answer in time")
            }
            SdkError::DispatchFailure(_) => unreachable("AWS could not be reached"),
            SdkError::ResponseError(_) => unreachable("the answer is not one of AWS's"),
            SdkError::ConstructionFailure(_) | _ => unreachable("the request could not be made"),
        }
    }

    /// One of the errors that BatchGetSecretValue gives for single secrets.
    pub(crate) fn of_one(api: Api, resource: &str, code: &str, message: &str) -> Self {
        let (resource, code) = (resource.to_owned(), code.to_owned());
        Self::Refused { action: api.action(), resource, message: helped(message.to_owned()), code }
    }
}

/// AWS's words with what they leave out.
fn helped(message: String) -> String {
    if !NO_KEY.iter().any(|words| message.starts_with(words)) {
        return message;
    }
    format!(
        "{} (allow the role kms:Decrypt, kms:Encrypt and kms:GenerateDataKey on the key, there and in the key's own policy)",
        message.trim_end_matches('.')
    )
}

/// AWS's words without the value that was sent. Refusals of a permission never repeat it; everything else may: validation
/// quotes what it refuses.
fn without(secret: Option<&SecretString>, code: &str, message: &str) -> String {
    let Some(secret) = secret.map(SecretString::expose_secret) else { return message.to_owned() };
    if code.starts_with("AccessDenied") {
        return message.to_owned();
    }
    let mut words = message.to_owned();
    for (before, after) in [("Value '", "' at '"), ("value: (", ") ")] {
        if let (Some(start), Some(end)) = (words.find(before), words.rfind(after))
            && start + before.len() <= end
        {
            words.replace_range(start + before.len()..end, "…");
        }
    }
    if !secret.is_empty() && repeats(&words, secret) {
        "AWS's words repeat the value and are left out".to_owned()
    } else {
        words
    }
}

/// Whether the value is in AWS's words; a short one as a word of its own, for `n` is in most sentences.
fn repeats(words: &str, secret: &str) -> bool {
    const SHORT: usize = 8;
    let beside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    words.match_indices(secret).any(|(at, found)| {
        let (before, after) = (&words[..at], &words[at + found.len()..]);
        secret.len() >= SHORT || beside(before.chars().next_back()) && beside(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awss_words_lose_the_value_and_nothing_else() {
        let left_out = "AWS's words repeat the value and are left out";
        for (value, code, words, expected) in [
            ("n", "EncryptionFailure", "the key cannot be used now", "the key cannot be used now"),
            ("n", "ValidationException", "(n) is bad", left_out),
            (
                "hunter2",
                "ValidationException",
                "Parameter value: (hunter2) can't nest",
                "Parameter value: (…) can't nest",
            ),
            ("a'b", "ValidationException", "Value 'a'b' at 'value' failed", "Value '…' at 'value' failed"),
            (
                "cut off here",
                "ValidationException",
                "Value 'cut of' at 'value' failed",
                "Value '…' at 'value' failed",
            ),
            ("hunter2hunter2", "InternalFailure", "xhunter2hunter2x", left_out),
            ("CreateSecret", "AccessDeniedException", "may not CreateSecret", "may not CreateSecret"),
            ("", "ValidationException", "at least 1", "at least 1"),
        ] {
            assert_eq!(without(Some(&value.into()), code, words), expected, "{value} {words}");
        }
        assert_eq!(without(None, "ValidationException", "Value 'name' at 'name'"), "Value 'name' at 'name'");
    }

    #[test]
    fn a_key_that_may_not_be_used_is_told_with_the_actions_that_awss_words_leave_out() {
        for words in [
            "Access to KMS is not allowed",
            "Access to KMS is not allowed.",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you \
             are not allowed to access.",
        ] {
            let told = helped(words.to_owned());
            assert!(told.starts_with(words.trim_end_matches('.')), "AWS's own words: {told}");
            for action in ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"] {
                assert!(told.contains(action), "{action}: {told}");
            }
        }
        assert_eq!(helped("Rate exceeded".to_owned()), "Rate exceeded");
    }
}

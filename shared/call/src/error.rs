//! Why AWS did not do what was asked. No key and no passphrase is ever in it: what is sent of them AWS never repeats.

use std::error::Error as StdError;
use std::fmt;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use model::aws_code::{is_about_credentials, is_throttling};

/// An answer of AWS's that was not the one hoped for, or none. Its text names the action, the resource and AWS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    action: &'static str,
    resource: String,
    cause: Cause,
    may_be_done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    /// AWS understood and said no.
    Refused { code: String, message: String },
    /// AWS does not accept the credentials themselves, or not any more.
    Credentials { code: String, message: String },
    /// AWS asked for patience, and there was none left.
    Throttled { code: String },
    /// AWS failed by its own account, again and again.
    Failed { code: String },
    /// No answer, or none that makes sense.
    Unreachable { reason: &'static str },
    /// The time is over; nothing was sent.
    NoTime,
    /// The answer lacks something that AWS documents as always there.
    Incomplete { missing: &'static str },
    /// AWS has no words for what was asked for.
    Impossible { why: &'static str },
    /// The connection's access key could not be opened.
    Key { is_passing: bool },
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A permission is missing: the text names it.
    Denied,
    /// The credentials of the connection do not work, or not any more.
    Credentials,
    /// There is no such authority, certificate, zone or listener.
    NotFound,
    /// It is in a state in which that cannot be done: an authority that is disabled, a certificate that is being changed.
    InvalidState,
    /// A quota of the account's is used up: not one of calls in a second.
    LimitExceeded,
    /// AWS does not take what was asked for: a CSR, a validity, a name.
    Invalid,
    /// What it is about is still being made.
    InProgress,
    /// It was done before.
    AlreadyDone,
    /// Time alone may mend it.
    Passing,
    /// Something else.
    Other,
}

impl Error {
    fn new(action: &'static str, resource: &str, cause: Cause) -> Self {
        Self { action, resource: resource.to_owned(), cause, may_be_done: false }
    }

    pub(crate) fn no_time(action: &'static str, resource: &str) -> Self {
        Self::new(action, resource, Cause::NoTime)
    }

    /// The answer lacks something that AWS documents as always there.
    #[must_use]
    pub fn incomplete(action: &'static str, resource: &str, missing: &'static str) -> Self {
        Self { may_be_done: true, ..Self::new(action, resource, Cause::Incomplete { missing }) }
    }

    /// It cannot be asked for at all; `why` in public words.
    #[must_use]
    pub fn impossible(action: &'static str, resource: &str, why: &'static str) -> Self {
        Self::new(action, resource, Cause::Impossible { why })
    }

    /// The connection did not open.
    pub(crate) fn opening(role: &str, error: &access::Error) -> Self {
        let code = error.code().to_owned();
        let cause = match error {
            access::Error::Refused { message, .. } => Cause::Refused { code, message: message.clone() },
            access::Error::CredentialsInvalid { message, .. } => {
                Cause::Credentials { code, message: message.clone() }
            }
            access::Error::Throttled { .. } => Cause::Throttled { code },
            access::Error::Failed { .. } => Cause::Failed { code },
            access::Error::Unreachable { reason, .. } => Cause::Unreachable { reason },
            access::Error::Incomplete { missing, .. } => Cause::Incomplete { missing },
        };
        Self::new("sts:AssumeRole", role, cause)
    }

    /// The access key of a connection could not be opened.
    pub(crate) fn unsealing(connection: &str, error: &seal::Error) -> Self {
        tracing::warn!(cause = model::error::chain(error), "the access key of a connection was not opened");
        Self::new("kms:Decrypt", connection, Cause::Key { is_passing: error.is_transient() })
    }

    /// What an error of an SDK means; `words` finds AWS's where they are not in their usual place.
    pub(crate) fn of<E>(
        action: &'static str,
        resource: &str,
        error: &SdkError<E, Response>,
        words: fn(&E) -> Option<String>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let cause = match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status();
                match answer.err().code().map(str::to_owned) {
                    None => {
                        let code = format!("status {}", status.as_u16());
                        if status.as_u16() == 429 {
                            Cause::Throttled { code }
                        } else if status.is_server_error() {
                            Cause::Failed { code }
                        } else {
                            Cause::Unreachable { reason: "the answer is not one of AWS's" }
                        }
                    }
                    Some(code) => {
                        let said = words(answer.err());
                        let said = said.or_else(|| answer.err().message().map(str::to_owned));
                        let message = said.unwrap_or_else(|| code.clone());
                        if is_throttling(&code) || status.as_u16() == 429 {
                            Cause::Throttled { code }
                        } else if status.is_server_error() {
                            Cause::Failed { code }
                        } else if is_about_credentials(&code) {
                            Cause::Credentials { code, message }
                        } else {
                            Cause::Refused { code, message }
                        }
                    }
                }
            }
            SdkError::TimeoutError(_) => Cause::Unreachable { reason: "AWS did not answer in time" },
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Cause::Unreachable { reason: "AWS did not answer in time" }
            }
            SdkError::DispatchFailure(_) => Cause::Unreachable { reason: "AWS could not be reached" },
            SdkError::ResponseError(_) => Cause::Unreachable { reason: "the answer is not one of AWS's" },
            SdkError::ConstructionFailure(_) | _ => {
                Cause::Impossible { why: "the request could not be made" }
            }
        };
        let may_be_done = matches!(cause, Cause::Failed { .. } | Cause::Unreachable { .. });
        Self { may_be_done, ..Self::new(action, resource, cause) }
    }

    /// The action, `acm-pca:IssueCertificate`.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        self.action
    }

    /// The authority, certificate, name, zone, listener or role.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// AWS's code, where there is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match &self.cause {
            Cause::Refused { code, .. }
            | Cause::Credentials { code, .. }
            | Cause::Throttled { code }
            | Cause::Failed { code } => Some(code),
            Cause::Unreachable { .. }
            | Cause::NoTime
            | Cause::Incomplete { .. }
            | Cause::Impossible { .. }
            | Cause::Key { .. } => None,
        }
    }

    /// Whether AWS may have done it all the same: it failed, or its answer was lost.
    #[must_use]
    pub const fn may_be_done(&self) -> bool {
        self.may_be_done
    }

    /// What it means.
    #[must_use]
    pub fn class(&self) -> Class {
        match &self.cause {
            Cause::Refused { code, .. } => class_of(code),
            Cause::Credentials { .. } => Class::Credentials,
            Cause::Throttled { .. }
            | Cause::Failed { .. }
            | Cause::Unreachable { .. }
            | Cause::NoTime
            | Cause::Key { is_passing: true } => Class::Passing,
            Cause::Impossible { .. } => Class::Invalid,
            Cause::Incomplete { .. } | Cause::Key { is_passing: false } => Class::Other,
        }
    }

    /// Whether time alone may mend it; otherwise somebody must change something first. A session that has just ended is
    /// opened anew the next time.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self.class() {
            Class::Passing | Class::InProgress => true,
            Class::Credentials => self.code().is_some_and(|code| code.starts_with("ExpiredToken")),
            Class::Denied
            | Class::NotFound
            | Class::InvalidState
            | Class::LimitExceeded
            | Class::Invalid
            | Class::AlreadyDone
            | Class::Other => false,
        }
    }

    pub(crate) const fn is_throttling(&self) -> bool {
        matches!(self.cause, Cause::Throttled { .. })
    }

    /// Whether the same call may go better in a moment.
    pub(crate) fn is_worth_another_try(&self) -> bool {
        match &self.cause {
            Cause::Failed { .. } | Cause::Unreachable { .. } => true,
            Cause::Refused { code, .. } => class_of(code) == Class::Passing,
            Cause::Credentials { .. }
            | Cause::Throttled { .. }
            | Cause::NoTime
            | Cause::Incomplete { .. }
            | Cause::Impossible { .. }
            | Cause::Key { .. } => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, resource, cause, .. } = self;
        match cause {
            Cause::Refused { code, message } => {
                write!(f, "{action} on {resource} was refused: {message} ({code})")
            }
            Cause::Credentials { code, message } => {
                write!(f, "{action}: AWS does not accept the credentials: {message} ({code})")
            }
            Cause::Throttled { code } => write!(f, "{action} on {resource}: AWS kept throttling ({code})"),
            Cause::Failed { code } => write!(f, "{action} on {resource}: AWS failed ({code})"),
            Cause::Unreachable { reason } => write!(f, "{action} on {resource}: {reason}"),
            Cause::NoTime => write!(f, "{action} on {resource}: there is no time left"),
            Cause::Incomplete { missing } => {
                write!(f, "{action} on {resource}: AWS's answer lacks {missing}")
            }
            Cause::Impossible { why } => write!(f, "{action} on {resource}: {why}"),
            Cause::Key { .. } => {
                write!(f, "the access key of the connection {resource} could not be opened")
            }
        }
    }
}

impl StdError for Error {}

/// What AWS's codes mean, those of ACM, Private CA, Route 53, Elastic Load Balancing and STS together: no code means two things.
fn class_of(code: &str) -> Class {
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Class::Denied,
        "ResourceNotFoundException"
        | "NoSuchHostedZone"
        | "CertificateNotFound"
        | "ListenerNotFound"
        | "LoadBalancerNotFound" => Class::NotFound,
        "InvalidStateException" | "OperationNotPermitted" | "ResourceInUseException" => Class::InvalidState,
        "LimitExceededException" | "LimitsExceeded" | "TooManyCertificates" | "TooManyTagsException" => {
            Class::LimitExceeded
        }
        "RequestInProgressException" => Class::InProgress,
        "RequestAlreadyProcessedException" => Class::AlreadyDone,
        "ConcurrentModificationException" | "ConflictException" => Class::Passing,
        "IncompatibleProtocols"
        | "InvalidArgsException"
        | "InvalidArnException"
        | "InvalidChangeBatch"
        | "InvalidConfigurationRequest"
        | "InvalidDomainValidationOptionsException"
        | "InvalidInput"
        | "InvalidParameterException"
        | "InvalidRequestException"
        | "InvalidTagException"
        | "MalformedCertificateException"
        | "MalformedCSRException"
        | "TagPolicyException"
        | "UnsupportedCertificate"
        | "UnsupportedProtocol"
        | "ValidationError"
        | "ValidationException" => Class::Invalid,
        _ => Class::Other,
    }
}

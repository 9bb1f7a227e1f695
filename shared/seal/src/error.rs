//! Why a value was not sealed or opened.

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::operation::generate_data_key::GenerateDataKeyError;
use model::permission::Scope;
use store::CommitError;

/// What went wrong. No message and no source holds a value or a key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The blob was changed, or was sealed under the key of another scope (which is out of reach on purpose, so the
    /// two look the same).
    #[error("a sealed value was changed after it was sealed")]
    Tampered,
    /// The blob is genuine but was sealed for another item, attribute or version: it was copied or put back.
    #[error("a sealed value is in another place than the one it was sealed for")]
    WrongContext,
    /// The data key that the blob names is not in the table.
    #[error("version {version} of the data key of {} is missing", named(*scope))]
    MissingKeyVersion {
        /// Whose data key.
        scope: Scope,
        /// Which version the blob names.
        version: u32,
    },
    /// The blob was written by a newer release.
    #[error("a sealed value has format {format}, which this release does not know")]
    UnknownFormat {
        /// The first byte of the blob.
        format: u8,
    },
    /// KMS says that the stored data key was not wrapped by our key for this scope: its row was changed or copied.
    #[error("KMS refuses version {version} of the data key of {}: not wrapped for this scope", named(*scope))]
    ForeignDataKey {
        /// Whose data key.
        scope: Scope,
        /// Which version.
        version: u32,
        /// What KMS answered.
        source: Box<SdkError<DecryptError>>,
    },
    /// KMS did not unwrap a data key: no permission, the key is disabled, throttling, no connection.
    #[error("unwrap version {version} of the data key of {}", named(*scope))]
    UnwrapDataKey {
        /// Whose data key.
        scope: Scope,
        /// Which version.
        version: u32,
        /// What KMS answered.
        source: Box<SdkError<DecryptError>>,
    },
    /// KMS made no data key.
    #[error("generate a data key for {}", named(*scope))]
    GenerateDataKey {
        /// For whom.
        scope: Scope,
        /// What KMS answered.
        source: Box<SdkError<GenerateDataKeyError>>,
    },
    /// The table did not answer about data keys.
    #[error("read or create a data key of {}", named(*scope))]
    StoreDataKey {
        /// Whose data key.
        scope: Scope,
        /// What the table answered.
        source: CommitError,
    },
    /// A data key of another form than 32 bytes wrapped in base64.
    #[error("version {version} of the data key of {} is no AES-256 key", named(*scope))]
    DataKeyForm {
        /// Whose data key.
        scope: Scope,
        /// Which version.
        version: u32,
    },
    /// The operating system gave no random bytes, or the cipher did not take the value (over 64 GiB).
    #[error("seal a value")]
    Seal,
}

impl Error {
    /// Whether the same call may succeed in a moment: KMS was throttling, busy or out of reach.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::UnwrapDataKey { source, .. } => transient(source),
            Self::GenerateDataKey { source, .. } => transient(source),
            Self::StoreDataKey { source, .. } => source.is_passing(),
            Self::Tampered
            | Self::WrongContext
            | Self::MissingKeyVersion { .. }
            | Self::UnknownFormat { .. }
            | Self::ForeignDataKey { .. }
            | Self::DataKeyForm { .. }
            | Self::Seal => false,
        }
    }

    pub(crate) fn unwrapping(scope: Scope, version: u32, source: SdkError<DecryptError>) -> Self {
        let source = Box::new(source);
        match source.as_service_error() {
            // KMS answers InvalidCiphertextException for a changed ciphertext and for another encryption context:
            // https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
            Some(answer)
                if answer.is_invalid_ciphertext_exception() || answer.is_incorrect_key_exception() =>
            {
                Self::ForeignDataKey { scope, version, source }
            }
            Some(_) | None => Self::UnwrapDataKey { scope, version, source },
        }
    }
}

fn transient<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(answer) => matches!(
            answer.err().code(),
            Some(
                "ThrottlingException"
                    | "LimitExceededException"
                    | "KMSInternalException"
                    | "DependencyTimeoutException"
                    | "KeyUnavailableException"
            )
        ),
        SdkError::ConstructionFailure(_) | _ => false,
    }
}

fn named(scope: Scope) -> String {
    match scope {
        Scope::Organization => "the organisation".to_owned(),
        Scope::Project(project) => format!("project {project}"),
    }
}

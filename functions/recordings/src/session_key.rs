//! Session keys: made here, wrapped by KMS for one project and session, and opened for them alone.

use std::collections::HashMap;

use aws_lc_rs::rand;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::operation::encrypt::EncryptError;
use aws_sdk_kms::primitives::Blob;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::id::{PamSessionId, ProjectId};
use model::recording::{SESSION_KEY_BYTES, SessionKey};
use web::Problem;
use zeroize::Zeroizing;

/// The KMS key that wraps session keys. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct SessionKeys {
    kms: aws_sdk_kms::Client,
    key_id: String,
}

/// Why there is no session key. No message and no source holds one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// KMS did not wrap it.
    #[error("wrap a session key")]
    Wrap(#[source] Box<SdkError<EncryptError>>),
    /// KMS did not unwrap it.
    #[error("unwrap a session key")]
    Unwrap(#[source] Box<SdkError<DecryptError>>),
    /// What is stored, or what KMS answered, is not 32 bytes wrapped in base64.
    #[error("a session key is not {SESSION_KEY_BYTES} bytes")]
    Form,
    /// The operating system gave no random bytes.
    #[error("make a session key")]
    Random,
}

impl SessionKeys {
    pub(crate) const fn new(kms: aws_sdk_kms::Client, key_id: String) -> Self {
        Self { kms, key_id }
    }

    /// A new key, and the same as KMS wrapped it, in base64. One Encrypt
    /// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>).
    pub(crate) async fn make(
        &self,
        project: ProjectId,
        session: PamSessionId,
    ) -> Result<(SessionKey, String), KeyError> {
        let mut bytes = Box::new([0; SESSION_KEY_BYTES]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| KeyError::Random)?;
        let key = SessionKey::new(bytes);
        let wrapped = self
            .kms
            .encrypt()
            .key_id(&self.key_id)
            .plaintext(Blob::new(key.expose().as_slice()))
            .set_encryption_context(Some(context(project, session)))
            .send()
            .await
            .map_err(|error| KeyError::Wrap(Box::new(error)))?;
        let wrapped = wrapped.ciphertext_blob.ok_or(KeyError::Form)?;
        Ok((key, STANDARD.encode(wrapped)))
    }

    /// A wrapped key, opened. One Decrypt, pinned to our KMS key, so that a changed row cannot name another.
    pub(crate) async fn open(
        &self,
        project: ProjectId,
        session: PamSessionId,
        wrapped: &str,
    ) -> Result<SessionKey, KeyError> {
        let wrapped = STANDARD.decode(wrapped).map_err(|_| KeyError::Form)?;
        let opened = self
            .kms
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(context(project, session)))
            .send()
            .await
            .map_err(|error| KeyError::Unwrap(Box::new(error)))?;
        let opened = Zeroizing::new(opened.plaintext.ok_or(KeyError::Form)?.into_inner());
        let mut bytes = Box::new([0; SESSION_KEY_BYTES]);
        if opened.len() != SESSION_KEY_BYTES {
            return Err(KeyError::Form);
        }
        bytes.copy_from_slice(&opened);
        Ok(SessionKey::new(bytes))
    }
}

/// KMS refuses to unwrap a key for another project or session, and writes both into CloudTrail
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>).
fn context(project: ProjectId, session: PamSessionId) -> HashMap<String, String> {
    HashMap::from([("project".to_owned(), project.to_string()), ("session".to_owned(), session.to_string())])
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let answer = match &error {
            KeyError::Wrap(source) => Answer::of(source),
            KeyError::Unwrap(source) => Answer::of(source),
            KeyError::Form | KeyError::Random => return Self::bug("handle a session key", error),
        };
        match answer {
            Answer::Refused(code) => Self::bad_request(said(&code)).because(error),
            Answer::Passing => {
                Self::unavailable("KMS did not answer about the session key; please try again").because(error)
            }
        }
    }
}

/// What KMS says, in short.
enum Answer {
    Refused(String),
    Passing,
}

impl Answer {
    fn of<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Self {
        const PASSING: [&str; 4] = [
            "ThrottlingException",
            "LimitExceededException",
            "KMSInternalException",
            "DependencyTimeoutException",
        ];
        match error {
            SdkError::ServiceError(answer) => match answer.err().code() {
                Some(code) if !PASSING.contains(&code) && !answer.raw().status().is_server_error() => {
                    Self::Refused(code.to_owned())
                }
                Some(_) | None => Self::Passing,
            },
            SdkError::TimeoutError(_)
            | SdkError::DispatchFailure(_)
            | SdkError::ResponseError(_)
            | SdkError::ConstructionFailure(_)
            | _ => Self::Passing,
        }
    }
}

/// KMS's refusals in words for whoever can mend them.
fn said(code: &str) -> String {
    let what = match code {
        "DisabledException" => {
            "the KMS key of this deployment that wraps session keys is disabled: enable it again"
        }
        "KMSInvalidStateException" => {
            "the KMS key of this deployment that wraps session keys cannot be used in its state (it may be about to be \
             deleted): restore it"
        }
        "NotFoundException" => "the KMS key of this deployment that wraps session keys is not there",
        "AccessDeniedException" => {
            "the function may not use the KMS key of this deployment that wraps session keys: its policy or the key's \
             policy was changed"
        }
        "InvalidCiphertextException" | "IncorrectKeyException" => {
            "the stored session key was not wrapped for this project and session: it was changed or copied"
        }
        _ => "KMS refused",
    };
    format!("The session key cannot be used: {what} ({code}). The recording itself is unharmed")
}

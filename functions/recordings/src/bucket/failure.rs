//! What S3 says when it does not do what it is asked.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// S3 did not do it. In public words: no URL, no credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The policy does not allow it.
    #[error("{0}")]
    Denied(String),
    /// There is no such bucket.
    #[error("there is no such bucket")]
    NoBucket,
    /// There is no such object.
    #[error("there is no such object")]
    NoObject,
    /// The bucket is in another Region.
    #[error("the bucket is in {}, not in the Region that was given", .0.as_deref().unwrap_or("another Region"))]
    Elsewhere(Option<String>),
    /// S3 refused for another reason, in its own words.
    #[error("{0}")]
    Refused(String),
    /// S3 was busy or failed, or could not be reached: time mends it.
    #[error("{0}")]
    Passing(String),
}

/// The header by which S3 says where a bucket is (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
const BUCKET_REGION: &str = "x-amz-bucket-region";

impl Failure {
    /// What an answer to a request for an object, or for a bucket, means. The answer to a HEAD has a status and no words.
    pub(crate) fn of<E>(error: &SdkError<E>, is_about_object: bool) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let answer = match error {
            SdkError::ServiceError(answer) => answer,
            SdkError::TimeoutError(_) => return Self::Passing("S3 did not answer in time".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                return Self::Passing("S3 did not answer in time".to_owned());
            }
            SdkError::DispatchFailure(_) => return Self::Passing("S3 could not be reached".to_owned()),
            SdkError::ResponseError(_) => return Self::Passing("the answer is not one of S3's".to_owned()),
            SdkError::ConstructionFailure(_) | _ => {
                return Self::Passing("the request could not be made".to_owned());
            }
        };
        let status = answer.raw().status().as_u16();
        let region = answer.raw().headers().get(BUCKET_REGION).map(str::to_owned);
        let code = answer.err().code().unwrap_or_default();
        let words = match answer.err().message() {
            Some(message) if !message.is_empty() && message != code => format!("{code}: {message}"),
            Some(_) | None if code.is_empty() => format!("status {status}"),
            Some(_) | None => code.to_owned(),
        };
        match (status, code) {
            (_, "NoSuchBucket") => Self::NoBucket,
            (
                _,
                "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException",
            )
            | (301 | 307, _) => Self::Elsewhere(region),
            // So some Regions answer who signs for another.
            (400, "") if region.is_some() => Self::Elsewhere(region),
            (404, _) if is_about_object => Self::NoObject,
            (404, _) => Self::NoBucket,
            (_, "SlowDown" | "Throttling" | "RequestLimitExceeded") | (429 | 503, _) => {
                Self::Passing("S3 is throttling".to_owned())
            }
            (500.., _) => Self::Passing(format!("S3 failed ({words})")),
            (403, "AccessDenied" | "Forbidden" | "AllAccessDisabled" | "") => Self::Denied(words),
            (_, _) => Self::Refused(words),
        }
    }
}

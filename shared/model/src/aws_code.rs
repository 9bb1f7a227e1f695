//! AWS's error codes that mean the same at every service.

/// Whether this code asks to slow down, at STS, Secrets Manager, Parameter Store, ACM, Private CA, load balancers or Route 53.
#[must_use]
pub fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "TooManyUpdates"
            | "SlowDown"
            | "BandwidthLimitExceeded"
            | "ProvisionedThroughputExceededException"
            | "PriorRequestNotComplete"
    )
}

/// Whether this code says that the credentials themselves are no good, or not any more
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>, and the same page of the other services).
#[must_use]
pub fn is_about_credentials(code: &str) -> bool {
    matches!(
        code,
        "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidAccessKeyId"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "AuthFailure"
    )
}

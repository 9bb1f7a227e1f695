//! What AWS allows without being asked, as its documentation says in November 2026.

/// Write units a second of one partition.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
pub const PARTITION_WRITES: f64 = 1_000.0;
/// Requests a second to one API of a FIFO queue in high-throughput mode, in the Regions with the least.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
pub const FIFO_CALLS: f64 = 2_400.0;
/// Executions of all functions of an account and Region at one time.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const LAMBDA_CONCURRENCY: f64 = 1_000.0;
/// Requests a second to all APIs of an account and Region.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub const API_REQUESTS: f64 = 10_000.0;
/// STS calls a second of an account and Region, the caller's.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const STS_CALLS: f64 = 600.0;
/// Signatures a second by keys on elliptic curves, of an account and Region.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>
pub const KMS_SIGNATURES: f64 = 1_000.0;
/// Symmetric operations a second, of an account and Region, where there are the fewest.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>
pub const KMS_SYMMETRIC: f64 = 10_000.0;

//! The calls that are made, and the quotas that they share.

/// The quotas that a deployment may set, in calls a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quotas {
    /// PutParameter, DeleteParameters: 3, or 10 in accounts with higher throughput
    /// (<https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html>).
    pub parameter_store_writes: f64,
    /// Everything is as fast as AWS answers: for stand-ins that have no quotas.
    pub are_off: bool,
}

/// A quota of nothing would be no quota but a standstill.
const SLOWEST_WRITES: f64 = 0.1;

impl Default for Quotas {
    fn default() -> Self {
        Self { parameter_store_writes: 3.0, are_off: false }
    }
}

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Api {
    ListSecrets,
    BatchGetSecretValue,
    GetSecretValue,
    DescribeSecret,
    CreateSecret,
    UpdateSecret,
    RestoreSecret,
    DeleteSecret,
    TagSecret,
    UntagSecret,
    GetParametersByPath,
    GetParameters,
    DescribeParameters,
    ListTagsForParameter,
    PutParameter,
    DeleteParameters,
    TagParameter,
    UntagParameter,
    DescribeKey,
}

/// What shares a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bucket {
    Of(Api),
    /// TagResource and UntagResource of Secrets Manager.
    SecretTags,
    /// Tags of parameters.
    ParameterTags,
}

impl Api {
    /// The action as policies name it.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::ListSecrets => "secretsmanager:ListSecrets",
            Self::BatchGetSecretValue => "secretsmanager:BatchGetSecretValue",
            Self::GetSecretValue => "secretsmanager:GetSecretValue",
            Self::DescribeSecret => "secretsmanager:DescribeSecret",
            Self::CreateSecret => "secretsmanager:CreateSecret",
            Self::UpdateSecret => "secretsmanager:UpdateSecret",
            Self::RestoreSecret => "secretsmanager:RestoreSecret",
            Self::DeleteSecret => "secretsmanager:DeleteSecret",
            Self::TagSecret => "secretsmanager:TagResource",
            Self::UntagSecret => "secretsmanager:UntagResource",
            Self::GetParametersByPath => "ssm:GetParametersByPath",
            Self::GetParameters => "ssm:GetParameters",
            Self::DescribeParameters => "ssm:DescribeParameters",
            Self::ListTagsForParameter => "ssm:ListTagsForResource",
            Self::PutParameter => "ssm:PutParameter",
            Self::DeleteParameters => "ssm:DeleteParameters",
            Self::TagParameter => "ssm:AddTagsToResource",
            Self::UntagParameter => "ssm:RemoveTagsFromResource",
            Self::DescribeKey => "kms:DescribeKey",
        }
    }

    pub(crate) const fn bucket(self) -> Bucket {
        match self {
            Self::TagSecret | Self::UntagSecret => Bucket::SecretTags,
            Self::TagParameter | Self::UntagParameter | Self::ListTagsForParameter => Bucket::ParameterTags,
            other @ (Self::ListSecrets
            | Self::BatchGetSecretValue
            | Self::GetSecretValue
            | Self::DescribeSecret
            | Self::CreateSecret
            | Self::UpdateSecret
            | Self::RestoreSecret
            | Self::DeleteSecret
            | Self::GetParametersByPath
            | Self::GetParameters
            | Self::DescribeParameters
            | Self::PutParameter
            | Self::DeleteParameters
            | Self::DescribeKey) => Bucket::Of(other),
        }
    }

    /// How often a second AWS answers this, at most, in one account and region
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>,
    /// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>). What AWS does not tell is guessed low.
    pub(crate) fn per_second(self, quotas: &Quotas) -> f64 {
        if quotas.are_off {
            return f64::INFINITY;
        }
        match self {
            Self::GetSecretValue | Self::DescribeSecret => 10_000.0,
            Self::ListSecrets | Self::BatchGetSecretValue | Self::DescribeKey => 100.0,
            Self::CreateSecret
            | Self::UpdateSecret
            | Self::RestoreSecret
            | Self::DeleteSecret
            | Self::TagSecret
            | Self::UntagSecret => 50.0,
            Self::GetParametersByPath | Self::GetParameters => 40.0,
            Self::DescribeParameters => 5.0,
            Self::ListTagsForParameter | Self::TagParameter | Self::UntagParameter => 10.0,
            Self::PutParameter | Self::DeleteParameters => quotas.parameter_store_writes.max(SLOWEST_WRITES),
        }
    }
}

//! The calls that are made, and the quotas that they share.

/// The pace of everything that a process calls here. Clones share it.
pub type Pace = call::Pace<Api>;

/// Who makes the calls.
pub(crate) type Caller = call::Caller<Api>;

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    DescribeAuthority,
    GetAuthorityCertificate,
    IssueCertificate,
    GetCertificate,
    RevokePrivate,
    RequestCertificate,
    DescribeCertificate,
    ExportCertificate,
    RenewCertificate,
    RevokePublic,
    ListCertificates,
    GetHostedZone,
    ChangeRecords,
}

/// What shares a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// This call alone.
    Of(Api),
    /// All calls to Route 53.
    Route53,
}

impl call::Api for Api {
    type Bucket = Bucket;

    fn action(self) -> &'static str {
        match self {
            Self::DescribeAuthority => "acm-pca:DescribeCertificateAuthority",
            Self::GetAuthorityCertificate => "acm-pca:GetCertificateAuthorityCertificate",
            Self::IssueCertificate => "acm-pca:IssueCertificate",
            Self::GetCertificate => "acm-pca:GetCertificate",
            Self::RevokePrivate => "acm-pca:RevokeCertificate",
            Self::RequestCertificate => "acm:RequestCertificate",
            Self::DescribeCertificate => "acm:DescribeCertificate",
            Self::ExportCertificate => "acm:ExportCertificate",
            Self::RenewCertificate => "acm:RenewCertificate",
            Self::RevokePublic => "acm:RevokeCertificate",
            Self::ListCertificates => "acm:ListCertificates",
            Self::GetHostedZone => "route53:GetHostedZone",
            Self::ChangeRecords => "route53:ChangeResourceRecordSets",
        }
    }

    /// What AWS charges for.
    fn is_once(self) -> bool {
        matches!(self, Self::IssueCertificate | Self::RequestCertificate | Self::RenewCertificate)
    }

    fn bucket(self) -> Bucket {
        match self {
            Self::GetHostedZone | Self::ChangeRecords => Bucket::Route53,
            Self::DescribeAuthority
            | Self::GetAuthorityCertificate
            | Self::IssueCertificate
            | Self::GetCertificate
            | Self::RevokePrivate
            | Self::RequestCertificate
            | Self::DescribeCertificate
            | Self::ExportCertificate
            | Self::RenewCertificate
            | Self::RevokePublic
            | Self::ListCertificates => Bucket::Of(self),
        }
    }

    /// How often a second AWS answers this, in one account and region
    /// (<https://docs.aws.amazon.com/general/latest/gr/pca.html>, <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>,
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>). What AWS does not tell is guessed low.
    fn quota(self) -> f64 {
        match self {
            Self::GetCertificate => 75.0,
            Self::IssueCertificate => 25.0,
            Self::DescribeAuthority | Self::GetAuthorityCertificate | Self::RevokePrivate => 20.0,
            Self::DescribeCertificate | Self::ExportCertificate => 10.0,
            Self::ListCertificates => 8.0,
            Self::RequestCertificate
            | Self::RenewCertificate
            | Self::RevokePublic
            | Self::GetHostedZone
            | Self::ChangeRecords => 5.0,
        }
    }
}

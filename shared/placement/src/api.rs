//! The calls that are made, and the quotas that they share.

/// The pace of everything that a process calls here. Clones share it.
pub type Pace = call::Pace<Api>;

/// Who makes the calls.
pub(crate) type Caller = call::Caller<Api>;

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    ListCertificates,
    DescribeCertificate,
    GetCertificate,
    ListTags,
    /// ImportCertificate of a new one: made again, it imports a second one.
    Import,
    /// ImportCertificate over one.
    Replace,
    AddTags,
    DeleteCertificate,
    DescribeLoadBalancers,
    DescribeListeners,
    DescribeListenerCertificates,
    AddListenerCertificates,
    RemoveListenerCertificates,
    ModifyListener,
}

/// What shares a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// This call alone.
    Of(Api),
    /// Looking at load balancers and listeners.
    Looks,
    /// Changing listeners.
    Changes,
}

impl call::Api for Api {
    type Bucket = Bucket;

    fn action(self) -> &'static str {
        match self {
            Self::ListCertificates => "acm:ListCertificates",
            Self::DescribeCertificate => "acm:DescribeCertificate",
            Self::GetCertificate => "acm:GetCertificate",
            Self::ListTags => "acm:ListTagsForCertificate",
            Self::Import | Self::Replace => "acm:ImportCertificate",
            Self::AddTags => "acm:AddTagsToCertificate",
            Self::DeleteCertificate => "acm:DeleteCertificate",
            Self::DescribeLoadBalancers => "elasticloadbalancing:DescribeLoadBalancers",
            Self::DescribeListeners => "elasticloadbalancing:DescribeListeners",
            Self::DescribeListenerCertificates => "elasticloadbalancing:DescribeListenerCertificates",
            Self::AddListenerCertificates => "elasticloadbalancing:AddListenerCertificates",
            Self::RemoveListenerCertificates => "elasticloadbalancing:RemoveListenerCertificates",
            Self::ModifyListener => "elasticloadbalancing:ModifyListener",
        }
    }

    fn is_once(self) -> bool {
        matches!(self, Self::Import)
    }

    fn bucket(self) -> Bucket {
        match self {
            Self::Import | Self::Replace => Bucket::Of(Self::Import),
            Self::ListCertificates
            | Self::DescribeCertificate
            | Self::GetCertificate
            | Self::ListTags
            | Self::AddTags
            | Self::DeleteCertificate => Bucket::Of(self),
            Self::DescribeLoadBalancers | Self::DescribeListeners | Self::DescribeListenerCertificates => {
                Bucket::Looks
            }
            Self::AddListenerCertificates | Self::RemoveListenerCertificates | Self::ModifyListener => {
                Bucket::Changes
            }
        }
    }

    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>,
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>. What AWS does not tell is
    /// guessed low.
    fn quota(self) -> f64 {
        match self {
            Self::Import | Self::Replace => 1.0,
            Self::AddTags => 5.0,
            Self::ListCertificates => 8.0,
            Self::DescribeCertificate | Self::GetCertificate | Self::ListTags | Self::DeleteCertificate => {
                10.0
            }
            // The rate at which the bucket is refilled.
            Self::DescribeLoadBalancers | Self::DescribeListeners | Self::DescribeListenerCertificates => {
                10.0
            }
            Self::AddListenerCertificates | Self::RemoveListenerCertificates | Self::ModifyListener => 4.0,
        }
    }

    /// Half; but of imports there is one a second, and half of that would make renewals wait for hours.
    fn share(self) -> f64 {
        if matches!(self, Self::Import | Self::Replace) { 1.0 } else { 0.5 }
    }
}

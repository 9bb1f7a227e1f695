//! The calls that are made, the quotas that they share, and their pace.

use std::sync::Arc;
use std::time::Instant;

use model::arn::AccountId;
use model::region::Region;
use pace::{Clock, TokioClock};

/// Half of each quota is left to whatever else the customer runs.
const OUR_SHARE: f64 = 0.5;

/// The share of a rate that comes back each second after throttling.
const GROWTH: f64 = 0.05;

/// How a process shares the quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// So many processes like this one may be at work at once: the quotas are divided by it.
    pub processes: u32,
    /// Everything is as fast as AWS answers: for stand-ins that have no quotas.
    pub are_off: bool,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { processes: 1, are_off: false }
    }
}

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Api {
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
pub(crate) enum Bucket {
    Of(Api),
    /// All calls to Route 53.
    Route53,
}

impl Api {
    /// The action as policies name it.
    pub(crate) const fn action(self) -> &'static str {
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

    /// Whether AWS charges for what it does.
    pub(crate) const fn is_paid(self) -> bool {
        matches!(self, Self::IssueCertificate | Self::RequestCertificate | Self::RenewCertificate)
    }

    const fn bucket(self) -> Bucket {
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
    const fn quota(self) -> f64 {
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

/// The pace of everything that this process calls. Clones share it.
#[derive(Debug, Clone)]
pub struct Pace {
    quotas: Quotas,
    pace: pace::Pace<(AccountId, Region, Bucket)>,
}

impl Pace {
    /// A pace that keeps within half the quotas.
    #[must_use]
    pub fn new(quotas: Quotas) -> Self {
        Self::on(Arc::new(TokioClock), quotas)
    }

    /// The same on another clock.
    #[must_use]
    pub fn on(clock: Arc<dyn Clock>, quotas: Quotas) -> Self {
        Self { quotas, pace: pace::Pace::on(clock, GROWTH) }
    }

    /// What its clock shows: for deadlines.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.pace.now()
    }

    /// Waits until its clock shows `at`.
    pub async fn sleep_until(&self, at: Instant) {
        self.pace.sleep_until(at).await;
    }

    fn per_second(&self, api: Api) -> f64 {
        if self.quotas.are_off {
            return f64::INFINITY;
        }
        let rate = api.quota() * OUR_SHARE / f64::from(self.quotas.processes.max(1));
        // Whole calls: 7.5 a second, evenly, are 8 in some seconds.
        if rate < 1.0 { rate } else { rate.floor() }
    }
}

/// The pace in one account and region.
#[derive(Debug, Clone)]
pub(crate) struct Lanes {
    pub(crate) pace: Pace,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

impl Lanes {
    /// Waits for a call's turn, and says when it was asked for; `None` when it is not before `until`.
    pub(crate) async fn leave(&self, api: Api, until: Option<Instant>) -> Option<Instant> {
        self.pace.pace.leave(self.lane(api), self.pace.per_second(api), until).await
    }

    /// A call was throttled whose turn was asked for at `asked`.
    pub(crate) fn throttled(&self, api: Api, asked: Instant) {
        self.pace.pace.throttled(self.lane(api), self.pace.per_second(api), asked);
    }

    fn lane(&self, api: Api) -> (AccountId, Region, Bucket) {
        (self.account.clone(), self.region.clone(), api.bucket())
    }
}

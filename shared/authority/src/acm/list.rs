//! Finding a certificate whose ARN was never heard.

use std::collections::BTreeSet;

use aws_sdk_acm::types::{
    CertificateExport, CertificateSummary, CertificateType, Filters, KeyAlgorithm, SortBy, SortOrder,
};
use model::Timestamp;

use super::{Acm, AcmStatus};
use crate::Error;
use crate::api::Api;

/// The most that one page has.
const PAGE: i32 = 1_000;

/// Every kind of key: without them ACM tells of the shorter RSA keys alone.
const KEYS: [&str; 7] =
    ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

/// A certificate in ACM's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its ARN.
    pub arn: String,
    /// When it was requested.
    pub created_at: Timestamp,
    /// How far it is.
    pub status: AcmStatus,
}

impl Acm {
    /// The exportable certificates of ACM's own that were requested at `since` or later for exactly these names, the first of
    /// which is the common name. One call for a thousand certificates of the account.
    ///
    /// # Errors
    /// [`Error`] of ListCertificates or DescribeCertificate.
    pub async fn requested_since(&self, since: Timestamp, names: &[&str]) -> Result<Vec<Found>, Error> {
        let filters = Filters::builder()
            .set_key_types(Some(KEYS.map(KeyAlgorithm::from).into()))
            .export_option(CertificateExport::Enabled)
            .build();
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let request = self
                .client
                .list_certificates()
                .includes(filters.clone())
                .max_items(PAGE)
                .sort_by(SortBy::CreatedAt)
                .sort_order(SortOrder::Descending)
                .set_next_token(next);
            let page = self.caller.call(Api::ListCertificates, "*", || request.clone().send()).await?;
            for summary in page.certificate_summary_list() {
                if let Some(one) = self.fits(summary, since, names).await? {
                    found.push(one);
                }
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    async fn fits(
        &self,
        summary: &CertificateSummary,
        since: Timestamp,
        names: &[&str],
    ) -> Result<Option<Found>, Error> {
        let created_at = summary.created_at.map(|at| Timestamp::from_unix_seconds(at.secs()));
        let (Some(arn), Some(created_at)) = (&summary.certificate_arn, created_at) else { return Ok(None) };
        let is_ours = summary.r#type.as_ref().is_none_or(|kind| *kind == CertificateType::AmazonIssued);
        let first = summary.domain_name.iter().map(String::as_str);
        if created_at < since || !is_ours || set(first) != set(names.iter().take(1).copied()) {
            return Ok(None);
        }
        let mut told = summary.subject_alternative_name_summaries().to_vec();
        if summary.has_additional_subject_alternative_names == Some(true) || told.is_empty() {
            told = self.describe(arn).await?.names;
        }
        let is_exact = set(told.iter().map(String::as_str)) == set(names.iter().copied());
        let status = summary.status.as_ref().map_or("", |status| status.as_str());
        Ok(is_exact.then(|| Found { arn: arn.clone(), created_at, status: AcmStatus::of(status) }))
    }
}

fn set<'n>(names: impl Iterator<Item = &'n str>) -> BTreeSet<String> {
    names.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect()
}

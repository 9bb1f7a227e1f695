//! What clients send to make and change an authority.

use super::{
    AuthorityType, CertificateAuthority, CertificateAuthorityArn, Configuration, HostedZoneId, PrivateCa,
    PublicCa, Status,
};
use crate::form::{Form, Read, ReadWith, rule};
use crate::project::Asked;
use crate::region::Region;

/// The most hosted zones of one authority: one certificate has names in at most ten
/// (<https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>), and each zone is looked at when it is saved.
const MOST_ZONES: usize = 10;

/// The body of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The name, a slug.
    pub name: String,
    /// The project.
    pub project: Asked,
    /// Whether certificates come from it.
    pub status: Status,
    /// For the clients.
    pub enable_direct_issuance: bool,
    /// Where it is.
    pub configuration: Configuration,
}

/// The body of a change. What is absent stays as it is; a configuration comes whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The new name.
    pub name: Option<String>,
    /// Whether certificates come from it.
    pub status: Option<Status>,
    /// For the clients.
    pub enable_direct_issuance: Option<bool>,
    /// Where it is.
    pub configuration: Option<Configuration>,
}

impl ReadWith for Create {
    /// The type of the authority.
    type Known<'k> = AuthorityType;

    fn read_with(form: &mut Form<'_>, authority_type: AuthorityType) -> Option<Self> {
        let name = form.required("name", rule::slug(1, 64));
        let project = Asked::read(form);
        let status = form.or("status", rule::one_of(Status::NAMES), Status::Active);
        let enable_direct_issuance = form.or("enableDirectIssuance", rule::boolean(), true);
        let configuration = form.object("configuration", |form| configuration(authority_type, form));
        Some(Self {
            name: name?,
            project: project?,
            status: status?,
            enable_direct_issuance: enable_direct_issuance?,
            configuration: configuration?,
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(with: impl FnMut(AuthorityType)) {
        AuthorityType::ALL.into_iter().for_each(with);
    }
}

impl ReadWith for Update {
    /// The type of the authority.
    type Known<'k> = AuthorityType;

    fn read_with(form: &mut Form<'_>, authority_type: AuthorityType) -> Option<Self> {
        let name = form.optional("name", rule::slug(1, 64));
        let status = form.optional("status", rule::one_of(Status::NAMES));
        let enable_direct_issuance = form.optional("enableDirectIssuance", rule::boolean());
        let configuration = form.nullish_object("configuration", |form| configuration(authority_type, form));
        Some(Self {
            name: name?,
            status: status?,
            enable_direct_issuance: enable_direct_issuance?,
            configuration: configuration?,
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(with: impl FnMut(AuthorityType)) {
        Create::each_known(with);
    }
}

impl Update {
    /// The authority with this change; what AWS says about a new configuration is still to be found out.
    #[must_use]
    pub fn onto(&self, read: &CertificateAuthority) -> CertificateAuthority {
        CertificateAuthority {
            name: self.name.clone().unwrap_or_else(|| read.name.clone()),
            status: self.status.unwrap_or(read.status),
            enable_direct_issuance: self.enable_direct_issuance.unwrap_or(read.enable_direct_issuance),
            configuration: self.configuration.clone().unwrap_or_else(|| read.configuration.clone()),
            ..read.clone()
        }
    }
}

fn configuration(authority_type: AuthorityType, form: &mut Form<'_>) -> Option<Configuration> {
    match authority_type {
        AuthorityType::AwsPca => private(form).map(Configuration::AwsPca),
        AuthorityType::AwsAcmPublicCa => public(form).map(Configuration::AwsAcmPublicCa),
    }
}

fn private(form: &mut Form<'_>) -> Option<PrivateCa> {
    let app_connection_id = form.required("appConnectionId", rule::id());
    let arn: Option<CertificateAuthorityArn> = form.required("certificateAuthorityArn", rule::parsed());
    let region: Option<Region> = form.required("region", rule::parsed());
    let monthly_budget = monthly_budget(form);
    let (arn, region) = (arn?, region?);
    if *arn.region() != region {
        return form.refuse("region", format!("The certificate authority is in {}", arn.region()));
    }
    Some(PrivateCa {
        app_connection_id: app_connection_id?,
        certificate_authority_arn: arn,
        region,
        monthly_budget: monthly_budget?,
    })
}

fn public(form: &mut Form<'_>) -> Option<PublicCa> {
    let app_connection_id = form.required("appConnectionId", rule::id());
    let dns_app_connection_id = form.required("dnsAppConnectionId", rule::id());
    let first: Option<HostedZoneId> = form.required("hostedZoneId", rule::parsed());
    let others = form.nullish("hostedZoneIds", rule::list(0, MOST_ZONES, rule::parsed::<HostedZoneId>()));
    let region = form.required("region", rule::parsed());
    let monthly_budget = monthly_budget(form);
    let mut hosted_zone_ids = vec![first?];
    for zone in others?.unwrap_or_default() {
        if !hosted_zone_ids.contains(&zone) {
            hosted_zone_ids.push(zone);
        }
    }
    if hosted_zone_ids.len() > MOST_ZONES {
        return form.refuse("hostedZoneIds", format!("An authority has at most {MOST_ZONES} hosted zones"));
    }
    Some(PublicCa {
        app_connection_id: app_connection_id?,
        dns_app_connection_id: dns_app_connection_id?,
        hosted_zone_ids,
        region: region?,
        monthly_budget: monthly_budget?,
    })
}

fn monthly_budget(form: &mut Form<'_>) -> Option<Option<u32>> {
    let budget = form.nullish("monthlyBudget", rule::integer(1, 1_000_000))?;
    Some(budget.and_then(|budget| u32::try_from(budget).ok()))
}

//! An authority as the wire shows it: bare, as the clients expect authorities of other servers.

use serde::Serialize;

use super::{CertificateAuthority, CertificateAuthorityArn, Configuration, HostedZoneId};
use crate::Timestamp;
use crate::id::{CertificateAuthorityId, ConnectionId, ProjectId};
use crate::region::Region;

/// An authority.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    id: CertificateAuthorityId,
    project_id: ProjectId,
    name: String,
    r#type: &'static str,
    status: &'static str,
    enable_direct_issuance: bool,
    configuration: Shown,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", untagged)]
enum Shown {
    Private {
        app_connection_id: ConnectionId,
        certificate_authority_arn: CertificateAuthorityArn,
        region: Region,
        #[serde(skip_serializing_if = "Option::is_none")]
        monthly_budget: Option<u32>,
    },
    Public {
        app_connection_id: ConnectionId,
        dns_app_connection_id: ConnectionId,
        hosted_zone_id: Option<HostedZoneId>,
        /// Ours: all of them, once there is more than the contract's one.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hosted_zone_ids: Vec<HostedZoneId>,
        region: Region,
        #[serde(skip_serializing_if = "Option::is_none")]
        monthly_budget: Option<u32>,
    },
}

impl View {
    /// An authority that was made and changed last at these times.
    #[must_use]
    pub fn new(authority: CertificateAuthority, (created_at, updated_at): (Timestamp, Timestamp)) -> Self {
        Self {
            id: authority.id,
            project_id: authority.project_id,
            name: authority.name,
            r#type: authority.configuration.authority_type().name(),
            status: authority.status.name(),
            enable_direct_issuance: authority.enable_direct_issuance,
            configuration: authority.configuration.into(),
            created_at,
            updated_at,
        }
    }
}

impl From<Configuration> for Shown {
    fn from(configuration: Configuration) -> Self {
        match configuration {
            Configuration::AwsPca(private) => Self::Private {
                app_connection_id: private.app_connection_id,
                certificate_authority_arn: private.certificate_authority_arn,
                region: private.region,
                monthly_budget: private.monthly_budget,
            },
            Configuration::AwsAcmPublicCa(public) => Self::Public {
                app_connection_id: public.app_connection_id,
                dns_app_connection_id: public.dns_app_connection_id,
                hosted_zone_id: public.hosted_zone_ids.first().cloned(),
                hosted_zone_ids: if public.hosted_zone_ids.len() > 1 {
                    public.hosted_zone_ids
                } else {
                    Vec::new()
                },
                region: public.region,
                monthly_budget: public.monthly_budget,
            },
        }
    }
}

//! What an order is for, found in the table: its authority and the ways there.

use authority::{Acm, AcmDeed, Deed, Error, PrivateCa, ZoneDeed, Zones};
use model::Timestamp;
use model::certificate::order::{Failure, Order};
use model::certificate_authority::{CertificateAuthority, Configuration, HostedZoneId, Status};
use model::connection::Connection;
use store::{ReadError, Store, Stored};

use crate::hold::Hold;

/// An authority with the connections that lead to it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) authority: Stored<CertificateAuthority>,
    connection: Stored<Connection>,
    dns: Option<Stored<Connection>>,
}

impl Target {
    /// An authority and its connections. A GetItem for each.
    ///
    /// `Err` in public words when one of them is gone.
    pub(crate) async fn find(
        store: &Store,
        id: model::id::CertificateAuthorityId,
    ) -> Result<Result<Self, Failure>, ReadError> {
        let gone = |what: &str| {
            Ok(Err(Failure::Gone(format!("{what} of this certificate does not exist any more"))))
        };
        let Some(authority) = store.certificate_authority(id).await? else {
            return gone("the certificate authority");
        };
        let configuration = &authority.configuration;
        let Some(connection) = store.connection(configuration.connection_id()).await? else {
            return gone("the connection of the certificate authority");
        };
        let dns = match configuration.dns_connection_id() {
            None => None,
            Some(id) => match store.connection(id).await? {
                None => return gone("the DNS connection of the certificate authority"),
                found => found,
            },
        };
        Ok(Ok(Self { authority, connection, dns }))
    }

    /// The way to certificates.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether an order may still go on: nothing new is asked of an authority that somebody switched off.
    pub(crate) fn serves(&self, order: &Order) -> Result<(), Failure> {
        match (self.authority.status, &order.progress.paid) {
            (Status::Active, _) | (_, Some(_)) => Ok(()),
            (Status::Disabled | Status::PendingCertificate, None) => Err(Failure::Refused(format!(
                "the certificate authority {} is {}; nothing was requested",
                self.authority.name,
                self.authority.status.name()
            ))),
        }
    }

    /// How many certificates the authority may issue in a month.
    pub(crate) fn budget(&self) -> Option<u32> {
        self.authority.configuration.monthly_budget()
    }

    /// The private CA.
    pub(crate) async fn private_ca(
        &self,
        hold: &Hold<'_>,
        deed: Deed,
        before: Option<Timestamp>,
    ) -> Result<PrivateCa, Error> {
        let arn = match &self.authority.configuration {
            Configuration::AwsPca(ca) => ca.certificate_authority_arn.arn(),
            Configuration::AwsAcmPublicCa(_) => {
                return Err(Error::impossible(
                    "acm-pca:IssueCertificate",
                    &self.authority.name,
                    NOT_THAT_TYPE,
                ));
            }
        };
        hold.worker.authorities.private_ca(&self.connection, arn, deed, hold.at(before)).await
    }

    /// ACM.
    pub(crate) async fn acm(
        &self,
        hold: &Hold<'_>,
        deed: AcmDeed<'_>,
        before: Option<Timestamp>,
    ) -> Result<Acm, Error> {
        let region = self.authority.configuration.region();
        hold.worker.authorities.acm(&self.connection, region, deed, hold.at(before)).await
    }

    /// The zones that names are proved in.
    pub(crate) async fn zones(&self, hold: &Hold<'_>) -> Result<Zones, Error> {
        let ids: Vec<String> = self.zone_ids().iter().map(HostedZoneId::to_string).collect();
        let region = self.authority.configuration.region();
        let connection = self.dns.as_ref().unwrap_or(&self.connection);
        hold.worker.authorities.zones(connection, region, &ids, ZoneDeed::Prove, hold.at(None)).await
    }

    /// The ids of these zones.
    pub(crate) fn zone_ids(&self) -> &[HostedZoneId] {
        match &self.authority.configuration {
            Configuration::AwsPca(_) => &[],
            Configuration::AwsAcmPublicCa(authority) => &authority.hosted_zone_ids,
        }
    }
}

const NOT_THAT_TYPE: &str = "the certificate authority is not a private one";

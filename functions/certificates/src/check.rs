//! Whether an authority can be used: asked of AWS when it is saved.

use std::time::{Duration, Instant};

use ::authority::{AcmDeed, At, Deed, Error, Zone, ZoneDeed};
use futures::future::try_join_all;
use model::Timestamp;
use model::certificate_authority::{Configuration, HostedZone, HostedZoneId, PrivateCa, PublicCa, Seen};
use model::connection::Connection;
use model::id::ConnectionId;
use store::Stored;
use web::Problem;

use crate::{Ctx, error};

/// No call to AWS begins later than this after the first: clients repeat a create after ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// What AWS says about the authority of a configuration, if it can be used through `connections`.
///
/// A private CA: one DescribeCertificateAuthority. The public one: ListCertificates, and GetHostedZone for each zone, side by
/// side. Before these one AssumeRole for each connection, or none while an earlier session lives.
pub(crate) async fn seen(
    ctx: &Ctx,
    configuration: &Configuration,
    connections: &[Stored<Connection>],
    now: Timestamp,
) -> Result<Seen, Problem> {
    let at = At { now, until: Some(Instant::now() + PATIENCE) };
    match configuration {
        Configuration::AwsPca(authority) => private(ctx, authority, connections, at).await,
        Configuration::AwsAcmPublicCa(authority) => {
            let zones = zones(ctx, authority, connections, at);
            let (seen, ()) = tokio::try_join!(zones, certificates(ctx, authority, connections, at))?;
            Ok(seen)
        }
    }
}

async fn private(
    ctx: &Ctx,
    authority: &PrivateCa,
    connections: &[Stored<Connection>],
    at: At,
) -> Result<Seen, Problem> {
    let connection = one(connections, authority.app_connection_id)?;
    let arn = authority.certificate_authority_arn.arn();
    let opened = ctx.authorities.private_ca(connection, arn, Deed::Look, at).await;
    let facts = opened.map_err(unusable)?.describe().await.map_err(unusable)?;
    if !facts.is_active() {
        return Err(error::not_active(&authority.certificate_authority_arn, &facts.status));
    }
    Ok(Seen::PrivateCa { short_lived: facts.short_lived })
}

async fn certificates(
    ctx: &Ctx,
    authority: &PublicCa,
    connections: &[Stored<Connection>],
    at: At,
) -> Result<(), Problem> {
    let connection = one(connections, authority.app_connection_id)?;
    let opened = ctx.authorities.acm(connection, &authority.region, AcmDeed::Look, at).await;
    opened.map_err(unusable)?.look().await.map_err(unusable)
}

async fn zones(
    ctx: &Ctx,
    authority: &PublicCa,
    connections: &[Stored<Connection>],
    at: At,
) -> Result<Seen, Problem> {
    let connection = one(connections, authority.dns_app_connection_id)?;
    let ids: Vec<String> = authority.hosted_zone_ids.iter().map(HostedZoneId::to_string).collect();
    let opened = ctx.authorities.zones(connection, &authority.region, &ids, ZoneDeed::Look, at).await;
    let opened = opened.map_err(unusable)?;
    let found = try_join_all(ids.iter().map(|id| opened.zone(id))).await.map_err(unusable)?;
    let public = authority.hosted_zone_ids.iter().zip(found).map(|(id, zone)| public(id, &zone));
    Ok(Seen::Zones { zones: public.collect::<Result<_, _>>()? })
}

/// ACM looks for its records where everybody does: in a private zone it never finds them.
fn public(id: &HostedZoneId, zone: &Zone) -> Result<HostedZone, Problem> {
    if zone.is_private {
        return Err(error::private_zone(id, &zone.name));
    }
    Ok(HostedZone::new(id.clone(), &zone.name))
}

fn one(connections: &[Stored<Connection>], id: ConnectionId) -> Result<&Connection, Problem> {
    let found = connections.iter().find(|connection| connection.id == id);
    found.map(|connection| &connection.value).ok_or_else(|| Problem::absent_connection(id))
}

fn unusable(error: Error) -> Problem {
    error::from_authority("Unable to use the certificate authority", error)
}

//! What load balancers and listeners there are to choose from.

use axum::Json;
use axum::extract::State;
use model::certificate_sync::{Destination, LoadBalancerArn};
use model::form::{Form, Read, rule};
use model::id::ConnectionId;
use model::region::Region;
use placement::{BalancerDeed, LoadBalancers};
use serde::Serialize;
use web::{Caller, Path, Problem, Query};

use crate::connection::opened;
use crate::{Ctx, aws, error, get};

const ATTEMPT: &str = "Unable to list load balancers";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LoadBalancerView {
    load_balancer_arn: String,
    load_balancer_name: String,
    r#type: String,
    scheme: &'static str,
    dns_name: String,
}

/// The answer about load balancers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Balancers {
    load_balancers: Vec<LoadBalancerView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListenerView {
    listener_arn: String,
    port: u16,
    protocol: String,
}

/// The answer about listeners.
#[derive(Debug, Serialize)]
pub(crate) struct Listeners {
    listeners: Vec<ListenerView>,
}

/// By which connection, and where.
pub(crate) struct Asked {
    connection: ConnectionId,
    region: Region,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let connection = form.required("connectionId", rule::id());
        let region = form.required("region", rule::parsed());
        Some(Self { connection: connection?, region: region? })
    }
}

/// The same, and of which load balancer.
pub(crate) struct OfBalancer {
    asked: Asked,
    balancer: LoadBalancerArn,
}

impl Read for OfBalancer {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let asked = Asked::read(form);
        let balancer = form.required("loadBalancerArn", rule::parsed());
        Some(Self { asked: asked?, balancer: balancer? })
    }
}

/// `GET …/aws-elastic-load-balancer/load-balancers?connectionId&region`: those that end TLS, by name.
pub(crate) async fn all(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(destination): Path<String>,
    query: Query<Asked>,
) -> Result<Json<Balancers>, Problem> {
    of_load_balancers(&destination)?;
    let asked = query.read()?;
    let balancers = open(&ctx, &caller, &asked).await?;
    let all = balancers.all().await.map_err(|error| error::from_placement(ATTEMPT, error))?;
    let mut load_balancers: Vec<_> = all
        .into_iter()
        .filter(|balancer| balancer.kind.has_certificates())
        .map(|balancer| LoadBalancerView {
            r#type: balancer.kind.name().to_owned(),
            load_balancer_arn: balancer.arn,
            load_balancer_name: balancer.name,
            scheme: if balancer.is_internal { "internal" } else { "internet-facing" },
            dns_name: balancer.dns_name,
        })
        .collect();
    load_balancers.sort_unstable_by(|a, b| a.load_balancer_name.cmp(&b.load_balancer_name));
    Ok(Json(Balancers { load_balancers }))
}

/// `GET …/aws-elastic-load-balancer/listeners?connectionId&region&loadBalancerArn`: HTTPS and TLS, by port.
pub(crate) async fn listeners(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(destination): Path<String>,
    query: Query<OfBalancer>,
) -> Result<Json<Listeners>, Problem> {
    of_load_balancers(&destination)?;
    let OfBalancer { asked, balancer } = query.read()?;
    let balancers = open(&ctx, &caller, &asked).await?;
    let all = balancers.listeners(balancer.as_str()).await;
    let all = all.map_err(|error| error::from_placement("Unable to list listeners", error))?;
    let mut listeners: Vec<_> = all
        .into_iter()
        .filter(|listener| listener.protocol.has_certificates())
        .map(|listener| ListenerView {
            protocol: listener.protocol.to_string(),
            listener_arn: listener.arn,
            port: listener.port,
        })
        .collect();
    listeners.sort_unstable_by_key(|listener| listener.port);
    Ok(Json(Listeners { listeners }))
}

fn of_load_balancers(destination: &str) -> Result<(), Problem> {
    match get::destination(destination)? {
        Destination::AwsElasticLoadBalancer => Ok(()),
        Destination::AwsCertificateManager => Err(error::no_destination()),
    }
}

/// The load balancers that a connection of the caller's reaches.
async fn open(ctx: &Ctx, caller: &Caller, asked: &Asked) -> Result<LoadBalancers, Problem> {
    let (permissions, connection) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.connection(asked.connection))?;
    let connection = opened(&permissions, connection, asked.connection, &asked.region)?;
    let at = aws::at(caller.now);
    let balancers = ctx.placements.load_balancers(&connection, &asked.region, BalancerDeed::Look, at).await;
    balancers.map_err(|error| error::from_placement(ATTEMPT, error))
}

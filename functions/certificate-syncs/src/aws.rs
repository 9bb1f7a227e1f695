//! What AWS is asked when a sync is saved: whether the load balancer and its listeners are there, and are as they were said.

use std::time::{Duration, Instant};

use model::Timestamp;
use model::certificate_sync::{DestinationConfig, Listener, LoadBalancerArn};
use model::connection::Connection;
use placement::{At, BalancerDeed};
use web::Problem;

use crate::{Ctx, error};

/// No call to AWS begins later than this after the first: clients repeat a request after ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);

const ATTEMPT: &str = "Unable to use the load balancer";

/// Until when AWS is asked on behalf of a request.
pub(crate) fn at(now: Timestamp) -> At {
    At { now, until: Some(Instant::now() + PATIENCE) }
}

/// Until when a plan looks at AWS: API Gateway gives up after 30 s, and what is read must still be compared.
pub(crate) fn patiently(now: Timestamp) -> At {
    At { now, until: Some(Instant::now() + Duration::from_secs(20)) }
}

/// Looks at the load balancer of a destination that has one. Up to three calls.
pub(crate) async fn check(
    ctx: &Ctx,
    connection: &Connection,
    destination: &DestinationConfig,
    now: Timestamp,
) -> Result<(), Problem> {
    let DestinationConfig::AwsElasticLoadBalancer { region, load_balancer_arn, listeners } = destination
    else {
        return Ok(());
    };
    let balancers = ctx.placements.load_balancers(connection, region, BalancerDeed::Look, at(now)).await;
    let balancers = balancers.map_err(|error| error::from_placement(ATTEMPT, error))?;
    let there = balancers.listeners(load_balancer_arn.as_str()).await;
    let there = there.map_err(|error| error::from_placement(ATTEMPT, error))?;
    for listener in listeners {
        let found = there.iter().find(|found| found.arn == listener.listener_arn);
        as_said(load_balancer_arn, listener, found)?;
    }
    Ok(())
}

/// Whether a listener is there, has certificates, and is on the port that was said.
fn as_said(
    balancer: &LoadBalancerArn,
    listener: &Listener,
    found: Option<&placement::load_balancer::Listener>,
) -> Result<(), Problem> {
    let refuse = |why: String| Err(Problem::bad_request(web::limited(why)));
    let arn = &listener.listener_arn;
    let Some(found) = found else {
        return refuse(format!("The load balancer {balancer} has no listener {arn}"));
    };
    let (protocol, port) = (found.protocol.to_string(), found.port);
    if protocol != listener.protocol.name() {
        return refuse(format!(
            "The listener {arn} is a {protocol} listener, not {}",
            listener.protocol.name()
        ));
    }
    if port != listener.port {
        return refuse(format!("The listener {arn} is on port {port}, not {}", listener.port));
    }
    Ok(())
}

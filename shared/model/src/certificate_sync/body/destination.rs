//! `destinationConfig`, by its destination's rules.

use std::collections::HashSet;

use crate::certificate_sync::listener::MOST_LISTENERS;
use crate::certificate_sync::{Destination, DestinationConfig, Listener, LoadBalancerArn, Protocol};
use crate::form::{Fault, Form, Rule, rule};
use crate::region::Region;

/// Reads a `destinationConfig`.
pub fn destination_config(form: &mut Form<'_>, destination: Destination) -> Option<DestinationConfig> {
    let region = form.required("region", rule::parsed());
    match destination {
        Destination::AwsCertificateManager => {
            Some(DestinationConfig::AwsCertificateManager { region: region? })
        }
        Destination::AwsElasticLoadBalancer => {
            let balancer = form.required("loadBalancerArn", rule::parsed());
            let balancer = of_region(form, balancer, region.as_ref());
            let listeners = listeners(form, balancer.as_ref());
            Some(DestinationConfig::AwsElasticLoadBalancer {
                region: region?,
                load_balancer_arn: balancer?,
                listeners: listeners?,
            })
        }
    }
}

/// The load balancer, if it is in the region: certificates of ACM are, and a listener takes those of its own region alone.
fn of_region(
    form: &mut Form<'_>,
    balancer: Option<LoadBalancerArn>,
    region: Option<&Region>,
) -> Option<LoadBalancerArn> {
    match (balancer, region) {
        (Some(balancer), Some(region)) if balancer.region() != region => form.refuse(
            "loadBalancerArn",
            format!(
                "The load balancer is in {}, and the sync's region is {region}: a listener takes certificates of its own region alone",
                balancer.region()
            ),
        ),
        (balancer, _) => balancer,
    }
}

fn listeners(form: &mut Form<'_>, balancer: Option<&LoadBalancerArn>) -> Option<Vec<Listener>> {
    let Some(listeners) = form.optional_objects("listeners", 1, |form| listener(form, balancer))? else {
        return form.refuse("listeners", "Required");
    };
    if listeners.len() > MOST_LISTENERS {
        return form.refuse("listeners", format!("Array must contain at most {MOST_LISTENERS} element(s)"));
    }
    let mut seen = HashSet::new();
    if listeners.iter().all(|listener| seen.insert(listener.listener_arn.as_str())) {
        return Some(listeners);
    }
    form.refuse("listeners", "Listeners must be unique")
}

fn listener(form: &mut Form<'_>, balancer: Option<&LoadBalancerArn>) -> Option<Listener> {
    let arn = form.required("listenerArn", rule::trimmed(1, 2_048));
    let arn = match (arn, balancer) {
        (Some(arn), Some(balancer)) if !balancer.has_listener(&arn) => {
            form.refuse("listenerArn", "The listener is not one of this load balancer")
        }
        (arn, _) => arn,
    };
    let port = form.required("port", port());
    let protocol = form.required("protocol", protocol());
    let protocol = match (protocol, balancer.map(LoadBalancerArn::is_network)) {
        (Some(Protocol::Https), Some(true)) => {
            form.refuse("protocol", "Listeners of a Network Load Balancer that have certificates are TLS")
        }
        (Some(Protocol::Tls), Some(false)) => form
            .refuse("protocol", "Listeners of an Application Load Balancer that have certificates are HTTPS"),
        (protocol, _) => protocol,
    };
    let set_as_default = form.nullish("setAsDefault", rule::boolean());
    Some(Listener { listener_arn: arn?, port: port?, protocol: protocol?, set_as_default: set_as_default? })
}

fn port() -> impl Rule<Output = u16> {
    rule::json("number", |value| {
        let number = rule::integer(1, 65_535).read(value)?;
        u16::try_from(number).map_err(|_| vec![Fault::wrong_type("number", value)])
    })
}

/// What has certificates; of what has none it says so.
fn protocol() -> impl Rule<Output = Protocol> {
    rule::text(|text| match text {
        "HTTPS" => Ok(Protocol::Https),
        "TLS" => Ok(Protocol::Tls),
        "HTTP" | "TCP" | "UDP" | "TCP_UDP" | "GENEVE" | "QUIC" | "TCP_QUIC" => Err(vec![Fault::custom(
            format!("{text} listeners have no certificates: choose an HTTPS or TLS listener"),
        )]),
        _other => Err(vec![Fault::not_an_option(&["HTTPS", "TLS"])]),
    })
}

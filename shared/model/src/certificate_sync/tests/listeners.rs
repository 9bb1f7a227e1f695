//! Load balancers by their ARNs.

use crate::certificate_sync::LoadBalancerArn;
use crate::certificate_sync::listener::NotALoadBalancer;

const START: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:";

fn read(resource: &str) -> Result<LoadBalancerArn, NotALoadBalancer> {
    format!("{START}{resource}").parse()
}

#[test]
fn load_balancers_that_end_tls_are_read_with_their_region_and_kind() {
    for (resource, is_network) in [("loadbalancer/app/web/1a2b", false), ("loadbalancer/net/web/1a2b", true)]
    {
        let arn = read(resource).unwrap();
        assert_eq!((arn.region().as_str(), arn.is_network()), ("eu-west-1", is_network));
        assert_eq!(arn.as_str(), format!("{START}{resource}"));
        assert_eq!(
            serde_json::from_value::<LoadBalancerArn>(serde_json::to_value(&arn).unwrap()).unwrap(),
            arn
        );
    }
    let china = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:loadbalancer/app/web/1";
    assert_eq!(china.parse::<LoadBalancerArn>().unwrap().region().as_str(), "cn-north-1");
}

#[test]
fn others_are_refused_by_what_they_are() {
    for (resource, fault) in [
        ("loadbalancer/gwy/gate/1a2b", NotALoadBalancer::Gateway),
        ("loadbalancer/classic", NotALoadBalancer::Classic),
        ("loadbalancer/", NotALoadBalancer::Other),
        ("loadbalancer/app", NotALoadBalancer::Classic),
        ("loadbalancer/app/web", NotALoadBalancer::Other),
        ("loadbalancer/app//1", NotALoadBalancer::Other),
        ("loadbalancer/app/web/1/2", NotALoadBalancer::Other),
        ("loadbalancer/xyz/web/1", NotALoadBalancer::Other),
        // A session policy would let these reach other load balancers.
        ("loadbalancer/app/*/1a2b", NotALoadBalancer::Other),
        ("loadbalancer/app/web/?a2b", NotALoadBalancer::Other),
        ("loadbalancer/net/web/1a2b*", NotALoadBalancer::Other),
        ("listener/app/web/1/2", NotALoadBalancer::Other),
    ] {
        assert_eq!(read(resource), Err(fault), "{resource}");
    }
    for text in [
        "",
        "web",
        "arn:aws:elasticloadbalancing::123456789012:loadbalancer/app/web/1",
        "arn:aws:elasticloadbalancing:eu-west-1::loadbalancer/app/web/1",
        "arn:aws:acm:eu-west-1:123456789012:loadbalancer/app/web/1",
    ] {
        assert_eq!(text.parse::<LoadBalancerArn>(), Err(NotALoadBalancer::Other), "{text}");
    }
}

#[test]
fn a_listener_is_one_of_its_own_load_balancer() {
    let balancer = read("loadbalancer/app/web/1a2b").unwrap();
    for (listener, is_its) in [
        ("listener/app/web/1a2b/3c4d", true),
        ("listener/app/web/1a2b/", false),
        ("listener/app/web/1a2b", false),
        ("listener/app/web/1a2b/3c4d/5e", false),
        ("listener/app/web/1a2b3/3c4d", false),
        ("listener/app/other/1a2b/3c4d", false),
        ("listener/net/web/1a2b/3c4d", false),
        ("loadbalancer/app/web/1a2b/3c4d", false),
        ("listener-rule/app/web/1a2b/3c4d", false),
    ] {
        assert_eq!(balancer.has_listener(&format!("{START}{listener}")), is_its, "{listener}");
    }
}

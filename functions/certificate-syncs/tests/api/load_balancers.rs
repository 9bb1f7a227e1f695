//! What load balancers and listeners there are to choose from.

use serde_json::json;

use crate::world::{ACM, ELB, NOTHING, REGION, World};

#[tokio::test]
async fn people_choose_among_what_ends_tls() {
    let world = World::new().await;
    let _gateway = world.fleet.put_balancer(REGION, "gateway", "gate");
    let _elsewhere = world.fleet.put_balancer("us-east-1", "application", "far");
    let network = world.fleet.put_balancer(REGION, "network", "a-net");
    let _plain = world.fleet.put_listener(&world.balancer, "HTTP", 80, None);
    let asked = format!("connectionId={}&region={REGION}", world.connection);
    let (status, answer) = world.person("GET", &format!("{ELB}/load-balancers?{asked}")).await;
    assert_eq!(status, 200, "{answer}");
    let told: Vec<_> = answer["loadBalancers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["loadBalancerArn"].clone(), one["loadBalancerName"].clone(), one["type"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!(network), json!("a-net"), json!("network")),
            (json!(world.balancer), json!("web"), json!("application")),
        ]
    );
    let path = format!("{ELB}/listeners?{asked}&loadBalancerArn={}", world.balancer);
    let (status, answer) = world.person("GET", &path).await;
    assert_eq!(status, 200, "{answer}");
    let [first, second] = &world.listeners;
    assert_eq!(
        answer,
        json!({ "listeners": [
        { "listenerArn": first, "port": 443, "protocol": "HTTPS" },
        { "listenerArn": second, "port": 8443, "protocol": "HTTPS" }
    ] })
    );
}

#[tokio::test]
async fn what_is_asked_must_make_sense_and_be_allowed() {
    let world = World::new().await;
    let connection = world.connection;
    for (path, expected) in [
        (format!("{ELB}/load-balancers"), 422),
        (format!("{ELB}/load-balancers?connectionId={connection}&region=x"), 422),
        (format!("{ELB}/load-balancers?connectionId={NOTHING}&region={REGION}"), 404),
        (format!("{ELB}/listeners?connectionId={connection}&region={REGION}"), 422),
        (format!("{ELB}/listeners?connectionId={connection}&region={REGION}&loadBalancerArn=x"), 422),
        (format!("{ACM}/load-balancers?connectionId={connection}&region={REGION}"), 404),
        (format!("{ACM}/listeners?connectionId={connection}&region={REGION}"), 404),
    ] {
        let (status, answer) = world.person("GET", &path).await;
        assert_eq!(status, expected, "{path}: {answer}");
    }
    assert_eq!(world.fleet.calls(), []);
    world.fleet.deny("elasticloadbalancing:DescribeLoadBalancers");
    let path = format!("{ELB}/load-balancers?connectionId={connection}&region={REGION}");
    let (status, answer) = world.person("GET", &path).await;
    assert_eq!(status, 400);
    assert!(
        answer["message"].as_str().unwrap().contains("elasticloadbalancing:DescribeLoadBalancers"),
        "{answer}"
    );
}

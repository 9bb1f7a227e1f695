//! Making syncs, and everything that may be wrong with one.

use serde_json::{Value, json};

use crate::certificates::expired;
use crate::world::{ACM, ELB, NOTHING, REGION, World, these, with};

#[tokio::test]
async fn a_sync_with_acm_says_what_it_was_given_and_what_holds_otherwise() {
    let world = World::new().await;
    let made = world.ok("POST", ACM, Some(world.acm("web"))).await;
    for (key, value) in [
        ("name", json!("web")),
        ("description", Value::Null),
        ("destination", json!("aws-certificate-manager")),
        ("isAutoSyncEnabled", json!(true)),
        ("projectId", json!(world.project)),
        ("applicationId", json!(world.application)),
        ("subscriberId", Value::Null),
        ("connectionId", json!(world.connection)),
        ("destinationConfig", json!({ "region": REGION })),
        ("syncStatus", Value::Null),
        ("appConnectionName", json!("way in")),
        ("appConnectionApp", json!("aws")),
        ("connection", json!({ "id": world.connection, "name": "way in", "app": "aws" })),
        ("hasCertificate", json!(false)),
        (
            "syncOptions",
            json!({
                "canImportCertificates": false, "canRemoveCertificates": true, "includeRootCa": false,
                "preserveArn": true, "certificateNameSchema": "web-{{certificateId}}"
            }),
        ),
    ] {
        assert_eq!(made[key], value, "{key}");
    }
    assert_eq!(world.fleet.calls(), [], "ACM is not asked");
    assert_eq!((world.counted().await, world.audited("certificate-sync.create").await), ((1, 1), 1));
    let read = world.ok("GET", &format!("/{}", made["id"].as_str().unwrap()), None).await;
    assert_eq!(read, made);
}

#[tokio::test]
async fn a_sync_with_a_load_balancer_is_made_of_listeners_that_are_there() {
    let world = World::new().await;
    let mut body = world.elb("web");
    body["destinationConfig"]["listeners"][1]["setAsDefault"] = json!(false);
    let made = world.ok("POST", ELB, Some(body.clone())).await;
    assert_eq!(made["destinationConfig"], body["destinationConfig"]);
    let options = json!({
        "canImportCertificates": false, "canRemoveCertificates": false, "preserveArn": true
    });
    assert_eq!(made["syncOptions"], options);
    assert_eq!(world.fleet.count("elasticloadbalancing:DescribeListeners"), 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_told_all_at_once_by_name() {
    let world = World::new().await;
    let body = json!({
        "name": " ", "connectionId": "1", "applicationId": "x", "isAutoSyncEnabled": "yes",
        "certificateIds": ["y"], "destinationConfig": { "region": "us-esat-1" },
        "syncOptions": { "certificateNameSchema": "no id!", "preserveArn": 1 }
    });
    let (status, message) = world.refused("POST", ACM, Some(body)).await;
    assert_eq!(status, 422);
    for name in [
        "\"name\"",
        "connectionId",
        "applicationId",
        "isAutoSyncEnabled",
        "certificateIds",
        "region",
        "certificateNameSchema",
        "preserveArn",
    ] {
        assert!(message.contains(name), "{name} in {message}");
    }
    let (status, message) = world.refused("POST", ACM, Some(json!({}))).await;
    assert_eq!(status, 422);
    for name in ["\"name\"", "connectionId", "destinationConfig", "syncOptions"] {
        assert!(message.contains(name), "{name} in {message}");
    }
    assert_eq!(world.refused("POST", "/aws-secrets-manager", Some(world.acm("web"))).await.0, 404);
}

#[tokio::test]
async fn a_name_schema_has_the_certificate_in_it_and_nothing_strange() {
    let world = World::new().await;
    let options = |schema: &str| json!({ "syncOptions": { "certificateNameSchema": schema } });
    for (schema, wrong) in [
        ("", "at least 1"),
        ("{{commonName}}", "must contain {{certificateId}}"),
        ("{{certificateId}}/x", "may only contain"),
        ("{{certificateId}}{{other}}", "may only contain"),
        (&format!("{{{{certificateId}}}}{}", "x".repeat(225)), "at most 256"),
    ] {
        let (status, message) =
            world.refused("POST", ACM, Some(with(world.acm("web"), &options(schema)))).await;
        assert_eq!(status, 422, "{schema}");
        assert!(message.contains(wrong), "{schema}: {message}");
    }
    let sound = " {{commonName}} {{shortCertificateId}}_{{applicationName}}-{{profileId}}";
    let made = world.ok("POST", ACM, Some(with(world.acm("web"), &options(sound)))).await;
    assert_eq!(made["syncOptions"]["certificateNameSchema"], sound.trim());
}

#[tokio::test]
async fn listeners_that_have_no_certificates_and_load_balancers_elsewhere_are_refused_in_words() {
    let world = World::new().await;
    let elsewhere = world.fleet.put_balancer("us-east-1", "application", "far");
    let gateway = world.fleet.put_balancer(REGION, "gateway", "gate");
    let network = world.fleet.put_balancer(REGION, "network", "net");
    let tls = world.fleet.put_listener(&network, "TLS", 443, None);
    let own = &world.listeners[0];
    let strange = format!("{own}x/y");
    let config = |balancer: &str, listener: &str, protocol: &str| {
        json!({ "destinationConfig": { "region": REGION, "loadBalancerArn": balancer, "listeners": [
            { "listenerArn": listener, "port": 443, "protocol": protocol }
        ] } })
    };
    for (change, wrong) in [
        (config(&world.balancer, own, "HTTP"), "HTTP listeners have no certificates"),
        (config(&world.balancer, own, "TCP"), "TCP listeners have no certificates"),
        (config(&world.balancer, own, "SSH"), "Invalid enum value"),
        (config(&world.balancer, own, "TLS"), "are HTTPS"),
        (config(&network, &tls, "HTTPS"), "are TLS"),
        (config(&elsewhere, own, "HTTPS"), "The load balancer is in us-east-1"),
        (config(&gateway, own, "HTTPS"), "gateway load balancer does not end TLS"),
        (
            config("arn:aws:elasticloadbalancing:eu-west-1:222222222222:loadbalancer/classic", own, "HTTPS"),
            "Classic",
        ),
        (config("arn:aws:s3:::bucket", own, "HTTPS"), "Invalid load balancer ARN"),
        (config(&world.balancer, &tls, "HTTPS"), "not one of this load balancer"),
        (config(&world.balancer, &strange, "HTTPS"), "not one of this load balancer"),
        (
            json!({ "destinationConfig": { "region": REGION, "loadBalancerArn": world.balancer, "listeners": [] } }),
            "at least 1",
        ),
        (
            json!({ "destinationConfig": { "region": REGION, "loadBalancerArn": world.balancer } }),
            "listeners",
        ),
    ] {
        let (status, message) = world.refused("POST", ELB, Some(with(world.elb("web"), &change))).await;
        assert_eq!(status, 422, "{change}: {message}");
        assert!(message.contains(wrong), "{change}: {message}");
    }
    let twice = json!([
        { "listenerArn": own, "port": 443, "protocol": "HTTPS" },
        { "listenerArn": own, "port": 443, "protocol": "HTTPS" }
    ]);
    let mut body = world.elb("web");
    body["destinationConfig"]["listeners"] = twice;
    assert!(world.refused("POST", ELB, Some(body)).await.1.contains("must be unique"));
    assert_eq!((world.fleet.calls().len(), world.counted().await), (0, (0, 0)));
}

#[tokio::test]
async fn what_aws_says_of_the_load_balancer_is_told_in_its_words() {
    let world = World::new().await;
    let http = world.fleet.put_listener(&world.balancer, "HTTP", 80, None);
    let gone = world.fleet.put_listener(&world.balancer, "HTTPS", 9443, None);
    world.fleet.delete_listener(&gone);
    let missing = world.fleet.put_balancer(REGION, "application", "missing");
    let lost = world.fleet.put_listener(&missing, "HTTPS", 443, None);
    world.fleet.delete_balancer(&missing);
    let config = |balancer: &str, listener: &str, port: u16| {
        json!({ "destinationConfig": { "region": REGION, "loadBalancerArn": balancer, "listeners": [
            { "listenerArn": listener, "port": port, "protocol": "HTTPS" }
        ] } })
    };
    for (change, wrong) in [
        (config(&world.balancer, &http, 80), "is a HTTP listener"),
        (config(&world.balancer, &gone, 9443), "has no listener"),
        (config(&world.balancer, &world.listeners[0], 444), "is on port 443, not 444"),
        (config(&missing, &lost, 443), "LoadBalancerNotFound"),
    ] {
        let (status, message) = world.refused("POST", ELB, Some(with(world.elb("web"), &change))).await;
        assert_eq!(status, 400, "{change}: {message}");
        assert!(message.contains(wrong), "{change}: {message}");
    }
    world.fleet.deny("elasticloadbalancing:DescribeListeners");
    let (status, message) = world.refused("POST", ELB, Some(world.elb("web"))).await;
    assert_eq!(status, 400);
    assert!(message.contains("elasticloadbalancing:DescribeListeners"), "{message}");
    assert_eq!(world.counted().await, (0, 0));
    let world = World::new().await;
    world.fleet.deny("sts:AssumeRole");
    let (status, message) = world.refused("POST", ELB, Some(world.elb("web"))).await;
    assert_eq!((status, message.contains("sts:AssumeRole")), (400, true), "{message}");
}

#[tokio::test]
async fn what_a_sync_is_made_of_must_be_there_and_the_callers() {
    let world = World::new().await;
    let refused =
        async |change: Value| world.refused("POST", ACM, Some(with(world.acm("web"), &change))).await;
    let (status, message) = refused(json!({ "applicationId": null })).await;
    assert_eq!((status, message.contains("applicationId is required")), (400, true));
    assert_eq!(refused(json!({ "applicationId": NOTHING })).await.0, 404);
    assert_eq!(refused(json!({ "connectionId": NOTHING })).await.0, 404);
    assert_eq!(refused(json!({ "connectionId": world.foreign })).await.0, 404);
    assert_eq!(refused(json!({ "projectId": world.other })).await.0, 400);
    let (status, message) = refused(json!({ "destinationConfig": { "region": "cn-north-1" } })).await;
    assert_eq!(status, 400, "the role is of another partition: {message}");
    assert_eq!(world.counted().await, (0, 0));
}

#[tokio::test]
async fn a_name_is_taken_once_but_a_repeated_create_is_the_same_one() {
    let world = World::new().await;
    let made = world.ok("POST", ACM, Some(world.acm("web"))).await;
    assert_eq!(world.ok("POST", ACM, Some(world.acm("web"))).await["id"], made["id"]);
    let other = with(world.acm("web"), &json!({ "description": "other" }));
    let (status, message) = world.refused("POST", ACM, Some(other)).await;
    assert_eq!((status, message.contains("\"web\" already exists")), (400, true));
    assert_eq!(
        world.refused("POST", ELB, Some(world.elb("Web"))).await.0,
        400,
        "of another destination, too"
    );
    assert_eq!(world.counted().await, (1, 1));
}

#[tokio::test]
async fn a_repeated_create_attaches_what_the_first_one_could_not_any_more() {
    let world = World::new().await;
    let ids = world.certificates(2).await;
    // The first one died between its commit and its attachments.
    let made = world.ok("POST", ACM, Some(world.acm("web"))).await;
    let body = with(world.acm("web"), &these(&ids));
    let again = world.ok("POST", ACM, Some(body.clone())).await;
    assert_eq!((&again["id"], &again["hasCertificate"]), (&made["id"], &json!(true)));
    let attached = world.attached(made["id"].as_str().unwrap()).await;
    assert_eq!(attached.len(), 2);
    let renewed = world.renew(ids[0]).await;
    world.revoke(ids[1]).await;
    assert_eq!(world.ok("POST", ACM, Some(body)).await["id"], made["id"], "all of it was done");
    assert_eq!(world.audited("certificate-sync.attach").await, 1);
    let gone = world.certificate_with(expired).await;
    let body = with(world.acm("web"), &these(&[renewed, gone]));
    let (status, message) = world.refused("POST", ACM, Some(body)).await;
    assert_eq!((status, message.contains(&gone.to_string())), (404, true), "{message}");
    assert_eq!(
        (world.attached(made["id"].as_str().unwrap()).await.len(), world.counted().await),
        (2, (1, 1))
    );
}

#[tokio::test]
async fn certificates_of_a_create_are_attached_at_once_or_there_is_no_sync() {
    let world = World::new().await;
    let sound = world.certificate().await;
    let over = world.certificate_with(expired).await;
    let body = with(world.acm("web"), &these(&[sound, over]));
    let (status, message) = world.refused("POST", ACM, Some(body)).await;
    assert_eq!((status, message.contains(&over.to_string())), (404, true), "{message}");
    assert_eq!(world.counted().await, (0, 0));
    assert_eq!(world.ok("GET", "", None).await["pkiSyncs"], json!([]));
    let made = world.ok("POST", ACM, Some(with(world.acm("web"), &these(&[sound])))).await;
    assert_eq!((&made["hasCertificate"], &made["syncStatus"]), (&json!(true), &json!("pending")));
    let attached = world.attached(made["id"].as_str().unwrap()).await;
    assert_eq!(attached[0]["certificateId"], json!(sound));
}

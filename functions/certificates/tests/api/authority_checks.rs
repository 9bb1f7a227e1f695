//! What AWS says when an authority is saved.

use serde_json::{Value, json};
use testkit::pki::PrivateCa;

use crate::world::{PRIVATE, PUBLIC, World, text};

#[tokio::test]
async fn a_private_ca_must_be_active() {
    let world = World::new().await;
    for status in ["DISABLED", "EXPIRED", "PENDING_CERTIFICATE", "CREATING", "FAILED", "DELETED"] {
        let body = world.private("root");
        world.pki.set_ca_status(&text(&body["configuration"], "certificateAuthorityArn"), status);
        let (code, message) = world.refused("POST", PRIVATE, Some(body)).await;
        assert!(code == 400 && message.contains(status), "{status}: {code} {message}");
    }
    assert_eq!((world.used(world.connection).await, world.counted().await), (0, 0));
}

#[tokio::test]
async fn each_check_is_one_call_to_aws_beside_the_sessions() {
    let world = World::new().await;
    world.ok("POST", PRIVATE, Some(world.private("root"))).await;
    assert_eq!(world.pki.count("acm-pca:DescribeCertificateAuthority"), 1);
    assert_eq!(world.pki.calls().len(), 2, "{:?}", world.pki.calls());
    world.pki.forget_calls();
    let mut body = world.public("acm");
    let second = world.pki.put_zone("example.org", false);
    body["configuration"]["hostedZoneIds"] = json!([second]);
    let made = world.ok("POST", PUBLIC, Some(body)).await;
    assert_eq!(made["configuration"]["hostedZoneIds"][1], json!(second));
    assert_eq!(world.pki.count("acm:ListCertificates"), 1);
    assert_eq!(world.pki.count("route53:GetHostedZone"), 2);
    assert_eq!(world.pki.calls().len(), 5, "{:?}", world.pki.calls());
}

#[tokio::test]
async fn a_refusal_of_aws_is_told_in_its_own_words() {
    let world = World::new().await;
    for (action, path, body) in [
        ("acm-pca:DescribeCertificateAuthority", PRIVATE, world.private("root")),
        ("acm:ListCertificates", PUBLIC, world.public("acm")),
        ("route53:GetHostedZone", PUBLIC, world.public("acm")),
        ("sts:AssumeRole", PRIVATE, world.private("root")),
    ] {
        world.pki.deny(action);
        let (status, message) = world.refused("POST", path, Some(body)).await;
        assert!(status == 400 && message.contains("not authorized"), "{action}: {status} {message}");
        world.pki.allow(action);
    }
    let mut absent = world.public("acm");
    absent["configuration"]["hostedZoneId"] = json!("ZNOTHING");
    let (status, message) = world.refused("POST", PUBLIC, Some(absent)).await;
    assert!(status == 400 && message.contains("ZNOTHING"), "{status} {message}");
    let mut absent = world.private("root");
    let arn = text(&absent["configuration"], "certificateAuthorityArn");
    absent["configuration"]["certificateAuthorityArn"] = json!(
        format!("{}0", &arn[..arn.len() - 1]).replace("certificate-authority/", "certificate-authority/f")
    );
    let (status, message) = world.refused("POST", PRIVATE, Some(absent)).await;
    assert_eq!(status, 400, "{message}");
    assert_eq!(world.counted().await, 0);
}

#[tokio::test]
async fn a_private_zone_is_refused_wherever_it_stands() {
    let world = World::new().await;
    let private = world.pki.put_zone("internal.example.com", true);
    let mut first = world.public("acm");
    first["configuration"]["hostedZoneId"] = json!(private);
    let mut other = world.public("acm");
    other["configuration"]["hostedZoneIds"] = json!([private]);
    for body in [first, other] {
        let (status, message) = world.refused("POST", PUBLIC, Some(body)).await;
        let told = message.contains(&private)
            && message.contains("internal.example.com")
            && message.contains("private");
        assert!(status == 400 && told, "{status} {message}");
    }
    assert_eq!(world.counted().await, 0);
}

#[tokio::test]
async fn throttling_that_does_not_pass_is_ours_to_say() {
    let world = World::new().await;
    world.pki.throttle("acm-pca:DescribeCertificateAuthority", 1_000);
    let (status, message) = world.refused("POST", PRIVATE, Some(world.private("root"))).await;
    assert!([429, 503].contains(&status), "{status} {message}");
    world.pki.throttle("acm-pca:DescribeCertificateAuthority", 0);
    world.ok("POST", PRIVATE, Some(world.private("root"))).await;
}

#[tokio::test]
async fn what_aws_said_is_remembered_for_those_who_issue() {
    let world = World::new().await;
    let arn = world.pki.put_private_ca(PrivateCa { is_short_lived: true, ..PrivateCa::default() });
    let mut body = world.private("short");
    body["configuration"]["certificateAuthorityArn"] = json!(arn);
    let made = world.ok("POST", PRIVATE, Some(body)).await;
    let stored =
        world.store.certificate_authority(text(&made, "id").parse().unwrap()).await.unwrap().unwrap();
    assert!(stored.is_short_lived());
    let made = world.ok("POST", PUBLIC, Some(world.public("acm"))).await;
    let stored =
        world.store.certificate_authority(text(&made, "id").parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.zone_of("www.example.com").map(|zone| zone.name.as_str()), Some("example.com"));
    assert_eq!(stored.zone_of("www.example.net"), None);
}

#[tokio::test]
async fn an_authority_that_aws_knows_no_more_can_be_renamed_and_switched_off_and_not_on() {
    let world = World::new().await;
    let body = world.private("root");
    let arn = text(&body["configuration"], "certificateAuthorityArn");
    let path = format!("{PRIVATE}/{}", text(&world.ok("POST", PRIVATE, Some(body.clone())).await, "id"));
    world.pki.set_ca_status(&arn, "DELETED");
    let off = json!({ "name": "old", "status": "disabled", "enableDirectIssuance": false });
    let changed = world.ok("PATCH", &path, Some(off)).await;
    assert_eq!((&changed["status"], &changed["name"]), (&json!("disabled"), &json!("old")));
    for change in [json!({ "status": "active" }), json!({ "configuration": body["configuration"] })] {
        let (status, message) = world.refused("PATCH", &path, Some(change)).await;
        assert!(status == 400 && message.contains("DELETED"), "{status} {message}");
    }
    world.pki.set_ca_status(&arn, "ACTIVE");
    assert_eq!(world.ok("PATCH", &path, Some(json!({ "status": "active" }))).await["status"], "active");
    let left: Value = world.ok("GET", &path, None).await;
    assert_eq!(left["configuration"], body["configuration"]);
}

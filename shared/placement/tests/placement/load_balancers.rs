//! Elastic Load Balancing: what it is asked, and its documented answers.

use model::arn::Arn;
use placement::load_balancer::{Changed, Kind, Protocol};
use placement::{BalancerDeed, Class};

use crate::aws::{Aws, BALANCER, CERTIFICATE, LISTENER, simulated, xml, xml_error};

fn balancer(arn: &str, kind: &str, scheme: &str) -> String {
    format!(
        "<member><LoadBalancerArn>{arn}</LoadBalancerArn><Scheme>{scheme}</Scheme><LoadBalancerName>web</LoadBalancerName>\
         <VpcId>vpc-3ac0fb5f</VpcId><CanonicalHostedZoneId>Z2P70J7EXAMPLE</CanonicalHostedZoneId>\
         <CreatedTime>2016-03-25T21:26:12.920Z</CreatedTime>\
         <AvailabilityZones><member><SubnetId>subnet-8360a9e7</SubnetId><ZoneName>eu-west-1a</ZoneName></member></AvailabilityZones>\
         <State><Code>active</Code></State><DNSName>web-424835706.eu-west-1.elb.amazonaws.com</DNSName><Type>{kind}</Type></member>"
    )
}

#[test]
fn load_balancers_are_told_by_kind_over_all_pages() {
    simulated(async |clock| {
        let page = |members: String, marker: &str| {
            xml("DescribeLoadBalancers", &format!("<LoadBalancers>{members}</LoadBalancers>{marker}"))
        };
        let first =
            balancer("arn:1", "application", "internet-facing") + &balancer("arn:2", "network", "internal");
        let second = balancer("arn:3", "gateway", "internal");
        let aws = Aws::in_turn(&clock, vec![page(first, "<NextMarker>m</NextMarker>"), page(second, "")]);
        let all = aws.load_balancers(BalancerDeed::Look).await.all().await.unwrap();
        let told: Vec<_> =
            all.iter().map(|one| (one.arn.as_str(), one.kind.name(), one.is_internal)).collect();
        assert_eq!(
            told,
            [("arn:1", "application", false), ("arn:2", "network", true), ("arn:3", "gateway", true)]
        );
        assert_eq!(all.iter().filter(|one| one.kind.has_certificates()).count(), 2);
        assert_eq!(all[0].dns_name, "web-424835706.eu-west-1.elb.amazonaws.com");
        assert_eq!(all[0].name, "web");
        let markers: Vec<_> = aws.asked().iter().map(|call| call.parameter("Marker")).collect();
        assert_eq!(markers, [None, Some("m".to_owned())]);
    });
}

#[test]
fn one_load_balancer_is_found_or_is_none_of_this_region() {
    simulated(async |clock| {
        let found = format!(
            "<LoadBalancers>{}</LoadBalancers>",
            balancer(BALANCER, "application", "internet-facing")
        );
        let aws = Aws::in_turn(
            &clock,
            vec![
                xml("DescribeLoadBalancers", &found),
                xml_error(400, "LoadBalancerNotFound", "One or more load balancers not found"),
                xml_error(400, "ValidationError", "'x' is not a valid load balancer ARN"),
            ],
        );
        let balancers = aws.load_balancers(BalancerDeed::Look).await;
        assert_eq!(balancers.one(BALANCER).await.unwrap().unwrap().kind, Kind::Application);
        assert_eq!(balancers.one(BALANCER).await.unwrap(), None);
        assert_eq!(balancers.one("x").await.unwrap_err().class(), Class::Invalid);
        let named = aws.asked()[0].parameter("LoadBalancerArns.member.1");
        assert_eq!(named.as_deref(), Some(BALANCER));
    });
}

#[test]
fn listeners_of_every_protocol_are_told_with_their_default() {
    simulated(async |clock| {
        let listener = |number: u32, protocol: &str, certificates: &str| {
            format!(
                "<member><LoadBalancerArn>{BALANCER}</LoadBalancerArn><Protocol>{protocol}</Protocol><Port>{number}</Port>\
                 <ListenerArn>{LISTENER}{number}</ListenerArn><SslPolicy>ELBSecurityPolicy-2016-08</SslPolicy>{certificates}\
                 <DefaultActions><member><Type>forward</Type><TargetGroupArn>tg</TargetGroupArn></member></DefaultActions></member>"
            )
        };
        let default = format!(
            "<Certificates><member><CertificateArn>{CERTIFICATE}</CertificateArn></member></Certificates>"
        );
        let all =
            listener(443, "HTTPS", &default) + &listener(853, "TLS", &default) + &listener(80, "HTTP", "");
        let aws = Aws::in_turn(
            &clock,
            vec![
                xml("DescribeListeners", &format!("<Listeners>{all}</Listeners>")),
                xml_error(400, "LoadBalancerNotFound", "not found"),
            ],
        );
        let balancers = aws.load_balancers(BalancerDeed::Look).await;
        let listeners = balancers.listeners(BALANCER).await.unwrap();
        let told: Vec<_> =
            listeners.iter().map(|one| (one.port, one.protocol.clone(), one.default.is_some())).collect();
        assert_eq!(
            told,
            [
                (443, Protocol::Https, true),
                (853, Protocol::Tls, true),
                (80, Protocol::Other("HTTP".into()), false)
            ]
        );
        assert_eq!(listeners.iter().filter(|one| one.protocol.has_certificates()).count(), 2);
        assert_eq!(listeners[2].protocol.to_string(), "HTTP");
        assert_eq!(balancers.listeners(BALANCER).await.unwrap_err().class(), Class::NotFound);
    });
}

#[test]
fn a_default_that_is_in_the_list_too_is_told_twice_and_counts_as_both() {
    simulated(async |clock| {
        let one = |arn: &str, is_default: bool| {
            format!(
                "<member><CertificateArn>{arn}</CertificateArn><IsDefault>{is_default}</IsDefault></member>"
            )
        };
        let page = |members: String, marker: &str| {
            xml("DescribeListenerCertificates", &format!("<Certificates>{members}</Certificates>{marker}"))
        };
        let aws = Aws::in_turn(
            &clock,
            vec![
                page(one("arn:1", true) + &one("arn:1", false), "<NextMarker>m</NextMarker>"),
                page(one("arn:2", false), ""),
                page(one("arn:1", true), ""),
                xml_error(400, "ListenerNotFound", "One or more listeners not found"),
            ],
        );
        let balancers = aws.load_balancers(BalancerDeed::Look).await;
        let both = balancers.certificates(LISTENER).await.unwrap();
        assert_eq!(both.default.as_deref(), Some("arn:1"));
        assert_eq!(both.others.iter().map(String::as_str).collect::<Vec<_>>(), ["arn:1", "arn:2"]);
        assert!(both.has("arn:1") && both.has("arn:2") && !both.has("arn:3"));
        let alone = balancers.certificates(LISTENER).await.unwrap();
        assert!(alone.others.is_empty() && alone.has("arn:1"));
        assert_eq!(balancers.certificates(LISTENER).await.unwrap_err().class(), Class::NotFound);
    });
}

#[test]
fn certificates_are_added_made_default_and_removed_one_at_a_time() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |request| xml(&request.parameter("Action").unwrap(), ""));
        let balancers = aws.load_balancers(BalancerDeed::Look).await;
        assert_eq!(balancers.add(LISTENER, CERTIFICATE).await.unwrap(), Changed::Now);
        assert_eq!(balancers.set_default(LISTENER, CERTIFICATE).await.unwrap(), Changed::Now);
        balancers.remove(LISTENER, CERTIFICATE).await.unwrap();
        let asked = aws.asked();
        let actions: Vec<_> = asked.iter().map(|call| call.parameter("Action").unwrap()).collect();
        assert_eq!(actions, ["AddListenerCertificates", "ModifyListener", "RemoveListenerCertificates"]);
        for call in &asked {
            assert_eq!(call.parameter("ListenerArn").as_deref(), Some(LISTENER));
            assert_eq!(call.parameter("Certificates.member.1.CertificateArn").as_deref(), Some(CERTIFICATE));
            // AWS refuses IsDefault, and anything else of a listener would be changed if it were named.
            let fields: Vec<_> = call.body.split('&').filter_map(|pair| pair.split('=').next()).collect();
            assert_eq!(fields.len(), 4, "{fields:?}");
        }
    });
}

#[test]
fn what_a_load_balancer_does_not_know_yet_or_has_no_room_for_is_an_answer() {
    simulated(async |clock| {
        let aws = Aws::in_turn(
            &clock,
            vec![
                xml_error(400, "CertificateNotFound", "Certificate not found"),
                xml_error(400, "TooManyCertificates", "The maximum number of certificates has been reached"),
                xml_error(400, "CertificateNotFound", "Certificate not found"),
            ],
        );
        let balancers = aws.load_balancers(BalancerDeed::Look).await;
        let Changed::NoCertificate(words) = balancers.add(LISTENER, CERTIFICATE).await.unwrap() else {
            unreachable!()
        };
        assert!(
            words.contains("elasticloadbalancing:AddListenerCertificates") && words.contains(LISTENER),
            "{words}"
        );
        let Changed::Full(words) = balancers.add(LISTENER, CERTIFICATE).await.unwrap() else {
            unreachable!()
        };
        assert!(words.contains("maximum number of certificates"), "{words}");
        let early = balancers.set_default(LISTENER, CERTIFICATE).await.unwrap();
        assert!(matches!(early, Changed::NoCertificate(_)), "{early:?}");
    });
}

#[test]
fn each_other_documented_refusal_of_a_change_is_of_its_class_and_keeps_awss_words() {
    simulated(async |clock| {
        for (code, class) in [
            ("ListenerNotFound", Class::NotFound),
            ("LoadBalancerNotFound", Class::NotFound),
            ("OperationNotPermitted", Class::InvalidState),
            ("UnsupportedCertificate", Class::Invalid),
            ("UnsupportedProtocol", Class::Invalid),
            ("IncompatibleProtocols", Class::Invalid),
            ("InvalidConfigurationRequest", Class::Invalid),
            ("ValidationError", Class::Invalid),
            ("AccessDenied", Class::Denied),
            ("ExpiredToken", Class::Credentials),
            ("InvalidClientTokenId", Class::Credentials),
            ("SSLPolicyNotFound", Class::Other),
        ] {
            let status = if class == Class::Denied || class == Class::Credentials { 403 } else { 400 };
            let aws = Aws::of(&clock, move |_| xml_error(status, code, "AWS's own words"));
            let balancers = aws.load_balancers(BalancerDeed::Look).await;
            let added = balancers.add(LISTENER, CERTIFICATE).await.unwrap_err();
            let removed = balancers.remove(LISTENER, CERTIFICATE).await.unwrap_err();
            let modified = balancers.set_default(LISTENER, CERTIFICATE).await.unwrap_err();
            for (refused, action) in [
                (added, "AddListenerCertificates"),
                (removed, "RemoveListenerCertificates"),
                (modified, "ModifyListener"),
            ] {
                assert_eq!(refused.class(), class, "{code}");
                let text = refused.to_string();
                assert!(text.contains("AWS's own words") && text.contains(code), "{text}");
                assert!(text.contains(&format!("elasticloadbalancing:{action}")), "{text}");
                assert_eq!(refused.is_passing(), code == "ExpiredToken", "{code}");
            }
            assert_eq!(aws.asked().len(), 3, "{code}: a refusal is not asked twice");
        }
    });
}

#[test]
fn a_session_may_change_the_listeners_that_it_names_and_no_others() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| xml("ModifyListener", ""));
        let listener: Arn = LISTENER.parse().unwrap();
        let _ = aws.load_balancers(BalancerDeed::Look).await;
        let _ = aws.load_balancers(BalancerDeed::Change(std::slice::from_ref(&listener))).await;
        let many: Vec<Arn> = (0..40).map(|number| format!("{LISTENER}{number}").parse().unwrap()).collect();
        let _ = aws.load_balancers(BalancerDeed::Change(&many)).await;
        let policies = aws.policies();
        let changes = ["Add", "Remove", "Modify"];
        assert!(changes.iter().all(|change| !policies[0].to_string().contains(change)), "{}", policies[0]);
        let resource = |number: usize| {
            let statements = policies[number]["Statement"].as_array().unwrap();
            let change = statements.iter().find(|one| one["Sid"] == "Change").unwrap();
            change["Resource"].clone()
        };
        assert_eq!(resource(1), LISTENER);
        assert_eq!(
            resource(2),
            "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/50dc6c495c0c9188/*"
        );
        assert!(policies.iter().all(|policy| policy.to_string().len() <= 2_048));
    });
}

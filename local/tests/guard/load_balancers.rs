//! ACM's imported certificates and load balancers' listeners as AWS describes them, for callers who may.

use std::time::Duration;

use aws_sdk_acm::error::ProvideErrorMetadata;
use aws_sdk_acm::primitives::Blob;
use aws_sdk_acm::types::{CertificateDetail, Filters, KeyAlgorithm, Tag};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, LoadBalancerTypeEnum, ProtocolEnum, TargetGroupTuple,
};
use aws_sdk_sts::config::Credentials;
use local::standins;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, SignatureAlgorithm};
use serde_json::{Value, json};

use crate::aws::{Aws, credentials, trusting};

const TWO_USAGES: &[ExtendedKeyUsagePurpose] =
    &[ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];

/// A certificate with its key and its chain, as PEM.
#[derive(Clone)]
struct Leaf {
    certificate: String,
    key: String,
    chain: String,
}

/// A root, and below it the CA that issues.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    issuing: String,
    root: String,
}

impl Authority {
    fn new() -> Self {
        let ca = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let (root, issuing) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root_pem = ca("Root").self_signed(&root).unwrap().pem();
        let above = Issuer::new(ca("Root"), root);
        let issuing_pem = ca("Issuing").signed_by(&issuing, &above).unwrap().pem();
        Self { issuer: Issuer::new(ca("Issuing"), issuing), issuing: issuing_pem, root: root_pem }
    }

    fn issue(
        &self,
        name: &str,
        key: &'static SignatureAlgorithm,
        usages: &[ExtendedKeyUsagePurpose],
    ) -> Leaf {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = usages.to_vec();
        let key = KeyPair::generate_for(key).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Leaf { certificate, key: key.serialize_pem(), chain: format!("{}{}", self.issuing, self.root) }
    }

    fn usual(&self, name: &str) -> Leaf {
        self.issue(name, &PKCS_ECDSA_P256_SHA256, TWO_USAGES)
    }
}

struct Services {
    acm: aws_sdk_acm::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    ec2: local::root::Root,
}

/// A load balancer with listeners.
struct Balancer {
    arn: String,
    group: String,
}

impl Services {
    async fn of(aws: &Aws, credentials: Credentials) -> Self {
        let config = aws.config(credentials).await;
        Self {
            acm: aws_sdk_acm::Client::new(&config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            ec2: aws.theirs.clone(),
        }
    }

    /// As the root of their account.
    async fn theirs(aws: &Aws) -> Self {
        Self::of(aws, Credentials::new(aws.their_account, standins::ROOT_SECRET, None, None, "test")).await
    }

    async fn import(&self, leaf: &Leaf, arn: Option<&str>, tag: Option<&str>) -> Result<String, String> {
        let tag = tag.map(|value| Tag::builder().key("owner").value(value).build().unwrap());
        let call = self.acm.import_certificate().certificate(Blob::new(leaf.certificate.as_bytes()));
        let call = call.private_key(Blob::new(leaf.key.as_bytes()));
        let chain = (!leaf.chain.is_empty()).then(|| Blob::new(leaf.chain.as_bytes()));
        let call = call.set_certificate_chain(chain).set_certificate_arn(arn.map(str::to_owned));
        let imported = call.set_tags(tag.map(|tag| vec![tag])).send().await;
        imported.map(|made| made.certificate_arn.unwrap()).map_err(|refused| told(&refused))
    }

    async fn described(&self, arn: &str) -> CertificateDetail {
        let described = self.acm.describe_certificate().certificate_arn(arn).send().await.unwrap();
        described.certificate.unwrap()
    }

    async fn delete(&self, arn: &str) -> Result<(), String> {
        let deleted = self.acm.delete_certificate().certificate_arn(arn).send().await;
        deleted.map(drop).map_err(|refused| told(&refused))
    }

    async fn balancer(&self, name: &str, kind: LoadBalancerTypeEnum) -> Balancer {
        let ec2 = async |fields: &[(&str, &str)], element: &str| {
            let answer = self.ec2.query("ec2", "2016-11-15", fields).await.unwrap();
            let (_, rest) = answer.split_once(&format!("<{element}>")).unwrap();
            rest.split_once('<').unwrap().0.to_owned()
        };
        let vpc = ec2(&[("Action", "CreateVpc"), ("CidrBlock", "10.0.0.0/16")], "vpcId").await;
        let fields = [("Action", "CreateSubnet"), ("VpcId", &vpc), ("CidrBlock", "10.0.0.0/24")];
        let subnet = ec2(&fields, "subnetId").await;
        let made = self.elb.create_load_balancer().name(name).subnets(subnet).r#type(kind.clone());
        let arn = made.send().await.unwrap().load_balancers.unwrap().remove(0).load_balancer_arn.unwrap();
        let protocol = if kind == LoadBalancerTypeEnum::Network { "TCP" } else { "HTTP" };
        let group = self.elb.create_target_group().name(name).protocol(protocol.into()).port(80);
        let group = group.vpc_id(vpc).send().await.unwrap().target_groups.unwrap().remove(0);
        Balancer { arn, group: group.target_group_arn.unwrap() }
    }

    async fn listener(
        &self,
        on: &Balancer,
        port: i32,
        protocol: &str,
        default: Option<&str>,
    ) -> Result<String, String> {
        let group = TargetGroupTuple::builder().target_group_arn(&on.group).build();
        let forward = Action::builder().r#type(ActionTypeEnum::Forward);
        let forward = forward.target_group_arn(group.target_group_arn().unwrap()).build();
        let call = self.elb.create_listener().load_balancer_arn(&on.arn).port(port);
        let call = call.protocol(ProtocolEnum::from(protocol)).default_actions(forward);
        let made = call.set_certificates(default.map(|arn| vec![certificate(arn)])).send().await;
        let made = made.map_err(|refused| told(&refused))?;
        Ok(made.listeners.unwrap().remove(0).listener_arn.unwrap())
    }

    async fn add(&self, listener: &str, arn: &str) -> Result<(), String> {
        let call = self.elb.add_listener_certificates().listener_arn(listener);
        call.certificates(certificate(arn)).send().await.map(drop).map_err(|refused| told(&refused))
    }

    async fn remove(&self, listener: &str, arn: &str) -> Result<(), String> {
        let call = self.elb.remove_listener_certificates().listener_arn(listener);
        call.certificates(certificate(arn)).send().await.map(drop).map_err(|refused| told(&refused))
    }

    async fn set_default(&self, listener: &str, arn: &str) -> Result<(), String> {
        let call = self.elb.modify_listener().listener_arn(listener).certificates(certificate(arn));
        call.send().await.map(drop).map_err(|refused| told(&refused))
    }

    /// What the listener serves: the default, and the list.
    async fn served(&self, listener: &str) -> (String, Vec<String>) {
        let told = self.elb.describe_listener_certificates().listener_arn(listener).send().await.unwrap();
        let (default, list): (Vec<_>, Vec<_>) =
            told.certificates.unwrap().into_iter().partition(|one| one.is_default.unwrap());
        let arn = |one: &Certificate| one.certificate_arn().unwrap().to_owned();
        (arn(&default[0]), list.iter().map(arn).collect())
    }
}

fn certificate(arn: &str) -> Certificate {
    Certificate::builder().certificate_arn(arn).build()
}

fn told(refused: &impl ProvideErrorMetadata) -> String {
    let (code, message) = (refused.code().unwrap_or_default(), refused.message().unwrap_or_default());
    format!("{code}: {message}")
}

#[track_caller]
fn refused(answer: Result<impl std::fmt::Debug, String>, words: &[&str]) {
    let told = answer.unwrap_err();
    assert!(words.iter().all(|word| told.contains(word)), "{words:?} are not in {told}");
}

#[tokio::test]
async fn acm_imports_what_its_prerequisites_allow() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let authority = Authority::new();
    let good = authority.usual("shop.example.com");
    let arn = services.import(&good, None, Some("ours")).await.unwrap();
    let described = services.described(&arn).await;
    assert_eq!(described.r#type.unwrap().as_str(), "IMPORTED");
    assert_eq!(described.status.unwrap().as_str(), "ISSUED");
    assert!(described.serial.unwrap().contains(':') && described.imported_at.is_some());
    let got = services.acm.get_certificate().certificate_arn(&arn).send().await.unwrap();
    let bytes = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(bytes(got.certificate().unwrap()), bytes(&good.certificate));
    assert_eq!(bytes(got.certificate_chain().unwrap()), bytes(&good.chain), "as it was given, no root added");

    let other = authority.usual("shop.example.com");
    let with = |change: &dyn Fn(&mut Leaf)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed
    };
    for (leaf, words) in [
        (with(&|leaf| leaf.key.clone_from(&other.key)), "do not match"),
        (with(&|leaf| leaf.certificate += &other.chain), "more than one certificate"),
        (with(&|leaf| leaf.chain = format!("{}{}", authority.root, authority.issuing)), "certificate is: 0"),
        (
            with(&|leaf| leaf.chain = format!("{}{}", authority.issuing, authority.issuing)),
            "certificate is: 1",
        ),
        (with(&|leaf| leaf.chain.clear()), "not a valid self signed"),
        (with(&|leaf| leaf.key = "-----BEGIN".to_owned()), "private key is not PEM-encoded"),
        (with(&|leaf| leaf.certificate = "-----BEGIN".to_owned()), "certificate is not PEM-encoded"),
        (with(&|leaf| leaf.key = leaf.key.replace("BEGIN ", "BEGIN ENCRYPTED ")), "unencrypted"),
    ] {
        refused(services.import(&leaf, None, None).await, &["ValidationException", words]);
    }
    let mut late = CertificateParams::new(vec!["shop.example.com".to_owned()]).unwrap();
    (late.not_before, late.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2020, 2, 1));
    let key = KeyPair::generate().unwrap();
    let late = late.signed_by(&key, &authority.issuer).unwrap().pem();
    let late = Leaf { certificate: late, key: key.serialize_pem(), chain: good.chain.clone() };
    refused(services.import(&late, None, None).await, &["ValidationException", "expired"]);

    let list = services.acm.list_certificates();
    assert!(list.clone().send().await.unwrap().certificate_summary_list().is_empty(), "EC keys go untold");
    let keys = Filters::builder().key_types(KeyAlgorithm::EcPrime256v1).build();
    assert_eq!(list.includes(keys).send().await.unwrap().certificate_summary_list().len(), 1);
}

#[tokio::test]
async fn what_is_imported_again_keeps_its_arn_tags_key_type_and_usages() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let authority = Authority::new();
    let arn = services.import(&authority.usual("shop.example.com"), None, Some("ours")).await.unwrap();
    let before = services.described(&arn).await;
    let next = authority.usual("shop.example.com");
    refused(
        services.import(&next, Some(&arn), Some("ours")).await,
        &["Tagging is not permitted on re-import"],
    );
    assert_eq!(services.import(&next, Some(&arn), None).await.unwrap(), arn);
    let after = services.described(&arn).await;
    assert_ne!(after.serial, before.serial);
    let tags = services.acm.list_tags_for_certificate().certificate_arn(&arn).send().await.unwrap();
    assert_eq!(tags.tags()[0].value(), Some("ours"), "the tags stay");

    let other_key = authority.issue("shop.example.com", &PKCS_ECDSA_P384_SHA384, TWO_USAGES);
    let words = ["EC_prime256v1", "EC_secp384r1"];
    refused(services.import(&other_key, Some(&arn), None).await, &words);
    let fewer = &[ExtendedKeyUsagePurpose::ServerAuth];
    let fewer = authority.issue("shop.example.com", &PKCS_ECDSA_P256_SHA256, fewer);
    refused(services.import(&fewer, Some(&arn), None).await, &["TLS_WEB_CLIENT_AUTHENTICATION"]);
    let gone = format!("{arn}0");
    refused(services.import(&next, Some(&gone), None).await, &["ResourceNotFoundException"]);
}

#[tokio::test]
async fn a_listeners_default_and_its_list_are_two_things() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let authority = Authority::new();
    let mut arns = Vec::new();
    for name in ["a.example.com", "b.example.com"] {
        arns.push(services.import(&authority.usual(name), None, None).await.unwrap());
    }
    let (a, b) = (arns[0].as_str(), arns[1].as_str());
    let on = services.balancer("two-things", LoadBalancerTypeEnum::Application).await;
    let listener = services.listener(&on, 443, "HTTPS", Some(a)).await.unwrap();
    services.add(&listener, b).await.unwrap();
    services.add(&listener, b).await.unwrap();
    assert_eq!(
        services.served(&listener).await,
        (a.to_owned(), vec![b.to_owned()]),
        "added again is there once"
    );
    services.add(&listener, a).await.unwrap();
    services.set_default(&listener, b).await.unwrap();
    let both = vec![b.to_owned(), a.to_owned()];
    assert_eq!(services.served(&listener).await, (b.to_owned(), both), "the old default stays for SNI");
    services.remove(&listener, b).await.unwrap();
    refused(services.remove(&listener, b).await, &["OperationNotPermitted", "Default certificate"]);
    services.remove(&listener, a).await.unwrap();
    assert_eq!(services.served(&listener).await, (b.to_owned(), Vec::new()));
    let told = services.elb.describe_listeners().listener_arns(&listener).send().await.unwrap();
    assert_eq!(told.listeners()[0].certificates()[0].certificate_arn(), Some(b), "the default, and it alone");

    let history = aws.control("GET", "/_guard/listeners", json!({})).await;
    let served: Vec<_> = history[&listener]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| (at["default"].clone(), at["sni"].clone()))
        .collect();
    let expected = [(a, vec![]), (a, vec![b]), (a, vec![b, a]), (b, vec![b, a]), (b, vec![a]), (b, vec![])];
    assert_eq!(served, expected.map(|(default, sni)| (json!(default), json!(sni))));
}

#[tokio::test]
async fn what_a_listener_cannot_serve_is_refused_before_anything_changes() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let authority = Authority::new();
    let leaf = authority.usual("a.example.com");
    let good = services.import(&leaf, None, None).await.unwrap();
    let named = services.import(&authority.usual("server"), None, None).await.unwrap();
    let pending = services.acm.request_certificate().domain_name("pending.example.com");
    let pending = pending.validation_method("DNS".into()).send().await.unwrap().certificate_arn.unwrap();
    let application = services.balancer("application", LoadBalancerTypeEnum::Application).await;
    let network = services.balancer("network", LoadBalancerTypeEnum::Network).await;
    assert!(application.arn.contains(":loadbalancer/app/"), "{}", application.arn);
    assert!(network.arn.contains(":loadbalancer/net/"), "{}", network.arn);
    let https = services.listener(&application, 443, "HTTPS", Some(&good)).await.unwrap();
    let http = services.listener(&application, 80, "HTTP", None).await.unwrap();
    let tcp = services.listener(&network, 80, "TCP", None).await.unwrap();
    let tls = services.listener(&network, 443, "TLS", Some(&good)).await.unwrap();
    for (listener, arn, words) in [
        (&https, &pending, "CertificateNotFound"),
        (&https, &format!("{good}0"), "CertificateNotFound"),
        (&https, &named, "UnsupportedCertificate"),
        (&http, &good, "HTTP listeners"),
        (&tcp, &good, "TCP listeners"),
        (&format!("{https}0"), &good, "ListenerNotFound"),
    ] {
        refused(services.add(listener, arn).await, &[words]);
        refused(services.set_default(listener, arn).await, &[words]);
    }
    let second = services.import(&authority.usual("b.example.com"), None, None).await.unwrap();
    services.set_default(&tls, &second).await.unwrap();
    assert_eq!(services.served(&tls).await, (second.clone(), Vec::new()), "a TLS listener changes too");

    // 25 in all lists of a load balancer together, its defaults not counted.
    let other = services.listener(&application, 8443, "HTTPS", Some(&good)).await.unwrap();
    for n in 0..25 {
        let arn = services.import(&leaf, None, None).await.unwrap();
        services.add(if n % 2 == 0 { &https } else { &other }, &arn).await.unwrap();
    }
    refused(services.add(&https, &second).await, &["TooManyCertificates"]);
    services.set_default(&https, &second).await.unwrap();
}

#[tokio::test]
async fn what_a_load_balancer_serves_is_in_use_and_is_not_deleted() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let authority = Authority::new();
    let a = services.import(&authority.usual("a.example.com"), None, None).await.unwrap();
    let b = services.import(&authority.usual("b.example.com"), None, None).await.unwrap();
    let on = services.balancer("in-use", LoadBalancerTypeEnum::Application).await;
    let listener = services.listener(&on, 443, "HTTPS", Some(&a)).await.unwrap();
    services.add(&listener, &b).await.unwrap();
    for arn in [&a, &b] {
        assert_eq!(services.described(arn).await.in_use_by(), std::slice::from_ref(&on.arn));
        refused(services.delete(arn).await, &["ResourceInUseException", arn]);
    }
    // Renewed in place it is still in use, and the listener serves it.
    services.import(&authority.usual("b.example.com"), Some(&b), None).await.unwrap();
    refused(services.delete(&b).await, &["ResourceInUseException"]);
    services.remove(&listener, &b).await.unwrap();
    // For a moment longer than on the listener; and a real one, which nothing else tells.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(services.described(&b).await.in_use_by().is_empty());
    services.delete(&b).await.unwrap();
    refused(services.delete(&b).await, &["ResourceNotFoundException"]);
}

/// ministack decides, with signature, role and session policy; moto would let everybody in.
#[tokio::test]
async fn only_who_may_touches_listeners_and_tags_what_is_imported() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let leaf = Authority::new().usual("a.example.com");
    let arn = services.import(&leaf, None, None).await.unwrap();
    let on = services.balancer("who-may", LoadBalancerTypeEnum::Application).await;
    let listener = services.listener(&on, 443, "HTTPS", Some(&arn)).await.unwrap();
    let other = services.listener(&on, 8443, "HTTPS", Some(&arn)).await.unwrap();
    aws.role(&aws.theirs, "certificates", &trusting(aws.our_account)).await;
    let allow = json!({
        "Effect": "Allow", "Resource": "*",
        "Action": ["acm:ImportCertificate", "acm:ListCertificates", "elasticloadbalancing:*"],
    });
    aws.policy(&aws.theirs, "certificates", "work", &allow).await.unwrap();
    let function = aws.function().await;
    let session = async |policy: Option<Value>| {
        let call = function.assume_role().role_arn(aws.role_arn("certificates")).role_session_name("worker");
        let policy = policy.map(|statement| json!({ "Version": "2012-10-17", "Statement": statement }));
        let session = call.set_policy(policy.map(|policy| policy.to_string())).send().await.unwrap();
        Services::of(&aws, credentials(&session)).await
    };
    let whole = session(None).await;
    let imported = whole.import(&leaf, None, None).await.unwrap();
    let words = ["AccessDeniedException", "acm:AddTagsToCertificate"];
    refused(whole.import(&leaf, None, Some("ours")).await, &words);
    refused(whole.delete(&imported).await, &["AccessDenied", "acm:DeleteCertificate", &imported]);

    let narrow = session(Some(json!([
        { "Effect": "Allow", "Action": "elasticloadbalancing:Describe*", "Resource": "*" },
        { "Effect": "Allow", "Action": "elasticloadbalancing:AddListenerCertificates", "Resource": listener },
        { "Effect": "Allow", "Action": "elasticloadbalancing:DescribeRules", "Resource": on.arn },
    ])))
    .await;
    narrow.add(&listener, &imported).await.unwrap();
    narrow.elb.describe_listeners().load_balancer_arn(&on.arn).send().await.unwrap();
    let words = ["AccessDenied", "elasticloadbalancing:AddListenerCertificates", &other];
    refused(narrow.add(&other, &imported).await, &words);
    let words = ["AccessDenied", "elasticloadbalancing:ModifyListener", &listener];
    refused(narrow.set_default(&listener, &imported).await, &words);
    let only = session(Some(json!([
        { "Effect": "Allow", "Action": "elasticloadbalancing:DescribeListeners", "Resource": on.arn },
    ])))
    .await;
    let looked = only.elb.describe_listeners().load_balancer_arn(&on.arn).send().await;
    refused(looked.map_err(|refused| told(&refused)), &["elasticloadbalancing:DescribeListeners"]);

    let calls = aws.control("GET", "/_guard/calls?service=elasticloadbalancing", json!({})).await;
    let asked = json!({ "action": "elasticloadbalancing:AddListenerCertificates", "resource": listener });
    let calls = calls["calls"].as_array().unwrap();
    assert!(calls.iter().any(|call| call["permissions"][0] == asked), "{calls:?}");
}

//! Refusals, throttling and lost answers, as every call has them.

use std::time::Duration;

use authority::private_ca::Issuance;
use authority::{AcmDeed, At, Class, Deed, Error};
use model::certificate::{BasicConstraints, KeyAlgorithm, SignatureAlgorithm, Spec, Subject, Validity};
use serde_json::json;
use testkit::aws::Answer;
use testkit::clock::SimulatedClock;

use crate::aws::{Aws, CA, CERTIFICATE, at, ca, connection, error, ok, region, simulated};

fn failed() -> Answer {
    Answer {
        status: 500,
        body: json!({ "__type": "InternalServerException", "message": "sorry" }).to_string(),
    }
}

fn spec() -> Spec {
    Spec {
        subject: Subject { common_name: Some("x".into()), ..Subject::default() },
        alt_names: Vec::new(),
        key_algorithm: KeyAlgorithm::EcP256,
        signature_algorithm: None,
        key_usages: [].into(),
        extended_key_usages: [].into(),
        basic_constraints: BasicConstraints::default(),
        validity: Validity::lasting(Duration::from_secs(3_600), testkit::now()),
    }
}

async fn issue(aws: &Aws, at: At) -> Result<String, Error> {
    let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Issue, at).await?;
    let issuance =
        Issuance { spec: &spec(), csr: "csr", token: "token", signature: SignatureAlgorithm::EcdsaSha256 };
    authority.issue(&issuance).await
}

fn soon(clock: &SimulatedClock, seconds: u64) -> At {
    At { until: Some(clock.now() + Duration::from_secs(seconds)), ..at() }
}

#[test]
fn each_documented_refusal_is_of_its_class_names_the_action_and_keeps_awss_words() {
    simulated(async |clock| {
        for (code, class) in [
            ("AccessDeniedException", Class::Denied),
            ("InvalidArgsException", Class::Invalid),
            ("InvalidArnException", Class::Invalid),
            ("InvalidStateException", Class::InvalidState),
            ("LimitExceededException", Class::LimitExceeded),
            ("MalformedCSRException", Class::Invalid),
            ("ResourceNotFoundException", Class::NotFound),
            ("ValidationException", Class::Invalid),
            ("ExpiredTokenException", Class::Credentials),
            ("UnrecognizedClientException", Class::Credentials),
            ("SomethingNewException", Class::Other),
        ] {
            let aws = Aws::of(&clock, move |_| error(code, "AWS's own words"));
            let refused = issue(&aws, at()).await.unwrap_err();
            assert_eq!(refused.class(), class, "{code}");
            let text = refused.to_string();
            assert!(text.contains("acm-pca:IssueCertificate") && text.contains("AWS's own words"), "{text}");
            assert!(text.contains(code), "{text}");
            if class != Class::Credentials {
                assert!(text.contains(CA), "{text}");
            }
            assert!(!refused.may_be_done(), "{code}");
            assert_eq!(refused.is_passing(), code == "ExpiredTokenException", "{code}");
            assert_eq!(aws.asked().len(), 1, "{code}: a refusal is not asked twice");
        }
    });
}

#[test]
fn throttling_passes_and_each_attempt_carries_the_same_token() {
    simulated(async |clock| {
        let throttled = error("ThrottlingException", "Rate exceeded");
        let done = ok(&json!({ "CertificateArn": CERTIFICATE }));
        let aws = Aws::in_turn(&clock, vec![throttled.clone(), throttled, done]);
        assert_eq!(issue(&aws, at()).await.unwrap(), CERTIFICATE);
        let asked = aws.asked();
        assert_eq!(asked.len(), 3);
        assert!(asked.iter().all(|call| call.body == asked[0].body && call.body.contains("token")));
    });
}

#[test]
fn a_call_that_is_not_paid_for_is_made_again_when_aws_fails() {
    simulated(async |clock| {
        let described = json!({ "CertificateAuthority": {
            "Status": "ACTIVE", "CertificateAuthorityConfiguration": { "KeyAlgorithm": "RSA_2048", "SigningAlgorithm": "SHA256WITHRSA" },
        } });
        let busy = error("ConcurrentModificationException", "A previous update is still ongoing");
        let aws = Aws::in_turn(&clock, vec![failed(), busy, ok(&described)]);
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Look, at()).await.unwrap();
        assert!(authority.describe().await.unwrap().is_active());
        assert_eq!(aws.asked().len(), 3);
    });
}

#[test]
fn no_attempt_begins_after_the_deadline() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| error("ThrottlingException", "Rate exceeded"));
        let start = clock.now();
        let late = issue(&aws, soon(&clock, 5)).await.unwrap_err();
        assert!(clock.now() - start <= Duration::from_secs(5));
        assert_eq!((late.class(), late.is_passing(), late.may_be_done()), (Class::Passing, true, false));

        let aws = Aws::of(&clock, |_| failed());
        let over = At { until: Some(clock.now()), ..at() };
        let none = issue(&aws, over).await.unwrap_err();
        assert!(none.to_string().contains("no time left") && !none.may_be_done(), "{none}");
        assert!(aws.asked().is_empty());
    });
}

#[test]
fn a_paid_call_that_may_be_done_is_not_made_again() {
    simulated(async |clock| {
        let throttled = error("ThrottlingException", "Rate exceeded");
        let aws =
            Aws::in_turn(&clock, vec![throttled, failed(), ok(&json!({ "CertificateArn": CERTIFICATE }))]);
        let doubtful = issue(&aws, at()).await.unwrap_err();
        assert!(doubtful.may_be_done() && doubtful.is_passing(), "{doubtful}");
        assert_eq!(aws.asked().len(), 2);

        let aws = Aws::of(&clock, |_| ok(&json!({})));
        let lacking = issue(&aws, at()).await.unwrap_err();
        assert!(lacking.may_be_done() && lacking.to_string().contains("lacks the ARN"), "{lacking}");
    });
}

#[test]
fn an_answer_that_is_not_awss_is_no_answer() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| Answer { status: 200, body: "a captive portal".into() });
        let nobody = issue(&aws, soon(&clock, 2)).await.unwrap_err();
        assert!(nobody.to_string().contains("not one of AWS's"), "{nobody}");
        assert!(nobody.may_be_done() && nobody.is_passing());
    });
}

#[test]
fn a_connection_that_does_not_open_says_so_in_awss_words() {
    simulated(async |clock| {
        let (config, _) = testkit::aws::scripted(|_| {
            Answer {
            status: 403,
            body: "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: x is not authorized to perform: \
                   sts:AssumeRole</Message></Error></ErrorResponse>"
                .into(),
        }
        });
        let pace = authority::Pace::on(
            std::sync::Arc::new(crate::aws::Ticking(clock.clone())),
            authority::Quotas::default(),
        );
        let authorities = crate::aws::authorities(&config, pace);
        let refused =
            authorities.acm(&connection(), &region(), AcmDeed::Look, at()).await.map(drop).unwrap_err();
        assert_eq!(refused.class(), Class::Denied);
        assert!(refused.to_string().contains("not authorized to perform: sts:AssumeRole"), "{refused}");
    });
}

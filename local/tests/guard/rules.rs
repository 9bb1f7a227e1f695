//! AWS's rules, the call log and faults.

use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use local::standins;
use serde_json::{Value, json};

use crate::aws::{Aws, code, credentials, trusting};

#[tokio::test]
async fn trust_policies_are_evaluated_as_aws_does() {
    let aws = Aws::start().await;
    let function = aws.function().await;
    let condition = |operator: &str, key: &str, value: &str| {
        let mut statement = trusting(aws.our_account);
        statement["Condition"] = json!({operator: {key: value}});
        statement
    };
    let external_id = "sts:ExternalId";
    // Role, its trust, and what is answered with the right External ID, without one, with another.
    for (name, trust, answers) in [
        ("correct", condition("StringEquals", external_id, "tenant"), [true, false, false]),
        ("open", trusting(aws.our_account), [true, true, true]),
        ("any", condition("StringLike", external_id, "*"), [true, false, true]),
        ("if-exists", condition("StringEqualsIfExists", external_id, "tenant"), [true, true, false]),
        ("wrong-key", condition("StringEquals", "aws:ExternalId", "tenant"), [false, false, false]),
        ("other-account", trusting("300000000001"), [false, false, false]),
    ] {
        aws.role(&aws.theirs, name, &trust).await;
        let assume = || function.assume_role().role_arn(aws.role_arn(name));
        for (call, allowed) in [assume().external_id("tenant"), assume(), assume().external_id("another")]
            .into_iter()
            .zip(answers)
        {
            let expected = if allowed { "allowed" } else { "AccessDenied" };
            assert_eq!(code(call).await, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn a_session_is_no_longer_than_chain_and_role_allow() {
    let aws = Aws::start().await;
    let function = aws.function().await;
    aws.role(&aws.theirs, "target", &trusting(aws.our_account)).await;
    let chained = |seconds| function.assume_role().role_arn(aws.role_arn("target")).duration_seconds(seconds);
    assert_eq!(code(chained(899)).await, "ValidationError");
    assert_eq!(code(chained(900)).await, "allowed");
    assert_eq!(code(chained(3_600)).await, "allowed");
    assert_eq!(code(chained(3_601)).await, "ValidationError");

    let root = aws.sts(Credentials::new(aws.our_account, standins::ROOT_SECRET, None, None, "test")).await;
    let unchained = |seconds| root.assume_role().role_arn(aws.role_arn("target")).duration_seconds(seconds);
    assert_eq!(code(unchained(7_200)).await, "allowed");
    assert_eq!(code(unchained(7_201)).await, "ValidationError");
}

#[tokio::test]
async fn a_source_identity_is_told_and_stays() {
    let aws = Aws::start().await;
    let function = aws.function().await;
    let account = aws.their_account;
    aws.role(&aws.theirs, "resource", &trusting(aws.our_account)).await;
    aws.role(&aws.theirs, "target", &trusting(account)).await;
    let call = function.assume_role().role_arn(aws.role_arn("resource")).role_session_name("ada");
    let resource = call.source_identity("ada").send().await.unwrap();
    assert_eq!(resource.source_identity(), Some("ada"));

    let resource = aws.sts(credentials(&resource)).await;
    let target = || resource.assume_role().role_arn(aws.role_arn("target"));
    assert_eq!(code(target().source_identity("eve")).await, "AccessDenied");
    let target = target().role_session_name("ada").send().await.unwrap();
    assert_eq!(target.source_identity(), Some("ada"));
}

#[tokio::test]
async fn the_log_tells_who_did_what_and_no_secret() {
    let aws = Aws::start().await;
    let function = aws.function().await;
    aws.role(&aws.theirs, "target", &trusting(aws.our_account)).await;
    aws.control("DELETE", "/_guard/calls", Value::Null).await;
    let call = function.assume_role().role_arn(aws.role_arn("target")).external_id("not-for-logs");
    let session = call.role_session_name("ada").send().await.unwrap();
    assert_eq!(code(function.assume_role().role_arn(aws.role_arn("absent"))).await, "AccessDenied");

    let log = aws.control("GET", "/_guard/calls?service=sts&action=AssumeRole", Value::Null).await;
    let [granted, refused] = log["calls"].as_array().unwrap().as_slice() else { panic!("{log}") };
    let ours = aws.our_account;
    assert_eq!(
        granted["principal"]["arn"],
        json!(format!("arn:aws:sts::{ours}:assumed-role/function/function"))
    );
    assert_eq!(
        granted["permissions"],
        json!([{"action": "sts:AssumeRole", "resource": aws.role_arn("target")}])
    );
    assert_eq!(granted["details"]["externalIdSent"], json!(true));
    assert_eq!((&granted["status"], &granted["error"]), (&json!(200), &Value::Null));
    assert_eq!((&refused["status"], &refused["error"]), (&json!(403), &json!("AccessDenied")));
    let made = session.credentials().unwrap();
    for secret in ["not-for-logs", made.secret_access_key(), made.session_token()] {
        assert!(!log.to_string().contains(secret));
    }
}

#[tokio::test]
async fn a_third_access_key_is_refused() {
    let aws = Aws::start().await;
    aws.iam(&aws.ours, &[("Action", "CreateUser"), ("UserName", "ada")]).await.unwrap();
    let create = [("Action", "CreateAccessKey"), ("UserName", "ada")];
    aws.iam(&aws.ours, &create).await.unwrap();
    aws.iam(&aws.ours, &create).await.unwrap();
    let refusal = aws.iam(&aws.ours, &create).await.unwrap_err().to_string();
    assert!(refusal.contains("LimitExceeded"), "{refusal}");
}

#[tokio::test]
async fn the_last_use_of_an_access_key_is_told_once_there_is_one() {
    let aws = Aws::start().await;
    aws.iam(&aws.ours, &[("Action", "CreateUser"), ("UserName", "ada")]).await.unwrap();
    let made = [("Action", "CreateAccessKey"), ("UserName", "ada")];
    let made = aws.iam(&aws.ours, &made).await.unwrap();
    let field = |xml: &str, name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    let id = field(&made, "AccessKeyId").unwrap();
    let ask = [("Action", "GetAccessKeyLastUsed"), ("AccessKeyId", id.as_str())];
    let never = aws.iam(&aws.ours, &ask).await.unwrap();
    assert_eq!((field(&never, "LastUsedDate"), field(&never, "ServiceName")), (None, Some("N/A".to_owned())));

    // What is asked about a key is asked about its user.
    for (user, expected) in [("ada", "allowed"), ("bob", "AccessDenied")] {
        let allow = json!({"Effect": "Allow", "Action": "iam:GetAccessKeyLastUsed",
            "Resource": format!("arn:aws:iam::{}:user/{user}", aws.our_account)});
        aws.role(&aws.ours, &format!("asks-{user}"), &trusting(aws.our_account)).await;
        aws.policy(&aws.ours, &format!("asks-{user}"), "ask", &allow).await.unwrap();
        let root = Credentials::new(aws.our_account, standins::ROOT_SECRET, None, None, "test");
        let role = format!("arn:aws:iam::{}:role/asks-{user}", aws.our_account);
        let session = aws.sts(root).await.assume_role().role_arn(role).role_session_name("asks").send().await;
        let client = aws_sdk_iam::Client::new(&aws.config(credentials(&session.unwrap())).await);
        let asked = client.get_access_key_last_used().access_key_id(&id).send().await;
        let answer = asked.as_ref().map_or_else(|refusal| refusal.code().unwrap_or("?"), |_| "allowed");
        assert_eq!(answer, expected, "{user}");
    }

    let secret = field(&made, "SecretAccessKey").unwrap();
    let ada = aws.sts(Credentials::new(id.as_str(), secret, None, None, "test")).await;
    ada.get_caller_identity().send().await.unwrap();
    let used = aws.iam(&aws.ours, &ask).await.unwrap();
    let at: jiff::Timestamp = field(&used, "LastUsedDate").unwrap().parse().unwrap();
    assert!(at.as_second() > 1_700_000_000, "{at}");
    assert_eq!(field(&used, "ServiceName").as_deref(), Some("sts"));
}

#[tokio::test]
async fn a_lost_answer_leaves_its_effect_and_a_reset_none() {
    let aws = Aws::start().await;
    for (kind, effect) in [("lost", true), ("reset", false)] {
        let fault = json!({"service": "iam", "action": "CreateUser", "effect": {"kind": kind}});
        aws.control("POST", "/_guard/faults", fault).await;
        aws.iam(&aws.ours, &[("Action", "CreateUser"), ("UserName", kind)]).await.unwrap_err();
        let found = aws.iam(&aws.ours, &[("Action", "GetUser"), ("UserName", kind)]).await.is_ok();
        assert_eq!(found, effect, "{kind}");
    }
}

#[tokio::test]
async fn an_injected_error_is_the_one_that_the_sdk_reads() {
    let aws = Aws::start().await;
    let function = aws.function().await;
    aws.role(&aws.theirs, "target", &trusting(aws.our_account)).await;
    let effect = json!({"kind": "error", "status": 400, "code": "Throttling", "message": "Rate exceeded"});
    let fault = json!({"action": "AssumeRole", "resource": "role/target", "times": 2, "effect": effect});
    aws.control("POST", "/_guard/faults", fault).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(code(function.assume_role().role_arn(aws.role_arn("target"))).await);
    }
    assert_eq!(codes, ["Throttling", "Throttling", "allowed"]);
}

#[tokio::test]
async fn a_tampered_secret_is_refused_through_the_guard() {
    let aws = Aws::start().await;
    aws.role(&aws.ours, "function", &trusting(aws.our_account)).await;
    let root = aws.sts(Credentials::new(aws.our_account, standins::ROOT_SECRET, None, None, "test")).await;
    let arn = format!("arn:aws:iam::{}:role/function", aws.our_account);
    let session = root.assume_role().role_arn(arn).role_session_name("function").send().await.unwrap();
    let made = session.credentials().unwrap();
    let token = Some(made.session_token().to_owned());
    let wrong = aws.sts(Credentials::new(made.access_key_id(), "wrong", token, None, "test")).await;
    let failure = wrong.get_caller_identity().send().await.unwrap_err();
    assert_eq!(failure.code(), Some("SignatureDoesNotMatch"));
    let right = aws.sts(credentials(&session)).await.get_caller_identity().send().await.unwrap();
    assert_eq!(right.account(), Some(aws.our_account));
}

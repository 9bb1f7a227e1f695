//! The sign-in page: from credentials to a page of the console.

use aws_sdk_sts::config::Credentials;
use http::{Request, Response};
use hyper::body::Bytes;
use local::http::Client;
use local::standins;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::aws::{Aws, credentials};

const CONSOLE: &str = "https://console.aws.amazon.com/";

async fn send(aws: &Aws, method: &str, fields: &[(&str, &str)]) -> anyhow::Result<Response<Bytes>> {
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = if method == "POST" {
        Request::post("/federation")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))?
    } else {
        Request::builder().method(method).uri(format!("/federation?{form}")).body(Bytes::new())?
    };
    Client::default().send(&aws.endpoint, request).await
}

fn session(made: &Credentials) -> String {
    json!({
        "sessionId": made.access_key_id(),
        "sessionKey": made.secret_access_key(),
        "sessionToken": made.session_token(),
    })
    .to_string()
}

fn text(answer: &Response<Bytes>) -> String {
    String::from_utf8(answer.body().to_vec()).unwrap()
}

async fn token(aws: &Aws, method: &str, made: &Credentials) -> String {
    let answer =
        send(aws, method, &[("Action", "getSigninToken"), ("Session", &session(made))]).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", text(&answer));
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    answer["SigninToken"].as_str().unwrap().to_owned()
}

/// The status and the text of the answer to a request for a token.
async fn refusal(aws: &Aws, more: &[(&str, &str)], session: &str) -> (u16, String) {
    let fields = [&[("Action", "getSigninToken"), ("Session", session)], more].concat();
    let answer = send(aws, "POST", &fields).await.unwrap();
    (answer.status().as_u16(), text(&answer))
}

#[tokio::test]
async fn a_chained_session_opens_a_page_that_names_account_role_and_person() {
    let aws = Aws::start().await;
    let function = aws.console_role("read-only", &["s3:ListAllMyBuckets"]).await;
    let ada = aws.person(&function, "read-only", "ada@example.com").await;
    for method in ["GET", "POST"] {
        let token = token(&aws, method, &ada).await;
        let login = [
            ("Action", "login"),
            ("Issuer", "https://drawbridge.example.com/"),
            ("Destination", CONSOLE),
            ("SigninToken", &token),
        ];
        let page = send(&aws, "GET", &login).await.unwrap();
        assert_eq!(page.status(), 200);
        let page = text(&page);
        for named in [aws.their_account, "read-only", "ada@example.com", CONSOLE, "drawbridge.example.com"] {
            assert!(page.contains(named), "{named} in {page}");
        }
    }
    let log = aws.control("GET", "/_guard/calls?service=signin", Value::Null).await;
    let actions: Vec<_> = log["calls"].as_array().unwrap().iter().map(|call| &call["action"]).collect();
    assert_eq!(actions, ["getSigninToken", "login", "getSigninToken", "login"]);
    let arn = format!("arn:aws:sts::{}:assumed-role/read-only/ada@example.com", aws.their_account);
    for call in log["calls"].as_array().unwrap() {
        assert_eq!((&call["principal"]["arn"], &call["status"]), (&json!(arn), &json!(200)));
    }
    let log = log.to_string();
    for secret in [ada.secret_access_key(), ada.session_token().unwrap()] {
        assert!(!log.contains(secret));
    }
}

#[tokio::test]
async fn a_session_duration_is_refused_after_a_chain_alone() {
    let aws = Aws::start().await;
    let function = aws.console_role("target", &["s3:ListAllMyBuckets"]).await;
    let chained = aws.person(&function, "target", "ada@example.com").await;
    let root = Credentials::new(aws.our_account, standins::ROOT_SECRET, None, None, "test");
    let direct = aws.person(&aws.sts(root).await, "target", "ada@example.com").await;
    let duration = [("SessionDuration", "3600")];
    let (status, message) = refusal(&aws, &duration, &session(&chained)).await;
    assert_eq!(status, 400);
    assert!(message.contains("SessionDuration"), "{message}");
    assert_eq!(refusal(&aws, &duration, &session(&direct)).await.0, 200);
    assert_eq!(refusal(&aws, &[], &session(&chained)).await.0, 200);
}

#[tokio::test]
async fn only_live_credentials_of_a_role_become_a_token() {
    let aws = Aws::start().await;
    let function = aws.console_role("target", &["s3:ListAllMyBuckets"]).await;
    let made = function.assume_role().role_arn(aws.role_arn("target")).role_session_name("ada@example.com");
    let made = credentials(&made.send().await.unwrap());
    let with = |id: &str, key: &str, token: &str| {
        json!({"sessionId": id, "sessionKey": key, "sessionToken": token}).to_string()
    };
    let (id, key, token) = (made.access_key_id(), made.secret_access_key(), made.session_token().unwrap());
    for session in [
        with(id, "wrong", token),
        with(id, key, "wrong"),
        with("ASIAUNKNOWNUNKNOWN00", key, token),
        with(aws.our_account, standins::ROOT_SECRET, ""),
        json!({"sessionId": id, "sessionKey": key}).to_string(),
    ] {
        let (status, message) = refusal(&aws, &[], &session).await;
        assert_eq!(status, 400, "{message}");
        assert!(!message.contains(key) && !message.contains(token), "{message}");
    }
    assert_eq!(refusal(&aws, &[], &with(id, key, token)).await.0, 200);
}

#[tokio::test]
async fn a_login_goes_to_the_console_with_a_known_token() {
    let aws = Aws::start().await;
    let function = aws.console_role("target", &["s3:ListAllMyBuckets"]).await;
    let ada = aws.person(&function, "target", "ada@example.com").await;
    let token = token(&aws, "POST", &ada).await;
    for (destination, token, status) in [
        (CONSOLE, token.as_str(), 200),
        ("https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1", &token, 200),
        ("https://console.amazonaws-us-gov.com/", &token, 400),
        ("https://example.com/", &token, 400),
        (CONSOLE, "another", 400),
    ] {
        let login = [("Action", "login"), ("Destination", destination), ("SigninToken", token)];
        assert_eq!(send(&aws, "GET", &login).await.unwrap().status(), status, "{destination}");
    }
}

#[tokio::test]
async fn the_sign_in_page_fails_on_demand() {
    let aws = Aws::start().await;
    let function = aws.console_role("target", &["s3:ListAllMyBuckets"]).await;
    let ada = aws.person(&function, "target", "ada@example.com").await;
    let fault = |effect: Value| json!({"service": "signin", "action": "getSigninToken", "effect": effect});
    for status in [400, 503] {
        let effect = json!({"kind": "error", "status": status, "code": "Broken", "message": "on demand"});
        aws.control("POST", "/_guard/faults", fault(effect)).await;
        let (answered, message) = refusal(&aws, &[], &session(&ada)).await;
        assert_eq!(answered, status);
        assert!(message.contains("on demand"), "{message}");
    }
    for effect in
        [json!({"kind": "reset"}), json!({"kind": "silence", "milliseconds": 20}), json!({"kind": "lost"})]
    {
        aws.control("POST", "/_guard/faults", fault(effect)).await;
        let form = session(&ada);
        send(&aws, "POST", &[("Action", "getSigninToken"), ("Session", &form)]).await.unwrap_err();
    }
    assert_eq!(refusal(&aws, &[], &session(&ada)).await.0, 200);
}

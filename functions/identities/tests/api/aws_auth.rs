//! Logins with an AWS identity: whatever is wrong with a signed request, it does not open, and nothing foreign is asked.

use crate::house::signed::{Client, Signer, login};
use crate::house::{House, keys, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::{later, now};

const LOGIN: &str = "/api/v1/auth/aws-auth/login";
const APP: &str = "arn:aws:sts::123456789012:assumed-role/App/session";

fn configuration(identity: &str) -> String {
    format!("/api/v1/auth/aws-auth/identities/{identity}")
}

/// An identity that the role `App` may log in as.
async fn app(house: &House) -> String {
    let id = house.identity("member").await;
    let body = json!({ "allowedPrincipalArns": "arn:aws:iam::123456789012:role/App", "identityId": id });
    house.done("POST", &configuration(&id), &body).await;
    house.sts.knows(APP);
    id
}

#[tokio::test]
async fn the_three_clients_log_in_and_their_request_reaches_sts_as_it_was_signed() {
    let house = House::new().await;
    let id = app(&house).await;
    for (seconds, client) in [Client::Python, Client::Node, Client::Go].into_iter().enumerate() {
        let at = later(seconds.try_into().unwrap());
        let signer = Signer { client, token: Some("session-token"), ..Signer::default() };
        let (status, answer) = house.open(LOGIN, &signer.login(&id, at), at).await;
        assert_eq!(status, 200, "{client:?}: {answer}");
        assert_eq!(keys(&answer), ["accessToken", "accessTokenMaxTTL", "expiresIn", "tokenType"]);
        let claims = house.key.verify(&text(&answer["accessToken"]), house.organization, at).unwrap();
        let aws = claims.identity_auth.unwrap().aws.unwrap();
        assert_eq!(
            (aws.arn.as_str(), aws.resource_type.as_str(), aws.resource_name.as_str()),
            (APP, "assumed-role", "App")
        );

        let request = house.sts.requests().pop().unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let lines: Vec<String> = head.lines().map(str::to_ascii_lowercase).collect();
        assert_eq!(lines[0], "post / http/1.1");
        assert_eq!(body, "Action=GetCallerIdentity&Version=2011-06-15");
        let count = |name: &str| lines.iter().filter(|line| line.starts_with(&format!("{name}:"))).count();
        for (name, times) in [
            ("host", 1),
            ("content-length", 1),
            ("content-type", 1),
            ("accept", 1),
            ("authorization", 1),
            ("x-amz-date", 1),
            ("transfer-encoding", 0),
        ] {
            assert_eq!(count(name), times, "{client:?} {name}: {head}");
        }
        for line in [
            "host: sts.us-east-1.amazonaws.com",
            "content-length: 43",
            "accept: application/json",
            "x-amz-security-token: session-token",
        ] {
            assert!(lines.iter().any(|sent| sent == line), "{client:?} {line}: {head}");
        }
    }
}

#[tokio::test]
async fn a_captured_request_opens_once() {
    let house = House::new().await;
    let (id, other) = (app(&house).await, app(&house).await);
    let captured = Signer::default().login(&id, now());
    assert_eq!(house.open(LOGIN, &captured, now()).await.0, 200);
    let mut for_another = captured.clone();
    for_another["identityId"] = json!(other);
    for (what, body) in [("again", captured), ("for another identity", for_another)] {
        let (status, answer) = house.open(LOGIN, &body, later(1)).await;
        assert_eq!((status, answer["error"].as_str()), (401, Some("UnauthorizedError")), "{what}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains("used before"), "{answer}");
    }
    let fresh = Signer::default().login(&id, later(2));
    assert_eq!(house.open(LOGIN, &fresh, later(2)).await.0, 200, "a new signature opens");
}

#[tokio::test]
async fn of_two_that_send_one_request_at_once_one_gets_in() {
    let house = House::new().await;
    let id = app(&house).await;
    let body = Signer::default().login(&id, now());
    let (first, second) = tokio::join!(house.open(LOGIN, &body, now()), house.open(LOGIN, &body, now()));
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "{} {}", first.1, second.1);
}

#[tokio::test]
async fn a_request_that_is_not_the_fixed_one_never_reaches_sts() {
    let house = House::new().await;
    let id = app(&house).await;
    let headers = |name: &str, value: &str| {
        let mut headers = Signer::default().headers(now());
        headers.insert(name.to_owned(), json!(value));
        login(&id, &Value::Object(headers))
    };
    let with = |field: &str, value: Value| {
        let mut body = Signer::default().login(&id, now());
        body[field] = value;
        body
    };
    let encoded = |text: &str| json!(STANDARD.encode(text));
    for (what, body, status) in [
        ("GET", with("iamHttpRequestMethod", json!("GET")), 400),
        ("another action", with("iamRequestBody", encoded("Action=GetSessionToken&Version=2011-06-15")), 400),
        (
            "more in the body",
            with("iamRequestBody", encoded("Action=GetCallerIdentity&Version=2011-06-15&X=1")),
            400,
        ),
        ("body not base64", with("iamRequestBody", json!("%%%")), 400),
        ("headers not base64", with("iamRequestHeaders", json!("%%%")), 400),
        ("headers not JSON", with("iamRequestHeaders", encoded("Host: x")), 400),
        ("headers no object", with("iamRequestHeaders", encoded("[]")), 400),
        ("foreign host", headers("Host", "evil.example"), 400),
        ("host with user", headers("Host", "sts.us-east-1.amazonaws.com@evil.example"), 400),
        ("host with port", headers("Host", "sts.us-east-1.amazonaws.com:8080"), 400),
        ("host with path", headers("Host", "sts.us-east-1.amazonaws.com/x"), 400),
        ("host of another region", headers("Host", "sts.eu-west-1.amazonaws.com"), 400),
        ("host twice", headers("host", "evil.example"), 400),
        ("a header too much", headers("X-Forwarded-For", "127.0.0.1"), 400),
        ("a line break", headers("X-Amz-Security-Token", "a\r\nX-Evil: 1"), 400),
        (
            "signed long ago",
            Signer::default().login(&id, now().minus(std::time::Duration::from_secs(302))),
            401,
        ),
        ("signed in the future", Signer::default().login(&id, later(302)), 401),
        ("no headers at all", with("iamRequestHeaders", encoded("{}")), 400),
        ("headers missing", with("iamRequestHeaders", Value::Null), 422),
    ] {
        let (answered, answer) = house.open(LOGIN, &body, now()).await;
        assert_eq!(answered, status, "{what}: {answer}");
    }
    assert_eq!(house.sts.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn what_sts_refuses_is_unauthorized_and_what_it_cannot_answer_is_unavailable() {
    let house = House::new().await;
    let id = app(&house).await;
    let refusal = r#"{"Error":{"Code":"SignatureDoesNotMatch","Message":"The request signature we calculated does not match","Type":"Sender"}}"#;
    for (seconds, status, body, expected, says) in [
        (0, 403, refusal, 401, "SignatureDoesNotMatch"),
        (1, 400, "<html>", 401, "did not accept"),
        (2, 200, "<html>", 401, "named no principal"),
        (3, 200, "{}", 401, "named no principal"),
        (4, 302, "", 401, "did not accept"),
        (5, 500, "", 503, "try again"),
        (6, 503, "", 503, "try again"),
        (7, 429, "", 503, "try again"),
    ] {
        house.sts.answers(status, body);
        let (answered, answer) =
            house.open(LOGIN, &Signer::default().login(&id, later(seconds)), later(seconds)).await;
        assert_eq!(answered, expected, "{status} {body}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains(says), "{answer}");
    }
    house.sts.knows(APP);
    let again = Signer::default().login(&id, later(5));
    assert_eq!(
        house.open(LOGIN, &again, later(6)).await.0,
        200,
        "a request that did not open is not used up"
    );
}

#[tokio::test]
async fn only_those_who_are_allowed_get_in() {
    let house = House::new().await;
    let id = app(&house).await;
    for (seconds, arn, status) in [
        (0, "arn:aws:sts::123456789012:assumed-role/App/other-session", 200),
        (1, "arn:aws:sts::123456789012:assumed-role/App2/s", 401),
        (2, "arn:aws:sts::210987654321:assumed-role/App/s", 401),
        (3, "arn:aws:iam::123456789012:user/App", 401),
        (4, "arn:aws:iam::123456789012:root", 401),
        (5, "arn:aws-cn:sts::123456789012:assumed-role/App/s", 401),
    ] {
        house.sts.knows(arn);
        let (answered, answer) =
            house.open(LOGIN, &Signer::default().login(&id, later(seconds)), later(seconds)).await;
        assert_eq!(answered, status, "{arn}: {answer}");
        if status == 401 {
            assert!(answer["message"].as_str().unwrap().contains(arn), "{answer}");
        }
    }
    let accounts = json!({ "allowedPrincipalArns": "", "allowedAccountIds": "210987654321, 123456789012" });
    house.done("PATCH", &configuration(&id), &accounts).await;
    house.sts.knows("arn:aws:iam::123456789012:user/division/bob");
    assert_eq!(house.open(LOGIN, &Signer::default().login(&id, later(6)), later(6)).await.0, 200);
    house.sts.knows("arn:aws:iam::111111111111:user/bob");
    assert_eq!(house.open(LOGIN, &Signer::default().login(&id, later(7)), later(7)).await.0, 401);
}

#[tokio::test]
async fn a_stranger_cannot_tell_an_unknown_identity_from_one_without_the_method() {
    let house = House::new().await;
    let without = house.identity("member").await;
    let mut bodies = Vec::new();
    for id in
        [without.as_str(), "0b0c8a26-3c7b-4e19-a5d2-8b6f1c9e7034", "nobody", &house.organization.to_string()]
    {
        let (status, mut answer) = house.open(LOGIN, &Signer::default().login(id, now()), now()).await;
        assert_eq!(status, 404, "{id}: {answer}");
        answer["reqId"] = Value::Null;
        bodies.push(answer);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
}

#[tokio::test]
async fn the_built_in_administrator_logs_in_with_the_organisations_id_and_cannot_be_changed() {
    let house = House::with_administrators("arn:aws:iam::123456789012:role/App").await;
    house.sts.knows(APP);
    let id = house.organization.to_string();
    let (status, answer) = house.open(LOGIN, &Signer::default().login(&id, now()), now()).await;
    assert_eq!(status, 200, "{answer}");
    let shown = house.done("GET", &format!("/api/v1/identities/{id}"), &json!({})).await;
    assert_eq!(
        (&shown["identity"]["role"], &shown["identity"]["identity"]["name"]),
        (&json!("admin"), &json!("administrator"))
    );
    let auth = house.done("GET", &configuration(&id), &json!({})).await;
    assert_eq!(auth["identityAwsAuth"]["allowedPrincipalArns"], "arn:aws:iam::123456789012:role/App");
    for (method, path) in [
        ("PATCH", format!("/api/v1/identities/{id}")),
        ("DELETE", format!("/api/v1/identities/{id}")),
        ("POST", format!("/api/v1/auth/universal-auth/identities/{id}")),
        ("POST", configuration(&id)),
        ("PATCH", configuration(&id)),
        ("DELETE", configuration(&id)),
    ] {
        let (status, answer) =
            house.admin(method, &path, &json!({ "allowedAccountIds": "123456789012" })).await;
        assert_eq!(status, 400, "{method} {path}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains("AdminPrincipalArns"), "{answer}");
    }
    house.sts.knows("arn:aws:sts::123456789012:assumed-role/Other/s");
    assert_eq!(house.open(LOGIN, &Signer::default().login(&id, later(1)), later(1)).await.0, 401);
}

/// Who takes a principal off the list means it: tokens live for thirty days by default.
#[tokio::test]
async fn a_principal_that_is_taken_off_the_list_has_no_token_any_more() {
    let house = House::new().await;
    let id = app(&house).await;
    house.done("PATCH", &configuration(&id), &json!({ "accessTokenTTL": 60 })).await;
    let (_, answer) = house.open(LOGIN, &Signer::default().login(&id, now()), now()).await;
    let token = json!({ "accessToken": answer["accessToken"] });
    let renewed = async || house.open("/api/v1/auth/token/renew", &token, now()).await.0;
    for (change, status) in [
        (json!({ "allowedAccountIds": "123456789012" }), 200),
        (json!({ "allowedPrincipalArns": "arn:aws:iam::123456789012:role/Other" }), 401),
        (json!({ "allowedPrincipalArns": "" }), 200),
        (json!({ "allowedAccountIds": "210987654321" }), 401),
    ] {
        house.done("PATCH", &configuration(&id), &change).await;
        assert_eq!(renewed().await, status, "{change}");
    }
}

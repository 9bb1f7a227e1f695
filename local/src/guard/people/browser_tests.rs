#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use hyper::body::Bytes;
use serde_json::Value;

use super::People;

/// Of <https://www.rfc-editor.org/rfc/rfc7636#appendix-B>.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PAGE: &str = "http://127.0.0.1:8787/recordings/1";

fn people() -> People {
    People::new("http://127.0.0.1:4566/_guard/oidc".to_owned()).unwrap()
}

fn authorize(people: &People, more: &[(&str, &str)]) -> Response<Bytes> {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "drawbridge"),
        ("redirect_uri", PAGE),
        ("scope", "openid email"),
        ("state", "a state & more"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("login_hint", "ada@example.com"),
        ("nonce", "once"),
    ];
    for (name, value) in more {
        fields.retain(|(field, _)| field != name);
        fields.push((name, value));
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::get(format!("/_guard/oidc/authorize?{query}")).body(Bytes::new()).unwrap();
    people.for_browsers("authorize", &request).unwrap()
}

fn back(answer: &Response<Bytes>) -> std::collections::BTreeMap<String, String> {
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(PAGE), "{location}");
    url::Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

fn exchange(people: &People, code: &str, verifier: &str, redirect_uri: &str) -> (u16, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("client_id", "drawbridge")
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("code_verifier", verifier)
        .finish();
    let request = Request::post("/_guard/oidc/token")
        .header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")
        .header("origin", "http://127.0.0.1:8787");
    let answer = people.for_browsers("token", &request.body(Bytes::from(body)).unwrap()).unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

#[test]
fn a_code_is_exchanged_once_by_who_knows_its_verifier() {
    let people = people();
    let answered = back(&authorize(&people, &[]));
    assert_eq!(answered["state"], "a state & more");
    let (status, tokens) = exchange(&people, &answered["code"], VERIFIER, PAGE);
    assert_eq!(status, 200, "{tokens}");
    let claims = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["email"], "ada@example.com");
    assert_eq!((&claims["aud"], &claims["nonce"]), (&"drawbridge".into(), &"once".into()));
    let (status, again) = exchange(&people, &answered["code"], VERIFIER, PAGE);
    assert_eq!((status, &again["error"]), (400, &"invalid_grant".into()));
}

#[test]
fn another_verifier_or_address_gets_nothing_and_uses_the_code_up() {
    let people = people();
    for (verifier, address) in [
        ("aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", PAGE),
        ("", PAGE),
        (VERIFIER, "http://127.0.0.1:8787/elsewhere"),
    ] {
        let code = back(&authorize(&people, &[]))["code"].clone();
        assert_eq!(exchange(&people, &code, verifier, address).1["error"], "invalid_grant");
        assert_eq!(exchange(&people, &code, VERIFIER, PAGE).0, 400, "it was tried");
    }
}

#[test]
fn what_is_wrong_goes_back_to_the_page_unless_the_page_is_a_stranger() {
    let people = people();
    for (field, value, error) in [
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "email", "invalid_scope"),
    ] {
        assert_eq!(back(&authorize(&people, &[(field, value)]))["error"], error);
    }
    for redirect in ["https://elsewhere.example.com/", "http://127.0.0.1.example.com/", "javascript:alert(1)"]
    {
        let answer = authorize(&people, &[("redirect_uri", redirect)]);
        assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (400, None), "{redirect}");
    }
}

#[test]
fn without_a_hint_a_person_is_asked_and_nothing_of_the_request_is_lost() {
    let answer = authorize(&people(), &[("login_hint", ""), ("state", "\"><script>")]);
    let page = String::from_utf8(answer.body().to_vec()).unwrap();
    assert!(page.contains(r#"name="state" value="&quot;&gt;&lt;script&gt;""#), "{page}");
    assert!(page.contains(r#"name="code_challenge""#) && !page.contains("<script>"), "{page}");
}

#[test]
fn a_page_gets_no_token_without_a_person() {
    let body = Bytes::from_static(b"{\"email\":\"ada@example.com\"}");
    let request = Request::post("/_guard/oidc/token").header("content-type", "application/json");
    assert!(people().for_browsers("token", &request.body(body).unwrap()).is_none());
}

use proptest::prelude::*;
use serde_json::json;

use super::*;

const SIGNATURE: &str = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().expect("a valid time")
}

fn endpoint(text: &str) -> StsEndpoint {
    text.parse().expect(text)
}

fn anywhere() -> StsEndpoint {
    endpoint("https://sts.amazonaws.com/")
}

fn authorization(region: &str, signed_headers: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/{region}/sts/aws4_request, SignedHeaders={signed_headers}, Signature={SIGNATURE}"
    )
}

/// What botocore's signer leaves in the header object: the content length is signed, and removed.
fn python() -> Value {
    json!({
        "Host": "sts.eu-west-1.amazonaws.com",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "X-Amz-Date": "20260102T030400Z",
        "X-Amz-Security-Token": "token",
        "Authorization": authorization("eu-west-1", "content-length;content-type;host;x-amz-date;x-amz-security-token"),
    })
}

fn node() -> Value {
    json!({
        "Content-Type": "application/x-www-form-urlencoded",
        "Host": "sts.eu-west-1.amazonaws.com",
        "Content-Length": "43",
        "x-amz-date": "20260102T030400Z",
        "x-amz-security-token": "token",
        "x-amz-content-sha256": "ab821ae955788b0e33ebd34c208442ccfc2d406e2edc5e7a39bd6458fbb4f843",
        "Authorization": authorization(
            "eu-west-1",
            "content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
        ),
    })
}

/// Go adds the content type and length after signing.
fn go() -> Value {
    json!({
        "X-Amz-Date": "20260102T030400Z",
        "X-Amz-Security-Token": "token",
        "Host": "sts.eu-west-1.amazonaws.com",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Content-Length": "43",
        "Authorization": authorization("eu-west-1", "content-length;host;x-amz-date;x-amz-security-token"),
    })
}

fn check(headers: &Value) -> Result<SignedRequest, SignedRequestFault> {
    SignedRequest::check("POST", BODY.as_bytes(), headers, &anywhere(), now())
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut headers = python();
    headers[name] = value.into();
    headers
}

fn without(name: &str) -> Value {
    let mut headers = python();
    headers.as_object_mut().expect("an object").remove(name);
    headers
}

#[test]
fn the_requests_of_the_three_clients_are_sent_to_sts_in_their_region() {
    for (client, headers) in [("python", python()), ("node", node()), ("go", go())] {
        let request = check(&headers).expect(client);
        assert_eq!(request.url, "https://sts.eu-west-1.amazonaws.com/", "{client}");
        assert_eq!(request.signature, SIGNATURE);
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
        assert!(names.contains(&"x-amz-security-token") && !names.contains(&"content-length"), "{client}");
    }
}

#[test]
fn the_host_follows_from_the_region_in_every_partition() {
    for (region, host) in [
        ("us-east-1", "sts.us-east-1.amazonaws.com"),
        ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"),
    ] {
        let mut headers = python();
        headers["Host"] = host.into();
        headers["Authorization"] =
            authorization(region, "content-length;content-type;host;x-amz-date;x-amz-security-token").into();
        assert_eq!(check(&headers).expect(region).url, format!("https://{host}/"));
    }
}

#[test]
fn a_foreign_host_is_refused_however_it_is_dressed() {
    for host in [
        "evil.example",
        "sts.amazonaws.com",
        "sts.us-east-1.amazonaws.com",
        "sts.eu-west-1.amazonaws.com:443",
        "sts.eu-west-1.amazonaws.com@evil.example",
        "evil.example/sts.eu-west-1.amazonaws.com",
        "sts.eu-west-1.amazonaws.com/",
        "sts.eu-west-1.amazonaws.com.",
        "STS.eu-west-1.amazonaws.com",
        "sts.eu-west-1.amazonaws.com.evil.example",
        "user@sts.eu-west-1.amazonaws.com",
        "sts.eu-west-1.amazonaws.com#",
        "127.0.0.1",
    ] {
        assert!(matches!(check(&with("Host", host)), Err(SignedRequestFault::Host { .. })), "{host}");
    }
}

#[test]
fn a_configured_endpoint_holds_the_caller_to_its_region() {
    let vpce = "vpce-0a1b-2c3d.sts.eu-west-1.vpce.amazonaws.com";
    let to = |text: &str| SignedRequest::check("POST", BODY.as_bytes(), &python(), &endpoint(text), now());
    assert_eq!(to(&format!("https://{vpce}")).expect("the region fits").url, format!("https://{vpce}/"));
    assert_eq!(
        to("https://sts-fips.us-east-1.amazonaws.com").map(|_| ()),
        Err(SignedRequestFault::EndpointRegion {
            signed: "eu-west-1".parse().expect("a region"),
            configured: "us-east-1".parse().expect("a region")
        })
    );
    assert!(to("https://sts.eu-west-1.amazonaws.com").is_ok());
    let mut signed_for_it = python();
    signed_for_it["Host"] = vpce.into();
    let at_it = SignedRequest::check(
        "POST",
        BODY.as_bytes(),
        &signed_for_it,
        &endpoint(&format!("https://{vpce}")),
        now(),
    );
    assert_eq!(at_it.expect("its own host").url, format!("https://{vpce}/"));
    assert!(matches!(check(&signed_for_it), Err(SignedRequestFault::Host { .. })));
}

#[test]
fn the_method_and_the_body_are_fixed() {
    let post = |method: &str, body: &str| {
        SignedRequest::check(method, body.as_bytes(), &python(), &anywhere(), now()).map(|_| ())
    };
    for method in ["GET", "post", "PUT", ""] {
        assert_eq!(post(method, BODY), Err(SignedRequestFault::Method), "{method}");
    }
    for body in [
        "",
        "Action=GetSessionToken&Version=2011-06-15",
        "Action=GetCallerIdentity&Version=2011-06-15&X=1",
        "Version=2011-06-15&Action=GetCallerIdentity",
    ] {
        assert_eq!(post("POST", body), Err(SignedRequestFault::Body), "{body}");
    }
}

#[test]
fn a_signature_is_good_for_five_minutes_either_way() {
    for (date, expected) in [
        ("20260102T025905Z", Ok(())),
        ("20260102T025904Z", Err(SignedRequestFault::Stale)),
        ("20260102T030905Z", Ok(())),
        ("20260102T030906Z", Err(SignedRequestFault::Future)),
        ("20260103T030400Z", Err(SignedRequestFault::Authorization)),
        ("20260102T0304Z", Err(SignedRequestFault::Value("x-amz-date"))),
        ("20260102T996400Z", Err(SignedRequestFault::Value("x-amz-date"))),
        ("Fri, 02 Jan 2026 03:04:00 GMT", Err(SignedRequestFault::Value("x-amz-date"))),
    ] {
        assert_eq!(check(&with("X-Amz-Date", date)).map(|_| ()), expected, "{date}");
    }
}

#[test]
fn a_header_too_much_too_few_or_twice_is_refused() {
    use SignedRequestFault::{Forbidden, Headers, Missing, Repeated, SignedButAbsent, Unsigned, Value};
    for (what, headers, fault) in [
        (
            "foreign header",
            with("X-Forwarded-Host", "evil.example"),
            Forbidden("X-Forwarded-Host".to_owned()),
        ),
        (
            "transfer encoding",
            with("Transfer-Encoding", "chunked"),
            Forbidden("Transfer-Encoding".to_owned()),
        ),
        ("accept", with("Accept", "text/html"), Forbidden("Accept".to_owned())),
        ("in two cases", with("host", "evil.example"), Repeated("host")),
        ("no host", without("Host"), SignedButAbsent("host".to_owned())),
        ("no date", without("X-Amz-Date"), SignedButAbsent("x-amz-date".to_owned())),
        ("no authorization", without("Authorization"), Missing("authorization")),
        (
            "no signed token",
            without("X-Amz-Security-Token"),
            SignedButAbsent("x-amz-security-token".to_owned()),
        ),
        (
            "an unsigned x-amz header",
            with("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            Unsigned("x-amz-content-sha256"),
        ),
        ("another length", with("Content-Length", "44"), Value("content-length")),
        ("another type", with("Content-Type", "application/json"), Value("content-type")),
        ("a line break", with("X-Amz-Security-Token", "a\r\nX-Evil: 1"), Value("x-amz-security-token")),
        ("an empty value", with("X-Amz-Security-Token", ""), Value("x-amz-security-token")),
        ("no text", with("Host", serde_json::json!(["a"])), Headers),
        ("no object", serde_json::json!([]), Headers),
    ] {
        assert_eq!(check(&headers).map(|_| ()), Err(fault), "{what}");
    }
}

#[test]
fn an_authorization_of_another_kind_is_refused() {
    let headers = "content-length;content-type;host;x-amz-date;x-amz-security-token";
    let good = authorization("eu-west-1", headers);
    for (what, text) in [
        ("another algorithm", good.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
        ("another service", good.replace("/sts/", "/s3/")),
        ("another ending", good.replace("aws4_request", "aws4_requests")),
        ("a slash too many", good.replace("/sts/", "/sts/x/")),
        ("upper-case signature", good.replace(SIGNATURE, &SIGNATURE.to_uppercase())),
        ("short signature", good.replace(SIGNATURE, &SIGNATURE[..62])),
        ("two signatures", format!("{good}, Signature={SIGNATURE}")),
        (
            "unsorted headers",
            good.replace(headers, "host;content-length;content-type;x-amz-date;x-amz-security-token"),
        ),
        (
            "headers twice",
            good.replace(headers, "content-length;content-type;host;host;x-amz-date;x-amz-security-token"),
        ),
        ("unknown part", format!("{good}, Evil=1")),
        ("no signature", good.replace("Signature=", "Sig=")),
    ] {
        assert_eq!(
            check(&with("Authorization", text)).map(|_| ()),
            Err(SignedRequestFault::Authorization),
            "{what}"
        );
    }
    for region in ["evil.example", "eu-west-1.evil", "..", "", "us-esat-1", "eu-west-1#"] {
        assert_eq!(
            check(&with("Authorization", authorization(region, headers))).map(|_| ()),
            Err(SignedRequestFault::Region),
            "{region}"
        );
    }
    let unsigned_host = authorization("eu-west-1", "content-type;x-amz-date;x-amz-security-token");
    assert_eq!(
        check(&with("Authorization", unsigned_host)).map(|_| ()),
        Err(SignedRequestFault::Unsigned("host"))
    );
}

#[test]
fn neither_signature_nor_session_token_is_printed() {
    let mut headers = python();
    headers["X-Amz-Security-Token"] = "canary-token".into();
    let printed = format!("{:?}", check(&headers).expect("valid"));
    assert!(!printed.contains("canary-token") && !printed.contains(SIGNATURE), "{printed}");
}

proptest! {
    #[test]
    fn whatever_the_caller_sends_the_request_goes_to_sts_of_aws(
        host in "[a-z0-9.:@/#?-]{0,40}|sts\\.[a-z]{2}-(west|east)-[0-9]\\.amazonaws\\.com[.:/@a-z]{0,6}",
        region in "[a-z0-9./#@-]{0,20}|[a-z]{2}-(west|east)-[0-9]",
    ) {
        let mut headers = python();
        headers["Host"] = host.into();
        headers["Authorization"] = authorization(&region, "content-length;content-type;host;x-amz-date;x-amz-security-token").into();
        if let Ok(request) = check(&headers) {
            let url = Url::parse(&request.url).expect("a URL");
            prop_assert_eq!(url.as_str(), format!("https://sts.{region}.amazonaws.com/"));
        }
    }

    #[test]
    fn no_header_text_panics_the_parser(text in "\\PC{0,200}") {
        let _ = check(&with("Authorization", text.clone()));
        let _ = check(&with("X-Amz-Date", text));
    }
}

//! Signatures that AWS itself has published.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_lc_rs::hmac;
use model::Timestamp;

use crate::bucket::{Bucket, Style};
use crate::signing;
use crate::template::{Request, S3, Scheme, Template, Window};

fn bucket(endpoint: &str, name: &str, style: Style) -> Bucket {
    Bucket::behind(endpoint, name, &"us-east-1".parse().expect("a Region"), style).expect("an endpoint")
}

fn window(at: &str, seconds: u64) -> Window {
    Window { at: at.parse::<Timestamp>().expect("a time"), expires_in: Duration::from_secs(seconds) }
}

fn get(headers: &'static [(&'static str, &'static str)]) -> Request<'static> {
    Request { method: "GET", query: "", headers, has_length: false }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
#[test]
#[expect(clippy::disallowed_methods, reason = "the key of AWS's documentation, which opens nothing")]
fn the_presigned_url_of_the_documentation_of_s3() {
    let bucket = bucket("https://s3.amazonaws.com", "examplebucket", Style::VirtualHost);
    let key = Credentials::new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        None,
        None,
        "test",
    );
    let mut template =
        Template::new(&S3, &bucket, &key, window("2013-05-24T00:00:00.000Z", 86_400), &get(&[]))
            .expect("headers");
    assert_eq!(
        template.url("test.txt", None),
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
    assert_eq!(
        template.canonical(),
        "GET\n/test.txt\n\
         X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\n\
         host:examplebucket.s3.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD"
    );
}

/// The derivation of AWS's examples, and one signature made with it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
#[test]
fn the_signing_keys_of_the_documentation() {
    let key = signing::signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3");
    // The string to sign of the same page's presigned URL.
    let to_sign = "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n\
                   3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04";
    let expected = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert_eq!(signing::hex(hmac::sign(&key, to_sign.as_bytes()).as_ref()), expected);
}

type Headers = &'static [(&'static str, &'static str)];

/// The vectors of AWS's signing test suite that sign a query, as `aws-sigv4` carries them
/// (`aws-signing-test-suite/v4/<name>/query-signature.txt`): another service, and the hash of an empty body.
#[test]
#[expect(clippy::disallowed_methods, reason = "the key of AWS's test suite, which opens nothing")]
fn the_vectors_of_the_signing_test_suite() {
    const SUITE: Scheme = Scheme {
        service: "service",
        payload: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };
    const TOKEN: &str = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    const UNRESERVED: &str = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const TRIM: Headers = &[("my-header1", "value1"), ("my-header2", "\"a   b   c\"")];
    let vectors: [(&str, &'static str, &str, bool, Headers, &str); 12] = [
        (
            "get-vanilla",
            "GET",
            "",
            false,
            &[],
            "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d",
        ),
        (
            "get-vanilla-with-session-token",
            "GET",
            "",
            true,
            &[],
            "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c",
        ),
        (
            "get-unreserved",
            "GET",
            UNRESERVED,
            false,
            &[],
            "95968482db1b9e0fadef6efc1bd24689f77c77d9ef56919c96a28cc92e0d6005",
        ),
        (
            "get-utf8",
            "GET",
            "\u{1234}",
            false,
            &[],
            "10eae3f14a260bd3911cc6d008d3c576d143b05b62f09782a7a4b37f52178e44",
        ),
        (
            "get-space-unnormalized",
            "GET",
            "example space/",
            false,
            &[],
            "7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6",
        ),
        (
            "get-slash-pointless-dot-unnormalized",
            "GET",
            "./example",
            false,
            &[],
            "72b11f16d9530b18204bfb71f2d6ab085894c0ed8d352730a6e76234c58b5e10",
        ),
        (
            "get-slashes-unnormalized",
            "GET",
            "/example//",
            false,
            &[],
            "822a5a9ba28072c5ab2bb4a6307d0c88276d40e49fec6b724c03fb4d4ba60fc2",
        ),
        (
            "get-relative-unnormalized",
            "GET",
            "example/..",
            false,
            &[],
            "cbcb213b928a077e43275df47b500f1dfaa864ab3f5a18f6b95f4ff0938167ee",
        ),
        (
            "get-header-value-trim",
            "GET",
            "",
            false,
            TRIM,
            "e7bb0fd515e125e1aec2ecc4c0c17484fb06f6846b927c35e46005dd3df3acd4",
        ),
        (
            "post-vanilla",
            "POST",
            "",
            false,
            &[],
            "2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b",
        ),
        (
            "post-header-key-sort",
            "POST",
            "",
            false,
            &[("my-header1", "value1")],
            "c09d07e0d55871f10f2a6d350d994acf6825a3cae70673d7def55616e6119dd7",
        ),
        (
            "post-header-value-case",
            "POST",
            "",
            false,
            &[("my-header1", "VALUE1")],
            "0698bc9e4f7f9139065ba2909c0e99da257e8e2a42492a097bcd46d792391fed",
        ),
    ];
    for (name, method, key, token, headers, signature) in vectors {
        let bucket =
            Bucket { path: "/".to_owned(), ..bucket("https://example.amazonaws.com", "", Style::Path) };
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            token.then(|| TOKEN.to_owned()),
            None,
            "test",
        );
        let request = Request { method, query: "", headers, has_length: false };
        let window = window("2015-08-30T12:36:00.000Z", 3_600);
        let mut template = Template::new(&SUITE, &bucket, &credentials, window, &request).expect("headers");
        let url = template.url(key, None);
        let signed = format!("&X-Amz-Signature={signature}");
        assert!(url.contains(&signed), "{name}: {url}\n{}", template.canonical());
    }
}

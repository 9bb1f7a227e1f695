//! S3 as recordings use it: path style, presigned URLs, CORS, conditional writes, and who may.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use aws_sdk_sts::config::Credentials;
use http::{HeaderMap, Request, Response};
use hyper::body::Bytes;
use local::http::Client;
use local::standins;
use serde_json::{Value, json};

use crate::aws::{Aws, credentials, trusting};

const ORIGIN: &str = "https://drawbridge.example.com";
const RULE: &str = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader>\
    <AllowedOrigin>https://drawbridge.example.com</AllowedOrigin><MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule></CORSConfiguration>";

/// A bucket of theirs and its owner.
struct Bucket {
    name: String,
    owner: aws_sdk_s3::Client,
}

async fn s3(aws: &Aws, credentials: Credentials) -> aws_sdk_s3::Client {
    let config = aws.config(credentials).await;
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build())
}

async fn bucket(aws: &Aws) -> Bucket {
    let root = Credentials::new(aws.their_account, standins::ROOT_SECRET, None, None, "test");
    let owner = s3(aws, root).await;
    let name = format!("recordings-{}", aws.their_account);
    owner.create_bucket().bucket(&name).send().await.unwrap();
    Bucket { name, owner }
}

/// A session of a role of theirs that may do what a recording's documentation asks for, narrowed further by `session`.
async fn session(aws: &Aws, bucket: &str, session: Option<Value>) -> aws_sdk_s3::Client {
    aws.role(&aws.theirs, "recordings", &trusting(aws.our_account)).await;
    let objects = format!("arn:aws:s3:::{bucket}/pam/*");
    let allow = json!({ "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": objects });
    aws.policy(&aws.theirs, "recordings", "objects", &allow).await.unwrap();
    let function = aws.function().await;
    let call = function.assume_role().role_arn(aws.role_arn("recordings")).role_session_name("recorder");
    let policy = session.map(|statement| json!({ "Version": "2012-10-17", "Statement": [statement] }));
    let made = call.set_policy(policy.map(|policy| policy.to_string())).send().await.unwrap();
    s3(aws, credentials(&made)).await
}

fn for_seconds(seconds: u64) -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(seconds)).unwrap()
}

/// What whoever holds the URL gets: status and error code.
async fn sent(
    url: &str,
    method: &str,
    headers: &HeaderMap,
    body: &'static [u8],
) -> (u16, String, Response<Bytes>) {
    let url = url::Url::parse(url).unwrap();
    let origin = url.origin().ascii_serialization();
    let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let mut request = Request::builder().method(method).uri(path);
    request.headers_mut().unwrap().extend(headers.clone());
    let answer =
        Client::default().send(&origin, request.body(Bytes::from_static(body)).unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    (answer.status().as_u16(), code.map(|(code, _)| code.to_owned()).unwrap_or_default(), answer)
}

fn signed_headers(request: &PresignedRequest) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        let name: http::HeaderName = name.parse().unwrap();
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

async fn upload(client: &aws_sdk_s3::Client, bucket: &str, key: &str, once: bool) -> PresignedRequest {
    let put = client.put_object().bucket(bucket).key(key).content_type("application/octet-stream");
    let put = put.content_length(5).set_if_none_match(once.then(|| "*".to_owned()));
    put.presigned(for_seconds(300)).await.unwrap()
}

#[tokio::test]
async fn a_presigned_upload_is_taken_as_it_was_signed_and_in_no_other_way() {
    let aws = Aws::start().await;
    let Bucket { name, .. } = bucket(&aws).await;
    let client = session(&aws, &name, None).await;
    let put = upload(&client, &name, "pam/p/s/chunk-000000.json.enc", false).await;
    let headers = signed_headers(&put);
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert_eq!(sent(put.uri(), "PUT", &headers, b"chunk").await.0, 200);

    let refused = async |url: &str, headers: &HeaderMap, body| {
        let (status, code, _) = sent(url, "PUT", headers, body).await;
        (status, code)
    };
    let mismatch = (403, "SignatureDoesNotMatch".to_owned());
    let tampered = put.uri().replace("chunk-000000", "chunk-000001");
    assert_eq!(refused(&tampered, &headers, b"chunk").await, mismatch, "another key");
    let longer = put.uri().replace("X-Amz-Expires=300", "X-Amz-Expires=3000");
    assert_eq!(refused(&longer, &headers, b"chunk").await, mismatch, "a longer life");
    let mut text = headers.clone();
    text.insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(refused(put.uri(), &text, b"chunk").await, mismatch, "another content type");
    let mut long = headers.clone();
    long.insert("content-length", "6".parse().unwrap());
    assert_eq!(refused(put.uri(), &long, b"chunks").await, mismatch, "another length");
    assert_eq!(refused(put.uri(), &HeaderMap::new(), b"chunk").await.0, 403, "no headers at all");
    assert_eq!(sent(put.uri(), "GET", &HeaderMap::new(), b"").await.0, 403, "another method");
}

#[tokio::test]
async fn a_presigned_url_ends_with_its_time() {
    let aws = Aws::start().await;
    let Bucket { name, owner } = bucket(&aws).await;
    let key = "pam/p/s/chunk-000000.json.enc";
    let body = ByteStream::from_static(b"chunk");
    owner.put_object().bucket(&name).key(key).body(body).send().await.unwrap();
    let client = session(&aws, &name, None).await;
    let get = client.get_object().bucket(&name).key(key);
    let valid = get.clone().presigned(for_seconds(300)).await.unwrap();
    let (status, _, answer) = sent(valid.uri(), "GET", &HeaderMap::new(), b"").await;
    assert_eq!((status, answer.body().as_ref()), (200, b"chunk".as_ref()));

    let past = SystemTime::now() - Duration::from_secs(301);
    let over = PresigningConfig::builder().start_time(past).expires_in(Duration::from_secs(300));
    let over = get.presigned(over.build().unwrap()).await.unwrap();
    let (status, code, _) = sent(over.uri(), "GET", &HeaderMap::new(), b"").await;
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
}

#[tokio::test]
async fn an_upload_that_may_not_overwrite_does_not() {
    let aws = Aws::start().await;
    let Bucket { name, .. } = bucket(&aws).await;
    let client = session(&aws, &name, None).await;
    let key = "pam/p/s/chunk-000000.json.enc";
    let put = upload(&client, &name, key, true).await;
    let headers = signed_headers(&put);
    assert_eq!(headers["if-none-match"], "*");
    assert_eq!(sent(put.uri(), "PUT", &headers, b"chunk").await.0, 200);
    let (status, code, _) = sent(put.uri(), "PUT", &headers, b"other").await;
    assert_eq!((status, code.as_str()), (412, "PreconditionFailed"));
    let mut without = headers.clone();
    without.remove("if-none-match");
    assert_eq!(sent(put.uri(), "PUT", &without, b"other").await.0, 403, "the condition is signed");
    let again = upload(&client, &name, key, false).await;
    assert_eq!(sent(again.uri(), "PUT", &signed_headers(&again), b"other").await.0, 200);
}

#[tokio::test]
async fn an_object_says_its_size_and_the_checksum_that_came_with_it() {
    let aws = Aws::start().await;
    let Bucket { name, owner } = bucket(&aws).await;
    let put = owner.put_object().bucket(&name).key("pam/one").body(ByteStream::from_static(b"chunk"));
    put.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.unwrap();
    let client = session(&aws, &name, None).await;
    let head = client.head_object().bucket(&name).key("pam/one").checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.content_length(), Some(5));
    assert_eq!(head.checksum_sha256(), Some("bIf2g3GyiVRwfruSr+58z/t0xvceyP6oqYz2EEKJWFs="));

    // By a URL that is signed for the digest, and for no other.
    let put = client.put_object().bucket(&name).key("pam/two").content_length(5);
    let put = put.checksum_sha256("bIf2g3GyiVRwfruSr+58z/t0xvceyP6oqYz2EEKJWFs=");
    let put = put.presigned(for_seconds(300)).await.unwrap();
    let mut headers = signed_headers(&put);
    assert_eq!(headers["x-amz-checksum-sha256"], "bIf2g3GyiVRwfruSr+58z/t0xvceyP6oqYz2EEKJWFs=");
    assert_eq!(sent(put.uri(), "PUT", &headers, b"chunk").await.0, 200);
    let head = client.head_object().bucket(&name).key("pam/two").checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.checksum_sha256(), Some("bIf2g3GyiVRwfruSr+58z/t0xvceyP6oqYz2EEKJWFs="));
    headers.remove("x-amz-checksum-sha256");
    assert_eq!(sent(put.uri(), "PUT", &headers, b"chunk").await.0, 403, "the digest is signed");
}

#[tokio::test]
async fn a_browser_may_read_where_the_buckets_rule_lets_its_origin() {
    let aws = Aws::start().await;
    let Bucket { name, owner } = bucket(&aws).await;
    owner
        .put_object()
        .bucket(&name)
        .key("pam/one")
        .body(ByteStream::from_static(b"chunk"))
        .send()
        .await
        .unwrap();
    let url = owner.get_object().bucket(&name).key("pam/one").presigned(for_seconds(60)).await.unwrap();
    let asking = async |origin: &str, method: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("origin", origin.parse().unwrap());
        headers.insert("access-control-request-method", method.parse().unwrap());
        let (status, _, answer) = sent(url.uri(), "OPTIONS", &headers, b"").await;
        (
            status,
            answer.headers().get("access-control-allow-origin").map(|to| to.to_str().unwrap().to_owned()),
        )
    };
    assert_eq!(asking(ORIGIN, "GET").await, (403, None), "no rule yet");
    aws_cors(&aws, &name).await;
    assert_eq!(asking(ORIGIN, "GET").await, (200, Some(ORIGIN.to_owned())));
    assert_eq!(asking(ORIGIN, "PUT").await.0, 403);
    assert_eq!(asking("https://elsewhere.example.com", "GET").await.0, 403);

    let mut headers = HeaderMap::new();
    headers.insert("origin", ORIGIN.parse().unwrap());
    let (status, _, answer) = sent(url.uri(), "GET", &headers, b"").await;
    assert_eq!((status, &answer.headers()["access-control-allow-origin"]), (200, &ORIGIN.parse().unwrap()));
    headers.insert("origin", "https://elsewhere.example.com".parse().unwrap());
    let (_, _, answer) = sent(url.uri(), "GET", &headers, b"").await;
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
}

/// Gives the bucket its rule, as its owner.
async fn aws_cors(aws: &Aws, bucket: &str) {
    let scope = format!("{}/20260101/us-east-1/s3/aws4_request", aws.their_account);
    let request = Request::builder().method("PUT").uri(format!("/{bucket}?cors"));
    let request = request.header(
        "authorization",
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=unsigned"),
    );
    let answer =
        Client::default().send(&aws.endpoint, request.body(Bytes::from(RULE)).unwrap()).await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

/// The code of a refusal whose answer may have no body, as HEAD's.
fn refused<T: std::fmt::Debug, E: aws_sdk_s3::error::ProvideErrorMetadata + std::fmt::Debug>(
    outcome: Result<T, SdkError<E>>,
) -> (u16, String) {
    let failure = outcome.unwrap_err();
    let status = failure.raw_response().map_or(0, |answer| answer.status().as_u16());
    (status, failure.code().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn role_and_session_policy_hold_for_every_call_and_for_every_url() {
    let aws = Aws::start().await;
    let Bucket { name, owner } = bucket(&aws).await;
    for key in ["pam/p/one", "pam/q/one", "other"] {
        let put = owner.put_object().bucket(&name).key(key).body(ByteStream::from_static(b"chunk"));
        put.send().await.unwrap();
    }
    let resource = format!("arn:aws:s3:::{name}/pam/p/*");
    let narrow = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource });
    let client = session(&aws, &name, Some(narrow)).await;
    let get = |key: &str| client.get_object().bucket(&name).key(key);
    get("pam/p/one").send().await.unwrap();
    let denied = (403, "AccessDenied".to_owned());
    assert_eq!(refused(get("pam/q/one").send().await), denied, "outside of the session's policy");
    assert_eq!(refused(get("other").send().await), denied, "outside of both");
    let put = client.put_object().bucket(&name).key("pam/p/two").body(ByteStream::from_static(b"chunk"));
    let message = put.send().await.unwrap_err();
    let message = message.message().unwrap_or_default().to_owned();
    assert!(message.contains("s3:PutObject"), "{message}");
    assert_eq!(refused(client.head_bucket().bucket(&name).send().await).0, 403, "the role may not list");

    let url = get("pam/q/one").presigned(for_seconds(60)).await.unwrap();
    assert_eq!(
        sent(url.uri(), "GET", &HeaderMap::new(), b"").await.0,
        403,
        "a URL is no more than its signer"
    );
    let url = get("pam/p/one").presigned(for_seconds(60)).await.unwrap();
    assert_eq!(sent(url.uri(), "GET", &HeaderMap::new(), b"").await.0, 200);

    let calls = aws.control("GET", "/_guard/calls?service=s3&action=GetObject", json!({})).await;
    let told = calls.to_string();
    assert!(told.contains(&format!("{name}/pam/p/one")), "{told}");
    assert!(!told.contains("X-Amz-Signature"), "a URL is a secret: {told}");
}

//! A customer's account with its buckets, and our own KMS key, in memory: roles that confine their sessions, objects that are
//! there or not, keys that are disabled. Preflight requests are answered on loopback.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

/// No log, error or `Debug` may ever show it.
pub(crate) const CANARY: &str = "canary";

#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    pub(crate) body: Vec<u8>,
    /// What S3 knows of its content, when the client said it.
    pub(crate) sha256: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// AWS's clock.
    pub(crate) now: Option<Timestamp>,
    pub(crate) buckets: HashMap<String, BTreeMap<String, Object>>,
    /// Where the buckets are.
    pub(crate) region: String,
    /// What the connection's role may not do, `s3:PutObject`.
    pub(crate) denied: HashSet<&'static str>,
    /// What KMS answers instead.
    pub(crate) kms_refuses: Option<&'static str>,
    /// What STS answers instead.
    pub(crate) sts_refuses: Option<&'static str>,
    /// What S3 answers instead: a status and a code.
    pub(crate) s3_refuses: Option<(u16, &'static str)>,
    pub(crate) has_cors: bool,
    /// How long sessions live, in seconds.
    pub(crate) lifetime: u64,
    /// What was asked: `HeadObject key`, `Decrypt`, `AssumeRole`.
    pub(crate) calls: Vec<String>,
    /// The session policies by access key id.
    policies: HashMap<String, Value>,
}

/// The cloud. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    state: Arc<Mutex<State>>,
    pub(crate) endpoint: String,
}

impl Cloud {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = State { has_cors: true, lifetime: 3_600, region: "us-east-1".into(), ..State::default() };
        let cloud = Self { state: Arc::new(Mutex::new(state)), endpoint };
        let serving = cloud.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = vec![0; 8_192];
                let read = stream.read(&mut bytes).await.unwrap_or_default();
                let answer = serving.preflight(&String::from_utf8_lossy(&bytes[..read]));
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        cloud
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked since the last look.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    pub(crate) fn config(&self) -> SdkConfig {
        let cloud = self.clone();
        let client = infallible_client_fn(move |request: http::Request<SdkBody>| cloud.answer(&request));
        #[expect(clippy::disallowed_methods, reason = "credentials that no AWS knows, in tests alone")]
        let credentials = Credentials::new("AKIADEPLOYMENT", "scripted", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(&self.endpoint)
            .http_client(client)
            .build()
    }

    /// A gateway puts an object by a presigned URL, as the peer's command line does.
    pub(crate) fn put(&self, url: &str, body: &[u8]) -> u16 {
        self.put_with(url, body, None)
    }

    pub(crate) fn put_with(&self, url: &str, body: &[u8], if_none_match: Option<&str>) -> u16 {
        let url: Url = url.parse().unwrap();
        let signed =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let headers = signed("X-Amz-SignedHeaders").unwrap();
        let wanted = if if_none_match.is_some() {
            "content-length;content-type;host;if-none-match"
        } else {
            "content-length;content-type;host"
        };
        if headers != wanted {
            return 403;
        }
        let (bucket, key) = split(url.path());
        let credential = signed("X-Amz-Credential").unwrap();
        let signer = credential.split('/').next().unwrap().to_owned();
        let mut state = self.state();
        if !allowed(&state, &signer, "s3:PutObject", &bucket, &key) {
            return 403;
        }
        let Some(objects) = state.buckets.get_mut(&bucket) else { return 404 };
        if if_none_match.is_some() && objects.contains_key(&key) {
            return 412;
        }
        objects.insert(key, Object { body: body.to_vec(), sha256: None });
        200
    }

    fn preflight(&self, request: &str) -> String {
        let origin = request.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("origin").then(|| value.trim().to_owned())
        });
        let state = self.state();
        if !request.starts_with("OPTIONS ") || !state.has_cors {
            return "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
        }
        format!(
            "HTTP/1.1 200 OK\r\naccess-control-allow-origin: {}\r\naccess-control-allow-methods: GET\r\n\
             content-length: 0\r\nconnection: close\r\n\r\n",
            origin.unwrap_or_default()
        )
    }

    fn answer(&self, request: &http::Request<SdkBody>) -> http::Response<SdkBody> {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let mut state = self.state();
        if let Some(operation) = header("x-amz-target").strip_prefix("TrentService.") {
            return kms(&mut state, operation, &body);
        }
        let text = String::from_utf8_lossy(&body).into_owned();
        if text.contains("Action=AssumeRole") {
            return assume(&mut state, &text);
        }
        s3(&mut state, request, &header("authorization"), body)
    }
}

fn respond(status: u16, headers: &[(&str, String)], body: impl Into<Vec<u8>>) -> http::Response<SdkBody> {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(SdkBody::from(body.into())).unwrap()
}

/// Bound to its context, as the real one is: <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>.
fn kms(state: &mut State, operation: &str, body: &[u8]) -> http::Response<SdkBody> {
    state.calls.push(operation.to_owned());
    if let Some(code) = state.kms_refuses {
        return respond(400, &[], json!({ "__type": code, "message": "the test wants it" }).to_string());
    }
    let asked: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(asked["KeyId"], "alias/sealing", "the KMS key is pinned");
    let answer = match operation {
        "Encrypt" => {
            let wrapped =
                json!({ "context": asked["EncryptionContext"], "key": asked["Plaintext"] }).to_string();
            json!({ "CiphertextBlob": STANDARD.encode(wrapped) })
        }
        "Decrypt" => {
            let wrapped = STANDARD.decode(asked["CiphertextBlob"].as_str().unwrap()).unwrap();
            match serde_json::from_slice::<Value>(&wrapped) {
                Ok(wrapped) if wrapped["context"] == asked["EncryptionContext"] => {
                    json!({ "Plaintext": wrapped["key"] })
                }
                Ok(_) | Err(_) => {
                    return respond(400, &[], json!({ "__type": "InvalidCiphertextException" }).to_string());
                }
            }
        }
        other => panic!("nobody may call {other}"),
    };
    respond(200, &[], answer.to_string())
}

fn assume(state: &mut State, form: &str) -> http::Response<SdkBody> {
    state.calls.push("AssumeRole".to_owned());
    if let Some(code) = state.sts_refuses {
        let body = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>not trusted</Message></Error></ErrorResponse>"
        );
        return respond(403, &[], body);
    }
    let fields: HashMap<String, String> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let access_key_id = format!("ASIA{:016}", state.policies.len());
    state.policies.insert(access_key_id.clone(), serde_json::from_str(&fields["Policy"]).unwrap());
    let end = state.now.unwrap_or_else(testkit::now).plus(Duration::from_secs(state.lifetime));
    let body = format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{access_key_id}</AccessKeyId>\
         <SecretAccessKey>{CANARY}-secret</SecretAccessKey><SessionToken>{CANARY}-token</SessionToken>\
         <Expiration>{end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    respond(200, &[], body)
}

fn split(path: &str) -> (String, String) {
    let (bucket, key) =
        path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    (bucket.to_owned(), key.to_owned())
}

/// Whether the role and the session policy both allow it.
fn allowed(state: &State, signer: &str, action: &str, bucket: &str, key: &str) -> bool {
    let arn = if key.is_empty() {
        format!("arn:aws:s3:::{bucket}")
    } else {
        format!("arn:aws:s3:::{bucket}/{key}")
    };
    let covers = |pattern: &Value| {
        let pattern = pattern.as_str().unwrap();
        pattern.strip_suffix('*').map_or(pattern == arn, |start| arn.starts_with(start))
    };
    let names = |actions: &Value| {
        actions.as_array().map_or(actions == action, |several| several.iter().any(|one| one == action))
    };
    let policy = state.policies.get(signer).unwrap();
    let mut statements = policy["Statement"].as_array().unwrap().iter();
    !state.denied.contains(action)
        && statements.any(|statement| names(&statement["Action"]) && covers(&statement["Resource"]))
}

fn refuse(status: u16, code: &str, is_head: bool, headers: &[(&str, String)]) -> http::Response<SdkBody> {
    let body = if is_head {
        String::new()
    } else {
        format!("<Error><Code>{code}</Code><Message>the words of S3</Message></Error>")
    };
    respond(status, headers, body)
}

fn s3(
    state: &mut State,
    request: &http::Request<SdkBody>,
    authorization: &str,
    body: Vec<u8>,
) -> http::Response<SdkBody> {
    let url: Url = request.uri().to_string().parse().unwrap();
    let (bucket, key) = split(url.path());
    let is_head = request.method() == http::Method::HEAD;
    let (operation, action) = match (request.method().as_str(), key.is_empty()) {
        ("HEAD", true) => ("HeadBucket", "s3:ListBucket"),
        ("HEAD", false) => ("HeadObject", "s3:GetObject"),
        ("GET", false) => ("GetObject", "s3:GetObject"),
        ("PUT", false) => ("PutObject", "s3:PutObject"),
        ("DELETE", false) => ("DeleteObject", "s3:DeleteObject"),
        other => panic!("nobody may ask {other:?} of {url}"),
    };
    state.calls.push(format!("{operation} {key}"));
    if let Some((status, code)) = state.s3_refuses {
        return refuse(status, code, is_head, &[]);
    }
    let region = vec![("x-amz-bucket-region", state.region.clone())];
    let (_, rest) = authorization.split_once("Credential=").unwrap();
    if !state.buckets.contains_key(&bucket) {
        return refuse(404, "NoSuchBucket", is_head, &[]);
    }
    if !rest.contains(&format!("/{}/s3/", state.region)) {
        return refuse(301, "PermanentRedirect", is_head, &region);
    }
    let signer = rest.split('/').next().unwrap().to_owned();
    if !allowed(state, &signer, action, &bucket, &key) {
        return refuse(403, "AccessDenied", is_head, &[]);
    }
    let may_list = allowed(state, &signer, "s3:ListBucket", &bucket, "");
    let objects = state.buckets.get_mut(&bucket).unwrap();
    match operation {
        "HeadBucket" => respond(200, &region, ""),
        "PutObject" => {
            objects.insert(key, Object { body, sha256: None });
            respond(200, &[("etag", "\"x\"".into())], "")
        }
        "DeleteObject" => {
            objects.remove(&key);
            respond(204, &[], "")
        }
        _ => match objects.get(&key) {
            Some(object) => {
                let mut headers = vec![("content-length", object.body.len().to_string())];
                headers.extend(object.sha256.clone().map(|digest| ("x-amz-checksum-sha256", digest)));
                respond(200, &headers, if is_head { Vec::new() } else { object.body.clone() })
            }
            None if may_list => refuse(404, "NoSuchKey", is_head, &[]),
            None => refuse(403, "AccessDenied", is_head, &[]),
        },
    }
}

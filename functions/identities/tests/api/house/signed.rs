//! Signed GetCallerIdentity requests as the three official clients make them, with a real signature.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use serde_json::{Map, Value, json};

pub(crate) const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Client {
    Python,
    Node,
    Go,
}

pub(crate) struct Signer<'a> {
    pub(crate) client: Client,
    pub(crate) key_id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) region: &'a str,
}

impl Default for Signer<'_> {
    fn default() -> Self {
        Self {
            client: Client::Python,
            key_id: "AKIDEXAMPLE",
            secret: "secret",
            token: None,
            region: "us-east-1",
        }
    }
}

fn sha256(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

impl Signer<'_> {
    /// The headers that the client puts into its JSON object.
    pub(crate) fn headers(&self, at: Timestamp) -> Map<String, Value> {
        let date = at.to_string().replace(['-', ':'], "").split('.').next().unwrap().to_owned() + "Z";
        let day = &date[..8];
        let host = format!("sts.{}.amazonaws.com", self.region);
        let form = match self.client {
            Client::Python | Client::Go => "application/x-www-form-urlencoded; charset=utf-8",
            Client::Node => "application/x-www-form-urlencoded",
        };
        let mut signed =
            vec![("content-length", "43".to_owned()), ("host", host.clone()), ("x-amz-date", date.clone())];
        if self.client != Client::Go {
            signed.push(("content-type", form.to_owned()));
        }
        if self.client == Client::Node {
            signed.push(("x-amz-content-sha256", sha256(BODY)));
        }
        signed.extend(self.token.map(|token| ("x-amz-security-token", token.to_owned())));
        signed.sort();
        let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(BODY));
        let scope = format!("{day}/{}/sts/aws4_request", self.region);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(&canonical));
        let key = [self.region, "sts", "aws4_request"]
            .iter()
            .fold(mac(format!("AWS4{}", self.secret).as_bytes(), day), |key, part| mac(&key, part));
        let signature = hex(&mac(&key, &to_sign));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.key_id
        );
        let mut headers = Map::new();
        let mut set = |name: &str, value: String| headers.insert(name.to_owned(), json!(value));
        set("Host", host);
        set("Content-Type", form.to_owned());
        set("Authorization", authorization);
        match self.client {
            Client::Python => {
                set("X-Amz-Date", date);
                self.token.map(|token| set("X-Amz-Security-Token", token.to_owned()));
            }
            Client::Go => {
                set("X-Amz-Date", date);
                set("Content-Length", "43".to_owned());
                self.token.map(|token| set("X-Amz-Security-Token", token.to_owned()));
            }
            Client::Node => {
                set("x-amz-date", date);
                set("Content-Length", "43".to_owned());
                set("x-amz-content-sha256", sha256(BODY));
                self.token.map(|token| set("x-amz-security-token", token.to_owned()));
            }
        }
        headers
    }

    /// The body of a login with that request.
    pub(crate) fn login(&self, identity: &str, at: Timestamp) -> Value {
        login(identity, &Value::Object(self.headers(at)))
    }
}

/// The body of a login with these headers.
pub(crate) fn login(identity: &str, headers: &Value) -> Value {
    json!({
        "identityId": identity,
        "iamHttpRequestMethod": "POST",
        "iamRequestBody": STANDARD.encode(BODY),
        "iamRequestHeaders": STANDARD.encode(headers.to_string()),
    })
}

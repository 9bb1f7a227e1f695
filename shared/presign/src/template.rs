//! What the URLs of one batch share.

use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_lc_rs::hmac;
use model::Timestamp;

use crate::bucket::Bucket;
use crate::{encode, signing};

/// From when a URL works, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The moment that is signed: now.
    pub at: Timestamp,
    /// Whole seconds, of which S3 takes 1 to 604,800.
    pub expires_in: Duration,
}

/// A header that a signature cannot cover.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// Signed in any case, with the value that the bucket or the object gives it.
    #[error("the header {0} is signed without being asked for")]
    Own(String),
    /// No name of a header in small letters, or a value with something else than visible ASCII.
    #[error("the header {0} cannot be signed")]
    Unfit(String),
}

/// The service and what stands for the body: of S3's URLs always the same two.
pub(crate) struct Scheme {
    pub(crate) service: &'static str,
    pub(crate) payload: &'static str,
}

/// A presigned URL signs no body: it is not known yet.
pub(crate) const S3: Scheme = Scheme { service: "s3", payload: "UNSIGNED-PAYLOAD" };

/// What a request is before its key and length are known.
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    /// Of the URL's query, before the signature's own part: `x-id=GetObject`, or nothing.
    pub(crate) query: &'static str,
    /// Small names, without `host`; `content-length` where each URL has its own.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) has_length: bool,
}

/// Everything that is the same for each URL of a batch, in the pieces that stand between what is not.
pub(crate) struct Template {
    key: hmac::Key,
    /// `https://host/…/`, as it stands in the URL.
    origin: String,
    /// The method and the path up to the key, as they begin the canonical request.
    before_key: String,
    /// The canonical request from the end of the key, up to the length where there is one.
    after_key: String,
    /// The rest of it.
    after_length: String,
    /// The string to sign without the hash that ends it.
    to_sign: String,
    /// The URL's query up to the signature.
    before_signature: String,
    /// The session token, which the SDK puts behind the signature.
    after_signature: String,
    /// Kept from one URL to the next.
    canonical: String,
    string_to_sign: String,
}

/// The key and the token sign for a customer's account.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Template {
    pub(crate) fn new(
        scheme: &Scheme,
        bucket: &Bucket,
        credentials: &Credentials,
        window: Window,
        request: &Request<'_>,
    ) -> Result<Self, InvalidHeader> {
        let headers = signed_headers(bucket, request)?;
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let (stamp, day) = stamp(window.at);
        let region = bucket.region.as_str();
        let scope = format!("{day}/{region}/{}/aws4_request", scheme.service);

        let mut credential = String::new();
        encode::query_onto(&mut credential, &format!("{}/{scope}", credentials.access_key_id()));
        let mut token = String::new();
        if let Some(plain) = credentials.session_token() {
            token.push_str("&X-Amz-Security-Token=");
            encode::query_onto(&mut token, plain);
        }
        let own = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={stamp}&X-Amz-Expires={}",
            window.expires_in.as_secs(),
        );
        let signed = format!("&X-Amz-SignedHeaders={}", names.join("%3B"));
        let (first, last) = match request.query {
            "" => (String::new(), String::new()),
            query => (format!("{query}&"), format!("&{query}")),
        };

        // The canonical query is sorted by name: capitals before small letters, so `x-id` comes last.
        let mut after_key = format!("\n{own}{token}{signed}{last}\n");
        let mut after_length = String::new();
        let mut part = &mut after_key;
        for (name, value) in &headers {
            part.push_str(name);
            part.push(':');
            match value {
                Some(value) => part.push_str(value),
                None => part = &mut after_length,
            }
            part.push('\n');
        }
        part.push_str(&format!("\n{}\n{}", names.join(";"), scheme.payload));

        Ok(Self {
            key: signing::signing_key(credentials.secret_access_key(), &day, region, scheme.service),
            origin: bucket.start(),
            before_key: format!("{}\n{}", request.method, bucket.path),
            after_key,
            after_length,
            to_sign: format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n"),
            before_signature: format!("?{first}{own}{signed}&X-Amz-Signature="),
            after_signature: token,
            canonical: String::new(),
            string_to_sign: String::new(),
        })
    }

    /// The URL of one object; `length` where the request has one of its own.
    pub(crate) fn url(&mut self, key: &str, length: Option<u64>) -> String {
        const SIGNATURE: usize = 64;
        // A key of hexadecimal digits and slashes is not longer when it is encoded; others grow the text.
        let room = self.origin.len()
            + key.len()
            + self.before_signature.len()
            + SIGNATURE
            + self.after_signature.len();
        let mut url = String::with_capacity(room);
        url.push_str(&self.origin);
        encode::path_onto(&mut url, key);

        self.canonical.clear();
        self.canonical.push_str(&self.before_key);
        self.canonical.push_str(&url[self.origin.len()..]);
        self.canonical.push_str(&self.after_key);
        if let Some(length) = length {
            self.canonical.push_str(&length.to_string());
        }
        self.canonical.push_str(&self.after_length);

        self.string_to_sign.clear();
        self.string_to_sign.push_str(&self.to_sign);
        url.push_str(&self.before_signature);
        signing::sign_onto(&mut url, &self.key, &mut self.string_to_sign, &self.canonical);
        url.push_str(&self.after_signature);
        url
    }

    #[cfg(test)]
    pub(crate) fn canonical(&self) -> &str {
        &self.canonical
    }
}

/// The headers in the order of the signature; a value that each URL has for itself is `None`.
fn signed_headers(
    bucket: &Bucket,
    request: &Request<'_>,
) -> Result<Vec<(String, Option<String>)>, InvalidHeader> {
    let mut headers = vec![("host".to_owned(), Some(bucket.host.clone()))];
    if request.has_length {
        headers.push(("content-length".to_owned(), None));
    }
    for (name, value) in request.headers {
        if headers.iter().any(|(present, _)| present == name) {
            return Err(InvalidHeader::Own((*name).to_owned()));
        }
        let fit = http::HeaderName::from_lowercase(name.as_bytes()).is_ok()
            && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !fit {
            return Err(InvalidHeader::Unfit((*name).to_owned()));
        }
        // Spaces at the ends go, and several within become one.
        let words: Vec<&str> = value.split(' ').filter(|word| !word.is_empty()).collect();
        headers.push(((*name).to_owned(), Some(words.join(" "))));
    }
    headers.sort();
    Ok(headers)
}

/// `20130524T000000Z` and its day.
fn stamp(at: Timestamp) -> (String, String) {
    let at = jiff::Timestamp::from_second(at.unix_seconds()).unwrap_or_default();
    (at.strftime("%Y%m%dT%H%M%SZ").to_string(), at.strftime("%Y%m%d").to_string())
}

//! The URLs of objects to read and to write.

use aws_credential_types::Credentials;

use crate::bucket::Bucket;
use crate::template::{InvalidHeader, Request, S3, Template, Window};

/// URLs that read objects of one bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
#[derive(Debug)]
pub struct Get(Template);

impl Get {
    /// URLs of GetObject; `headers` are those that a reader must send exactly so, by their names in small letters.
    ///
    /// # Errors
    /// [`InvalidHeader`] when one of them cannot be signed.
    pub fn new(
        bucket: &Bucket,
        credentials: &Credentials,
        window: Window,
        headers: &[(&str, &str)],
    ) -> Result<Self, InvalidHeader> {
        let request = Request { method: "GET", query: "x-id=GetObject", headers, has_length: false };
        Template::new(&S3, bucket, credentials, window, &request).map(Self)
    }

    /// The URL of one object.
    #[must_use]
    pub fn url(&mut self, key: &str) -> String {
        self.0.url(key, None)
    }
}

/// URLs that write objects of one bucket, each with exactly the length that it was signed for.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
#[derive(Debug)]
pub struct Put(Template);

impl Put {
    /// URLs of PutObject; `headers` are those that a writer must send exactly so, by their names in small letters,
    /// beside `content-length`, which is always signed: `content-type`, `if-none-match`, ….
    ///
    /// # Errors
    /// [`InvalidHeader`] when one of them cannot be signed.
    pub fn new(
        bucket: &Bucket,
        credentials: &Credentials,
        window: Window,
        headers: &[(&str, &str)],
    ) -> Result<Self, InvalidHeader> {
        let request = Request { method: "PUT", query: "x-id=PutObject", headers, has_length: true };
        Template::new(&S3, bucket, credentials, window, &request).map(Self)
    }

    /// The URL of one object of `content_length` bytes.
    #[must_use]
    pub fn url(&mut self, key: &str, content_length: u64) -> String {
        self.0.url(key, Some(content_length))
    }
}

//! The way into a bucket: the connection of its place, opened for one deed.

mod failure;

use std::time::{Duration, UNIX_EPOCH};

use access::{Access, LONGEST_SESSION, Purpose, Session};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::presigning::PresigningConfig;
use model::Timestamp;
use model::connection::Connection;
use model::recording::{Deed, Place};
use presign::Style;
use reqwest::Url;
use seal::Sealer;
use web::Problem;

use crate::error;
pub(crate) use failure::Failure;

/// How long a presigned URL works, unless the credentials that signed it end before.
const LIFETIME: Duration = Duration::from_secs(300);

/// The ways into buckets. Cheap to clone; clones share sessions.
#[derive(Debug, Clone)]
pub(crate) struct Buckets {
    config: SdkConfig,
    access: Access,
    sealer: Sealer,
}

/// A bucket, opened for one deed.
pub(crate) struct Bucket {
    client: Client,
    place: Place,
    session: Session,
    /// A stand-in for S3, in development alone.
    endpoint: Option<String>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket")
            .field("place", &self.place)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// For how long a URL works that is signed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// When it is signed.
    pub(crate) from: Timestamp,
    /// Whole seconds, as S3 counts them; at least one.
    pub(crate) expires_in: Duration,
}

impl Window {
    /// The same for the SDK.
    pub(crate) fn presigning(self) -> Result<PresigningConfig, Problem> {
        let since = Duration::from_millis(u64::try_from(self.from.unix_milliseconds()).unwrap_or_default());
        let config = PresigningConfig::builder().start_time(UNIX_EPOCH + since).expires_in(self.expires_in);
        config.build().map_err(|error| Problem::bug("presign a URL", error))
    }

    /// When it stops to work.
    pub(crate) fn expires_at(self) -> Timestamp {
        self.from.plus(self.expires_in)
    }
}

impl Buckets {
    pub(crate) fn new(config: &SdkConfig, access: Access, sealer: Sealer) -> Self {
        Self { config: config.clone(), access, sealer }
    }

    /// A place's bucket, through a connection. At most one AssumeRole, none while an earlier session lives; for a connection
    /// by access key at most one KMS call.
    pub(crate) async fn open(
        &self,
        connection: &Connection,
        place: &Place,
        deed: Deed,
        now: Timestamp,
    ) -> Result<Bucket, Problem> {
        let session = self.session(connection, place, deed, now).await?;
        let endpoint = self.config.endpoint_url().map(str::to_owned);
        // A dot in a bucket's name makes a host that AWS's certificate does not cover.
        let by_path = endpoint.is_some() || place.bucket.as_str().contains('.');
        let config = Builder::from(&self.config)
            .region(aws_sdk_s3::config::Region::new(place.region.to_string()))
            .credentials_provider(session.provider())
            .force_path_style(by_path)
            // Gateways and browsers send and ask for no checksums: what is presigned must not want any.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        Ok(Bucket { client: Client::from_conf(config), place: place.clone(), session, endpoint })
    }

    /// Where a place's bucket answers.
    pub(crate) fn address(&self, place: &Place) -> Result<Url, Problem> {
        address(self.config.endpoint_url(), place)
    }

    async fn session(
        &self,
        connection: &Connection,
        place: &Place,
        deed: Deed,
        now: Timestamp,
    ) -> Result<Session, Problem> {
        let policy = deed.policy(place);
        let purpose = Purpose { region: Some(&place.region), policy: &policy, duration: LONGEST_SESSION };
        let secret = self.sealer.open_access_key(connection);
        let opened = self.access.open(connection, &purpose, now, secret).await;
        opened.map_err(|cause| error::closed_connection(connection, cause))
    }
}

impl Bucket {
    /// S3, as its SDK asks it.
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Where it is.
    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// For how long URLs work that are signed now: five minutes, or until the credentials end.
    pub(crate) fn window(&self, now: Timestamp) -> Result<Window, Problem> {
        // S3 counts from the second that is signed, which is the last whole one.
        let from = Timestamp::from_unix_seconds(now.unix_seconds());
        let left = self.session.expires_at().map_or(LIFETIME, |end| end.since(from)).min(LIFETIME);
        let expires_in = Duration::from_secs(left.as_secs());
        if expires_in.is_zero() {
            return Err(Problem::unavailable(
                "The session with the bucket's account has just ended; please try again",
            ));
        }
        Ok(Window { from, expires_in })
    }

    /// Whether there is such a bucket, and where it was said to be. One HeadBucket
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
    pub(crate) async fn find(&self) -> Result<(), Failure> {
        let found = self.client.head_bucket().bucket(self.place.bucket.as_str()).send().await;
        found.map(drop).map_err(|error| Failure::of(&error, false))
    }

    /// A URL by which an object can be read.
    pub(crate) async fn presigned_get(&self, key: &str, window: Window) -> Result<String, Problem> {
        let request = self.client.get_object().bucket(self.place.bucket.as_str()).key(key);
        let presigned = request.presigned(window.presigning()?).await;
        let presigned = presigned.map_err(|_| Problem::bug("presign a GET", "the SDK did not sign"))?;
        Ok(presigned.uri().to_owned())
    }

    /// The address of an object, without leave to read it.
    pub(crate) fn address(&self, key: &str) -> Result<Url, Problem> {
        let mut address = address(self.endpoint.as_deref(), &self.place)?;
        address.set_path(&format!("{}/{key}", address.path().trim_end_matches('/')));
        Ok(address)
    }

    /// The same for URLs in bulk: the bucket, and what signs.
    pub(crate) async fn presigning(&self) -> Result<(presign::Bucket, Credentials), Problem> {
        let (name, region) = (self.place.bucket.as_str(), &self.place.region);
        let bucket = match &self.endpoint {
            Some(endpoint) => presign::Bucket::behind(endpoint, name, region, Style::Path)
                .map_err(|error| Problem::bug("read the address of a stand-in for S3", error))?,
            None => presign::Bucket::on_aws(name, region),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "what signs URLs in bulk, without the SDK; nothing keeps it"
        )]
        let credentials = self.session.provider().provide_credentials().await;
        let credentials = credentials.map_err(|error| Problem::bug("open a session's credentials", error))?;
        Ok((bucket, credentials))
    }
}

/// A bucket's own host, or that of its Region where its name makes no host under AWS's certificate
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>).
fn address(stand_in: Option<&str>, place: &Place) -> Result<Url, Problem> {
    let (bucket, region) = (&place.bucket, &place.region);
    let suffix = region.partition().dns_suffix();
    let address = match stand_in {
        Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        None if bucket.as_str().contains('.') => format!("https://s3.{region}.{suffix}/{bucket}"),
        None => format!("https://{bucket}.s3.{region}.{suffix}/"),
    };
    address.parse().map_err(|_| Problem::bug("find the address of a bucket", "no URL"))
}

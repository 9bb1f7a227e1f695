//! What may be done with a bucket: session policies, and what a customer must allow.

use serde_json::{Value, json};

use super::place::Place;
use crate::id::ProjectId;
use crate::policy::{Capability, Document, Level, Resources, SessionPolicy, Statement, anything, permission};

/// What a session in the customer's account is for. Each can do its own deed alone, below its own prefix alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Whether the bucket can be used: an object comes and goes.
    Test,
    /// A gateway's uploads, and a look at what came of them.
    Upload(ProjectId),
    /// Chunks are read.
    Play(ProjectId),
}

impl Deed {
    /// All that a session for it may do. S3 says of an object that it is not there to whoever may list the bucket, and
    /// "denied" to everybody else (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>), so that each may.
    /// In a bucket that encrypts by a KMS key of the customer's, S3 asks for the key in the session's name.
    #[must_use]
    pub fn policy(self, place: &Place) -> SessionPolicy {
        let list = Statement::allow("List", "s3", &["ListBucket"], vec![place.bucket_arn()]);
        let region = &place.region;
        let through_s3 = vec![format!("s3.{region}.{}", region.partition().dns_suffix())];
        let keys: &[&str] = match self {
            Self::Test | Self::Upload(_) => &["Decrypt", "GenerateDataKey"],
            Self::Play(_) => &["Decrypt"],
        };
        let keys = Statement::allow("UseKeys", "kms", keys, anything());
        let keys = keys.when("StringEquals", "kms:ViaService", through_s3);
        let mut statements = match self {
            Self::Test => vec![
                Statement::allow(
                    "Test",
                    "s3",
                    &["PutObject", "GetObject", "DeleteObject"],
                    vec![place.objects_arn(".test/*")],
                ),
                Statement::allow("Probe", "s3", &["GetObject"], vec![place.objects_arn(".cors-probe")]),
            ],
            Self::Upload(project) => vec![Statement::allow(
                "Upload",
                "s3",
                &["PutObject", "GetObject"],
                vec![place.objects_arn(&format!("{project}/*"))],
            )],
            Self::Play(project) => vec![Statement::allow(
                "Play",
                "s3",
                &["GetObject"],
                vec![place.objects_arn(&format!("{project}/*"))],
            )],
        };
        statements.extend([list, keys]);
        SessionPolicy::short(&Document::new(statements))
    }
}

/// The permission policy that a place needs, exactly as documented.
#[must_use]
pub fn bucket_policy(place: &Place) -> Document {
    let resources = Resources {
        region: Some(place.region.clone()),
        bucket: Some(place.bucket.to_string()),
        key_prefix: place.key_prefix.as_ref().map(ToString::to_string),
        ..Resources::default()
    };
    permission::policy(&[Capability::Recordings], Level::Minimal, &resources, place.region.partition())
}

/// The CORS rules that a bucket needs for playback in a browser at `origin`, as S3's console takes them
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>).
#[must_use]
pub fn cors_rules(origin: &str) -> Value {
    json!([{
        "AllowedHeaders": ["*"],
        "AllowedMethods": ["GET"],
        "AllowedOrigins": [origin],
        "ExposeHeaders": [],
        "MaxAgeSeconds": 3_600,
    }])
}

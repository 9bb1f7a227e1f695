//! The URLs are those of `aws-sdk-s3`, byte for byte, whatever the key, the bucket, the Region, the session, the endpoint,
//! the moment and the headers.
#![expect(clippy::disallowed_methods, reason = "the keys of these tests open nothing")]

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region as SdkRegion};
use aws_sdk_s3::presigning::PresigningConfig;
use model::Timestamp;
use model::region::Region;
use presign::{Bucket, Get, Put, Style, Window};
use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};

/// One batch as both presigners are told of it.
#[derive(Debug, Clone)]
struct Batch {
    bucket: String,
    region: Region,
    token: Option<String>,
    endpoint: Option<(&'static str, Style)>,
    at: i64,
    seconds: u64,
    content_type: String,
    only_if_absent: bool,
}

impl Batch {
    fn credentials(&self) -> Credentials {
        Credentials::new(
            "ASIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            self.token.clone(),
            None,
            "test",
        )
    }

    fn place(&self) -> Bucket {
        match self.endpoint {
            None => Bucket::on_aws(&self.bucket, &self.region),
            Some((url, style)) => {
                Bucket::behind(url, &self.bucket, &self.region, style).expect("an endpoint")
            }
        }
    }

    fn window(&self) -> Window {
        Window { at: Timestamp::from_unix_seconds(self.at), expires_in: Duration::from_secs(self.seconds) }
    }

    fn sdk(&self) -> aws_sdk_s3::Client {
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(SdkRegion::new(self.region.to_string()))
            .credentials_provider(self.credentials());
        if let Some((url, style)) = self.endpoint {
            config = config.endpoint_url(url).force_path_style(style == Style::Path);
        }
        aws_sdk_s3::Client::from_conf(config.build())
    }

    fn presigning(&self) -> PresigningConfig {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(self.at.unsigned_abs());
        let expires_in = Duration::from_secs(self.seconds);
        PresigningConfig::builder().start_time(start).expires_in(expires_in).build().expect("a window")
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let mut headers = vec![("content-type", self.content_type.as_str())];
        headers.extend(self.only_if_absent.then_some(("if-none-match", "*")));
        headers
    }

    /// The URLs of the SDK and ours.
    async fn gets(&self, key: &str) -> (String, String) {
        let sdk = self.sdk().get_object().bucket(&self.bucket).key(key).presigned(self.presigning()).await;
        let ours =
            Get::new(&self.place(), &self.credentials(), self.window(), &[]).expect("headers").url(key);
        (sdk.expect("a presigned GET").uri().to_owned(), ours)
    }

    async fn puts(&self, key: &str, length: u32) -> (String, String) {
        let put = self.sdk().put_object().bucket(&self.bucket).key(key).content_length(length.into());
        let put = put.content_type(&self.content_type);
        let put = if self.only_if_absent { put.if_none_match("*") } else { put };
        let sdk = put.presigned(self.presigning()).await.expect("a presigned PUT");
        let mut ours =
            Put::new(&self.place(), &self.credentials(), self.window(), &self.headers()).expect("headers");
        (sdk.uri().to_owned(), ours.url(key, length.into()))
    }
}

fn batches() -> impl Strategy<Value = Batch> {
    let regions =
        ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "ap-southeast-7", "eusc-de-east-1"];
    let regions =
        prop::sample::select(regions.map(|name| name.parse::<Region>().expect("a Region")).to_vec());
    let endpoints = prop::sample::select(vec![
        None,
        Some(("http://127.0.0.1:4566", Style::Path)),
        Some(("https://s3.example.com:443", Style::VirtualHost)),
        Some(("http://s3.example.com:8080/", Style::VirtualHost)),
        Some(("https://s3.example.com/base/", Style::Path)),
    ]);
    let names = prop_oneof![3 => "[a-z0-9][a-z0-9-]{1,30}[a-z0-9]", 1 => "[a-z]{3,10}\\.[a-z]{3,10}"];
    let tokens = prop::option::of("[A-Za-z0-9+/=]{0,800}");
    (
        (names, regions, tokens, endpoints),
        (
            0_i64..4_102_444_800,
            1_u64..=604_800,
            "[a-z]{1,12}/[a-z.+-]{1,12}(; [a-z]{1,5}=[a-z0-9]{1,5})?",
            any::<bool>(),
        ),
    )
        .prop_map(|((bucket, region, token, endpoint), (at, seconds, content_type, only_if_absent))| Batch {
            bucket,
            region,
            token,
            endpoint,
            at,
            seconds,
            content_type,
            only_if_absent,
        })
        // (Without the slash at its end, the SDK joins the path and the bucket: `/basebucket`.)
        // A name with a dot is no label of a host: the SDK then has its own opinion for an endpoint of one's own.
        .prop_filter("a virtual host of one label", |batch| {
            batch.endpoint.is_none_or(|(_, style)| style == Style::Path || !batch.bucket.contains('.'))
        })
}

/// What recordings have, and what else a key may be.
fn keys() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9/_-]{1,30}/[0-9a-f]{8}/chunk-[0-9]{6}\\.json\\.enc",
        "[ -~]{1,60}",
        "\\PC{1,30}",
        Just("..//./a/../%2F%/".to_owned()),
    ]
    .prop_filter("the SDK refuses a key of spaces", |key| !key.trim().is_empty())
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_presigned_get_is_the_sdks(batch in batches(), key in keys()) {
        let (sdk, ours) = runtime().block_on(batch.gets(&key));
        prop_assert_eq!(ours, sdk);
    }

    #[test]
    fn a_presigned_put_is_the_sdks(batch in batches(), key in keys(), length in any::<u32>()) {
        let (sdk, ours) = runtime().block_on(batch.puts(&key, length));
        prop_assert_eq!(ours, sdk);
    }
}

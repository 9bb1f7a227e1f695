//! Presigned PUTs per second of processor time, one core: `cargo bench -p presign --bench presign`.
//!
//! The same 1,000 objects by this crate, by the `aws-sigv4` crate with the URL put together by hand, and by
//! `aws-sdk-s3`'s `.presigned()`; each for its share of the seconds given as an argument (`-- --seconds 2`), in turns, so
//! that whatever else the machine does falls on all alike. `tests/presign/run` prints them next to boto3 and Node. Ends
//! with status 1 when this crate makes fewer than five times the SDK's. With `--json`, one line of JSON.
#![expect(
    clippy::disallowed_methods,
    reason = "the keys of a measurement open nothing, and its seconds are its own"
)]

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region as SdkRegion};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use model::Timestamp;
use presign::{Bucket, Put, Window};

const KEYS: u32 = 1_000;
const LENGTH: u64 = 65_552;
const EXPIRES_IN: Duration = Duration::from_secs(300);
const AT: i64 = 1_767_225_600;
const FACTOR: f64 = 5.0;
const ROUNDS: u32 = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let seconds = arguments.iter().position(|argument| argument == "--seconds");
    let seconds = seconds.map_or(2.0, |at| arguments[at + 1].parse().expect("seconds"));
    let turn = Duration::from_secs_f64(seconds / f64::from(ROUNDS));

    let keys: Vec<String> = (0..KEYS).map(key).collect();
    let credentials = credentials();
    assert_eq!(by_us(&keys, &credentials), by_sdk(&keys, &credentials), "the same URLs");
    assert_eq!(by_us(&keys, &credentials), by_sigv4(&keys, &credentials), "the same URLs");

    let mut rates = [0.0; 3];
    for _ in 0..ROUNDS {
        for (rate, by) in rates.iter_mut().zip([by_us, by_sigv4, by_sdk]) {
            *rate += per_second(turn, || by(&keys, &credentials)) / f64::from(ROUNDS);
        }
    }
    let [us, sigv4, sdk] = rates;
    if arguments.iter().any(|argument| argument == "--json") {
        println!("{{\"presign\": {us:.0}, \"aws-sigv4\": {sigv4:.0}, \"aws-sdk-s3\": {sdk:.0}}}");
    } else {
        for (name, rate) in
            [("presign (this crate)", us), ("aws-sigv4", sigv4), ("aws-sdk-s3 .presigned()", sdk)]
        {
            println!("{name:<26} {rate:>10.0} URLs per second and core {:>7.1} x the SDK", rate / sdk);
        }
    }
    if us < FACTOR * sdk {
        eprintln!("fewer than {FACTOR} times as many as the SDK");
        std::process::exit(1);
    }
}

fn key(index: u32) -> String {
    const IDS: &str = "6f1a1d7e-5c54-4a4e-9d8e-0d2b3c4a5f60/0b9a3f3e-8f4d-4f0e-a7cb-6b7b5f4f2a11";
    format!("recordings/{IDS}/chunk-{index:06}.json.enc")
}

/// With a session token of a usual length, which is in every URL and in every signature.
fn credentials() -> Credentials {
    let token = "IQoJb3JpZ2luX2VjEPT//////////wEaCXVzLWVhc3QtMSJHMEUCIQ".repeat(12);
    Credentials::new(
        "ASIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        Some(token),
        None,
        "test",
    )
}

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(AT.unsigned_abs())
}

fn by_us(keys: &[String], credentials: &Credentials) -> Vec<String> {
    let bucket = Bucket::on_aws("drawbridge-recordings", &"us-east-1".parse().expect("a Region"));
    let window = Window { at: Timestamp::from_unix_seconds(AT), expires_in: EXPIRES_IN };
    let headers = [("content-type", "application/octet-stream")];
    let mut put = Put::new(&bucket, credentials, window, &headers).expect("headers");
    keys.iter().map(|key| put.url(key, LENGTH)).collect()
}

fn by_sdk(keys: &[String], credentials: &Credentials) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(SdkRegion::new("us-east-1"))
        .credentials_provider(credentials.clone());
    let client = aws_sdk_s3::Client::from_conf(config.build());
    let window =
        PresigningConfig::builder().start_time(start()).expires_in(EXPIRES_IN).build().expect("a window");
    runtime.block_on(async {
        let mut urls = Vec::new();
        for key in keys {
            let put = client.put_object().bucket("drawbridge-recordings").key(key);
            let put = put.content_type("application/octet-stream").content_length(LENGTH.cast_signed());
            urls.push(put.presigned(window.clone()).await.expect("a URL").uri().to_owned());
        }
        urls
    })
}

fn by_sigv4(keys: &[String], credentials: &Credentials) -> Vec<String> {
    let identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    settings.signature_location = SignatureLocation::QueryParams;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.expires_in = Some(EXPIRES_IN);
    settings.excluded_headers = None;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("s3")
        .time(start())
        .settings(settings)
        .build()
        .expect("parameters")
        .into();
    let length = LENGTH.to_string();
    let headers = [("content-length", length.as_str()), ("content-type", "application/octet-stream")];
    let sign = |key: &String| {
        let bare = format!("https://drawbridge-recordings.s3.us-east-1.amazonaws.com/{key}?x-id=PutObject");
        let body = SignableBody::UnsignedPayload;
        let request = SignableRequest::new("PUT", &bare, headers.into_iter(), body).expect("a request");
        let (instructions, _) = sign(request, &parameters).expect("a signature").into_parts();
        let mut url = bare;
        for (name, value) in instructions.params() {
            url.push('&');
            url.push_str(name);
            url.push('=');
            url.extend(percent(value));
        }
        url
    };
    keys.iter().map(sign).collect()
}

fn percent(value: &str) -> percent_encoding::PercentEncode<'_> {
    const QUERY: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(value, QUERY)
}

/// URLs per second of this process's own processor time.
fn per_second(turn: Duration, mut batch: impl FnMut() -> Vec<String>) -> f64 {
    let before = processor_time();
    let mut made = 0.0;
    loop {
        made += f64::from(u32::try_from(std::hint::black_box(batch()).len()).expect("a batch"));
        let spent = processor_time() - before;
        if spent >= turn {
            return made / spent.as_secs_f64();
        }
    }
}

/// User and system time of this process so far, in ticks of 10 ms: proc(5), fields 14 and 15.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a command in parentheses");
    let fields = fields.split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.map(|field| field.parse::<u64>().expect("ticks")).sum::<u64>() * 10)
}

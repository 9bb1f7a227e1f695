//! Where a bucket answers.

use http::Uri;
use model::region::Region;

use crate::encode;

/// How a bucket is named in a URL.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `https://bucket.host/key`.
    VirtualHost,
    /// `https://host/bucket/key`.
    Path,
}

/// The endpoint is not an `http` or `https` URL with a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint of S3 is an http or https URL with a host")]
pub struct InvalidEndpoint;

/// A bucket, its Region, and the beginning of its objects' URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub(crate) scheme: &'static str,
    /// As it is signed, with a port that is not the scheme's own.
    pub(crate) host: String,
    /// Encoded, with the slash before the key.
    pub(crate) path: String,
    pub(crate) region: Region,
}

impl Bucket {
    /// A bucket at AWS: its own host, or the Region's where its name makes no host name under AWS's certificate.
    #[must_use]
    pub fn on_aws(name: &str, region: &Region) -> Self {
        let host = format!("s3.{region}.{}", region.partition().dns_suffix());
        let style = if is_host_label(name) { Style::VirtualHost } else { Style::Path };
        Self::of("https", &host, "/", name, region, style)
    }

    /// A bucket behind an endpoint of one's own: a VPC endpoint, a proxy, a stand-in for AWS.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] when `endpoint` is no URL of HTTP.
    pub fn behind(
        endpoint: &str,
        name: &str,
        region: &Region,
        style: Style,
    ) -> Result<Self, InvalidEndpoint> {
        let uri: Uri = endpoint.parse().map_err(|_| InvalidEndpoint)?;
        let (scheme, own_port) = match uri.scheme_str() {
            Some("https") => ("https", 443),
            Some("http") => ("http", 80),
            Some(_) | None => return Err(InvalidEndpoint),
        };
        let mut host = uri.host().ok_or(InvalidEndpoint)?.to_owned();
        if let Some(port) = uri.port_u16().filter(|port| *port != own_port) {
            host = format!("{host}:{port}");
        }
        let path = format!("{}/", uri.path().trim_end_matches('/'));
        Ok(Self::of(scheme, &host, &path, name, region, style))
    }

    fn of(scheme: &'static str, host: &str, path: &str, name: &str, region: &Region, style: Style) -> Self {
        let region = region.clone();
        match style {
            Style::VirtualHost => {
                Self { scheme, host: format!("{name}.{host}"), path: path.to_owned(), region }
            }
            Style::Path => {
                let mut path = path.to_owned();
                encode::path_onto(&mut path, name);
                path.push('/');
                Self { scheme, host: host.to_owned(), path, region }
            }
        }
    }
}

/// One label of a host name, so that AWS's certificate `*.s3.<region>…` covers it.
fn is_host_label(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (3..=63).contains(&name.len()) && plain && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        name.parse().expect("a Region")
    }

    fn start(bucket: &Bucket) -> String {
        format!("{}://{}{}", bucket.scheme, bucket.host, bucket.path)
    }

    #[test]
    fn a_bucket_has_its_own_host_unless_its_name_makes_none() {
        for (name, place, expected) in [
            ("recordings", "eu-west-1", "https://recordings.s3.eu-west-1.amazonaws.com/"),
            ("recordings", "cn-north-1", "https://recordings.s3.cn-north-1.amazonaws.com.cn/"),
            ("my.recordings", "us-east-1", "https://s3.us-east-1.amazonaws.com/my.recordings/"),
            ("Old_Bucket", "us-east-1", "https://s3.us-east-1.amazonaws.com/Old_Bucket/"),
        ] {
            assert_eq!(start(&Bucket::on_aws(name, &region(place))), expected);
        }
    }

    #[test]
    fn an_endpoint_keeps_its_port_and_path_and_loses_a_port_that_goes_without_saying() {
        for (endpoint, style, expected) in [
            ("http://127.0.0.1:4566", Style::Path, "http://127.0.0.1:4566/b/"),
            ("https://s3.example.com:443/", Style::VirtualHost, "https://b.s3.example.com/"),
            ("http://s3.example.com:80/base/", Style::Path, "http://s3.example.com/base/b/"),
        ] {
            let bucket = Bucket::behind(endpoint, "b", &region("us-east-1"), style).expect("an endpoint");
            assert_eq!(start(&bucket), expected);
        }
        for endpoint in ["", "s3.example.com", "ftp://s3.example.com", "/b"] {
            let refused = Bucket::behind(endpoint, "b", &region("us-east-1"), Style::Path);
            assert_eq!(refused, Err(InvalidEndpoint), "{endpoint}");
        }
    }
}

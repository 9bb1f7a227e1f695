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

impl Style {
    /// What comes before a key, after an endpoint's own path.
    fn path(self, mut own: String, bucket: &str) -> String {
        match self {
            Self::VirtualHost => own,
            Self::Path => {
                encode::path_onto(&mut own, bucket);
                own.push('/');
                own
            }
        }
    }
}

/// The endpoint is not an `http` or `https` URL with a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint of S3 is an http or https URL with a host")]
pub struct InvalidEndpoint;

/// A bucket, its Region, and the beginning of its objects' URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub(crate) scheme: &'static str,
    /// As it stands in URLs.
    pub(crate) authority: String,
    /// As it is signed: with a port only when that is not the scheme's own.
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
        let (style, host) = if is_host_label(name) {
            (Style::VirtualHost, format!("{name}.{host}"))
        } else {
            (Style::Path, host)
        };
        let path = style.path("/".to_owned(), name);
        Self { scheme: "https", authority: host.clone(), host, path, region: region.clone() }
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
        let host = uri.host().ok_or(InvalidEndpoint)?;
        let host = match style {
            Style::VirtualHost => format!("{name}.{host}"),
            Style::Path => host.to_owned(),
        };
        let path = format!("{}/", uri.path().trim_end_matches('/'));
        let with = |port: Option<u16>| port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        Ok(Self {
            scheme,
            authority: with(uri.port_u16()),
            host: with(uri.port_u16().filter(|port| *port != own_port)),
            path: style.path(path, name),
            region: region.clone(),
        })
    }

    /// The beginning of every URL: `https://bucket.host/`.
    pub(crate) fn start(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
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

    #[test]
    fn a_bucket_has_its_own_host_unless_its_name_makes_none() {
        for (name, place, expected) in [
            ("recordings", "eu-west-1", "https://recordings.s3.eu-west-1.amazonaws.com/"),
            ("recordings", "cn-north-1", "https://recordings.s3.cn-north-1.amazonaws.com.cn/"),
            ("my.recordings", "us-east-1", "https://s3.us-east-1.amazonaws.com/my.recordings/"),
            ("Old_Bucket", "us-east-1", "https://s3.us-east-1.amazonaws.com/Old_Bucket/"),
        ] {
            assert_eq!(Bucket::on_aws(name, &region(place)).start(), expected);
        }
    }

    #[test]
    fn an_endpoint_keeps_its_port_and_path_and_a_port_that_goes_without_saying_is_not_signed() {
        for (endpoint, style, expected, signed) in [
            ("http://127.0.0.1:4566", Style::Path, "http://127.0.0.1:4566/b/", "127.0.0.1:4566"),
            (
                "https://s3.example.com:443/",
                Style::VirtualHost,
                "https://b.s3.example.com:443/",
                "b.s3.example.com",
            ),
            (
                "http://s3.example.com:80/base/",
                Style::Path,
                "http://s3.example.com:80/base/b/",
                "s3.example.com",
            ),
        ] {
            let bucket = Bucket::behind(endpoint, "b", &region("us-east-1"), style).expect("an endpoint");
            assert_eq!((bucket.start().as_str(), bucket.host.as_str()), (expected, signed));
        }
        for endpoint in ["", "s3.example.com", "ftp://s3.example.com", "/b"] {
            let refused = Bucket::behind(endpoint, "b", &region("us-east-1"), Style::Path);
            assert_eq!(refused, Err(InvalidEndpoint), "{endpoint}");
        }
    }
}

//! What a request asks of Route 53, whose operations are methods and paths.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_Operations_Amazon_Route_53.html>

use http::Method;
use http::request::Parts;

/// The operation; the method and the path where it is none that this system knows.
pub(super) fn action(request: &Parts) -> String {
    let action = match (&request.method, segments(request).as_slice()) {
        (&Method::GET, ["hostedzone"]) => "ListHostedZones",
        (&Method::GET, ["hostedzonesbyname"]) => "ListHostedZonesByName",
        (&Method::POST, ["hostedzone"]) => "CreateHostedZone",
        (&Method::GET, ["hostedzone", _]) => "GetHostedZone",
        (&Method::DELETE, ["hostedzone", _]) => "DeleteHostedZone",
        (&Method::GET, ["hostedzone", _, "rrset"]) => "ListResourceRecordSets",
        (&Method::POST, ["hostedzone", _, "rrset"]) => "ChangeResourceRecordSets",
        (&Method::GET, ["change", _]) => "GetChange",
        (method, _) => return format!("{method} {}", request.uri.path()),
    };
    action.to_owned()
}

/// The id of the hosted zone that the path names.
pub(super) fn zone(request: &Parts) -> Option<&str> {
    match segments(request).as_slice() {
        ["hostedzone", zone, ..] => Some(zone),
        _ => None,
    }
}

/// The path after the API's version.
fn segments(request: &Parts) -> Vec<&str> {
    request.uri.path().split('/').filter(|segment| !segment.is_empty()).skip(1).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::Request;
    use http::request::Parts;

    use super::{action, zone};

    fn request(method: &str, path: &str) -> Parts {
        Request::builder().method(method).uri(path).body(()).unwrap().into_parts().0
    }

    #[test]
    fn operations_and_zones_are_in_method_and_path() {
        for (method, path, expected, of) in [
            ("GET", "/2013-04-01/hostedzone/Z1", "GetHostedZone", Some("Z1")),
            ("POST", "/2013-04-01/hostedzone/Z1/rrset", "ChangeResourceRecordSets", Some("Z1")),
            ("POST", "/2013-04-01/hostedzone/Z1/rrset/", "ChangeResourceRecordSets", Some("Z1")),
            ("GET", "/2013-04-01/hostedzone/Z1/rrset?maxitems=1", "ListResourceRecordSets", Some("Z1")),
            ("POST", "/2013-04-01/hostedzone", "CreateHostedZone", None),
            ("GET", "/2013-04-01/healthcheck", "GET /2013-04-01/healthcheck", None),
        ] {
            let request = request(method, path);
            assert_eq!((action(&request).as_str(), zone(&request)), (expected, of), "{method} {path}");
        }
    }
}

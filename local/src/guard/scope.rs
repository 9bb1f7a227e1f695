//! Who signed a request and for which service: the SigV4 credential scope.

use http::request::Parts;

/// The credential scope of a signed request.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Scope {
    pub(crate) access_key_id: String,
    pub(crate) region: String,
    /// The signing name, for example `elasticloadbalancing`.
    pub(crate) service: String,
}

/// Which stand-in answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StandIn {
    Ministack,
    Moto,
}

impl Scope {
    /// The scope in the `Authorization` header or, for a presigned URL, in the query.
    pub(crate) fn of(request: &Parts) -> Option<Self> {
        let header = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        let credential = match header {
            Some(header) => {
                let (_, rest) = header.split_once("Credential=")?;
                rest.split([',', ' ']).next()?.to_owned()
            }
            None => url::form_urlencoded::parse(request.uri.query()?.as_bytes())
                .find(|(name, _)| name == "X-Amz-Credential")?
                .1
                .into_owned(),
        };
        let mut parts = credential.rsplitn(5, '/');
        let terminator = parts.next()?;
        let (service, region, _date, access_key_id) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (terminator == "aws4_request").then(|| Self {
            access_key_id: access_key_id.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }

    /// moto has what ministack lacks: private CAs, certificate export, listener certificates; and the hosted zones in
    /// which its ACM looks for the records that prove names.
    pub(crate) fn stand_in(&self) -> StandIn {
        match self.service.as_str() {
            "acm" | "acm-pca" | "route53" | "elasticloadbalancing" | "ec2" => StandIn::Moto,
            _ => StandIn::Ministack,
        }
    }

    /// Services of moto's, which checks neither signatures nor policies, for which ministack says who may.
    pub(crate) fn is_checked_by_ministack(&self) -> bool {
        matches!(self.service.as_str(), "acm" | "acm-pca" | "elasticloadbalancing" | "route53")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::Request;

    use super::{Scope, StandIn};

    fn scope(uri: &str, authorization: Option<&str>) -> Option<Scope> {
        let mut request = Request::builder().uri(uri);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        Scope::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_signed_header_names_key_region_and_service() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/acm-pca/aws4_request, \
                      SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79";
        let scope = scope("/", Some(header)).unwrap();
        assert_eq!(scope.access_key_id, "AKIDEXAMPLE");
        assert_eq!((scope.region.as_str(), scope.service.as_str()), ("us-east-1", "acm-pca"));
        assert_eq!(scope.stand_in(), StandIn::Moto);
    }

    #[test]
    fn a_presigned_url_names_its_scope_in_the_query() {
        let uri = "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261122%2Feu-west-1%2Fs3%2Faws4_request";
        let scope = scope(uri, None).unwrap();
        assert_eq!((scope.access_key_id.as_str(), scope.region.as_str()), ("AKID", "eu-west-1"));
        assert_eq!(scope.stand_in(), StandIn::Ministack);
    }

    #[test]
    fn a_bearer_token_and_no_signature_are_no_scope() {
        assert_eq!(scope("/", Some("Bearer abc")), None);
        assert_eq!(scope("/?a=b", None), None);
        assert_eq!(scope("/", Some("AWS4-HMAC-SHA256 Credential=AKID/20150830/aws4_request")), None);
    }
}

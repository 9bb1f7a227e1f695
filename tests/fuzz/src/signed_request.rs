//! The signed request of a login with AWS credentials: what is sent on is one fixed request to a host of STS, once.

use std::time::Duration;

use model::Timestamp;
use model::partition::Partition;
use model::region::Region;
use model::signed_request::{BODY, FRESHNESS, SeenSignature, SignedRequest, SignedRequestFault};
use model::sts_endpoint::StsEndpoint;
use serde_json::{Map, Value};

/// When the corpus was signed: 2026-01-02T03:04:00Z.
const SIGNED_AT: i64 = 1_767_323_040;

/// An input is the method, the configured endpoint, the seconds since the corpus was signed and the body, each on a line, and
/// then the headers as JSON.
pub fn signed_request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (method, endpoint, seconds, body, headers) = (line(), line(), line(), line(), line());
    let endpoint = endpoint.parse::<StsEndpoint>();
    if let Ok(endpoint) = &endpoint {
        let url = endpoint.custom_url().unwrap_or_else(|| endpoint.as_str().to_ascii_lowercase());
        assert!(is_sts(url.trim_end_matches('/')), "{url}");
    }
    let endpoint = endpoint.unwrap_or_else(|_| StsEndpoint::global());
    let now = Timestamp::from_unix_seconds(SIGNED_AT + i64::from(seconds.parse::<i16>().unwrap_or_default()));
    let Ok(headers) = serde_json::from_str::<Value>(headers) else { return };
    let check = |method: &str, body: &[u8], headers: &Value, now| {
        SignedRequest::check(method, body, headers, &endpoint, now)
    };
    let accepted = match check(method, body.as_bytes(), &headers, now) {
        Ok(accepted) => accepted,
        Err(fault) => return said_safely(&fault),
    };
    what_is_sent_on_is_fixed(&accepted, method, body, now);
    let given = headers.as_object().expect("headers that were accepted are an object");

    // Other methods and bodies, each a byte away.
    for at in 0..BODY.len() {
        let mut other = BODY.as_bytes().to_vec();
        other[at] ^= 1;
        assert!(check(method, &other, &headers, now).is_err());
    }
    assert!(check("post", body.as_bytes(), &headers, now).is_err());

    // A copy in another spelling is refused, or known as the same by its signature; each goes to the same place.
    let signature = given.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let (name, value) = signature.expect("what was accepted is signed");
    let value = value.as_str().expect("a header is a text");
    for other in
        [value.to_uppercase(), value.replace(", ", ","), value.replace(", ", " , "), value.replace('=', " =")]
    {
        let mut respelt = given.clone();
        respelt.insert(name.clone(), other.into());
        same_or_refused(&accepted, check(method, body.as_bytes(), &Value::Object(respelt), now));
    }
    let shouted: Map<String, Value> =
        given.iter().map(|(name, value)| (name.to_uppercase(), value.clone())).collect();
    same_or_refused(&accepted, check(method, body.as_bytes(), &Value::Object(shouted), now));

    // A header of somebody else's never goes along.
    let mut more = given.clone();
    more.insert("x-forwarded-host".to_owned(), "example.com".into());
    assert!(check(method, body.as_bytes(), &Value::Object(more), now).is_err());

    // Once the memory of it is gone, its date refuses it.
    let seen = SeenSignature::of(&accepted, String::new());
    let later = seen.forgotten_at;
    assert_eq!(check(method, body.as_bytes(), &headers, later).err(), Some(SignedRequestFault::Stale));
}

fn same_or_refused(accepted: &SignedRequest, copy: Result<SignedRequest, SignedRequestFault>) {
    if let Ok(copy) = copy {
        assert_eq!(
            (&copy.signature, &copy.url, copy.signed_at),
            (&accepted.signature, &accepted.url, accepted.signed_at),
            "a copy that the memory of signatures would not know"
        );
    }
}

fn what_is_sent_on_is_fixed(accepted: &SignedRequest, method: &str, body: &str, now: Timestamp) {
    assert_eq!((method, body), ("POST", BODY));
    assert!(accepted.url.ends_with('/') && is_sts(accepted.url.trim_end_matches('/')), "{}", accepted.url);
    let apart = now.since(accepted.signed_at).max(accepted.signed_at.since(now));
    assert!(apart <= FRESHNESS + Duration::from_millis(1), "{apart:?}");
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(accepted.signature.len() == 64 && accepted.signature.bytes().all(hexadecimal));
    let allowed = [
        "authorization",
        "content-type",
        "host",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
    ];
    for (name, value) in &accepted.headers {
        assert!(allowed.contains(name), "{name}");
        assert!(
            !value.is_empty() && value.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{name}: {value:?}"
        );
    }
    let header = |wanted: &str| {
        let mut values =
            accepted.headers.iter().filter(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        (values.next(), values.next())
    };
    let (host, second) = header("host");
    assert!(host.is_some_and(|host| is_sts(&format!("https://{host}"))) && second.is_none(), "{host:?}");
    let (authorization, second) = header("authorization");
    assert!(authorization.is_some_and(|value| value.contains(&accepted.signature)) && second.is_none());
    // Neither is printed by accident.
    assert!(!format!("{accepted:?}").contains(&accepted.signature));
}

/// Whether a URL is that of the Security Token Service, taken apart in another way than the product does.
fn is_sts(url: &str) -> bool {
    let Some(host) = url.strip_prefix("https://") else { return false };
    if host == "sts.amazonaws.com" {
        return true;
    }
    let regional = |host: &str, service: &str, suffix: &str| {
        host.strip_suffix(suffix)
            .and_then(|rest| rest.strip_suffix('.'))
            .and_then(|rest| rest.strip_prefix(service))
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|region| region.parse::<Region>().ok())
            .is_some_and(|region| region.partition().dns_suffix() == suffix)
    };
    Partition::ALL.into_iter().map(Partition::dns_suffix).any(|suffix| {
        let of_network = host.split_once('.').is_some_and(|(id, rest)| {
            let rest = rest.strip_suffix(&format!(".vpce.{suffix}")).map(|rest| format!("{rest}.{suffix}"));
            id.starts_with("vpce-") && rest.is_some_and(|rest| regional(&rest, "sts", suffix))
        });
        regional(host, "sts", suffix) || regional(host, "sts-fips", suffix) || of_network
    })
}

/// What a refusal says goes into an answer: short, and in one line.
fn said_safely(fault: &SignedRequestFault) {
    let words = fault.to_string();
    assert!(words.len() <= 512 && !words.contains(char::is_control), "{words:?}");
}

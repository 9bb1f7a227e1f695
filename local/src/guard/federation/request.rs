//! What is asked of the federation endpoint.

use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use url::{Host, Url};

use super::super::call::Form;
use super::super::wire::Refusal;
use super::bad_request;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>
const SHORTEST_SESSION_SECONDS: u32 = 900;
const LONGEST_SESSION_SECONDS: u32 = 43_200;

/// Each partition's console. <https://docs.aws.amazon.com/general/latest/gr/signin-service.html>
const CONSOLES: [(&str, &str); 4] = [
    ("aws", "console.aws.amazon.com"),
    ("aws-cn", "console.amazonaws.cn"),
    ("aws-us-gov", "console.amazonaws-us-gov.com"),
    ("aws-eusc", "console.amazonaws-eusc.eu"),
];

/// One request.
#[derive(Debug)]
pub(super) enum Request {
    /// A token for credentials.
    SignIn(SignIn),
    /// A page for a token.
    Login(Login),
}

/// Credentials that are to become a token.
#[derive(Debug)]
pub(super) struct SignIn {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: SecretString,
    pub(super) session_token: SecretString,
    pub(super) duration_is_sent: bool,
}

/// A token that is to become a page.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) token: SecretString,
    pub(super) destination: String,
    pub(super) issuer: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    session_id: String,
    session_key: String,
    session_token: String,
}

impl Request {
    pub(super) fn read(method: &Method, form: &Form) -> Result<Self, Refusal> {
        let text = |name: &str| form.get(name).map(String::as_str).filter(|text| !text.is_empty());
        match (text("Action"), method) {
            (Some("getSigninToken"), &Method::GET | &Method::POST) => {
                let session = text("Session").ok_or_else(|| bad_request("Session is missing"))?;
                // The reason that serde gives can quote what it read.
                let session: Session = serde_json::from_str(session).map_err(|_| {
                    bad_request(
                        "Session is not JSON with the texts sessionId, sessionKey and sessionToken; \
                         only temporary credentials have a token",
                    )
                })?;
                let duration = text("SessionDuration");
                if duration.is_some_and(|given| !is_session_duration(given)) {
                    return Err(bad_request("SessionDuration is not a number of seconds from 900 to 43200"));
                }
                Ok(Self::SignIn(SignIn {
                    access_key_id: session.session_id,
                    secret_access_key: session.session_key.into(),
                    session_token: session.session_token.into(),
                    duration_is_sent: duration.is_some(),
                }))
            }
            (Some("login"), &Method::GET) => Ok(Self::Login(Login {
                token: text("SigninToken").ok_or_else(|| bad_request("SigninToken is missing"))?.into(),
                destination: text("Destination")
                    .ok_or_else(|| bad_request("Destination is missing"))?
                    .to_owned(),
                issuer: text("Issuer").map(str::to_owned),
            })),
            (Some("getSigninToken" | "login"), _) => Err(bad_request("the method is not one of this action")),
            (Some(_), _) => Err(bad_request("Action is neither getSigninToken nor login")),
            (None, _) => Err(bad_request("Action is missing")),
        }
    }
}

fn is_session_duration(given: &str) -> bool {
    given.parse().is_ok_and(|seconds| (SHORTEST_SESSION_SECONDS..=LONGEST_SESSION_SECONDS).contains(&seconds))
}

/// Refuses what is not a page of the partition's console.
pub(super) fn check_destination(destination: &str, partition: &str) -> Result<(), Refusal> {
    let console = CONSOLES.iter().find(|(name, _)| *name == partition).map(|(_, host)| *host);
    let is_console = |url: &Url| {
        let Some(Host::Domain(host)) = url.host() else { return false };
        let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        url.scheme() == "https"
            && plain
            && console.is_some_and(|console| {
                host.strip_suffix(console).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            })
    };
    if Url::parse(destination).is_ok_and(|url| is_console(&url)) {
        Ok(())
    } else {
        Err(bad_request("Destination is not a page of the console of the account's partition"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::Method;

    use super::{Request, check_destination};

    const SESSION: &str = r#"{"sessionId":"ASIA","sessionKey":"the-key","sessionToken":"the-token"}"#;

    fn refusal(method: Method, fields: &[(&str, &str)]) -> Option<String> {
        let form = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Request::read(&method, &form).err().map(|refusal| refusal.message)
    }

    #[test]
    fn a_token_is_asked_for_by_get_and_by_post() {
        let asked = [("Action", "getSigninToken"), ("Session", SESSION)];
        for method in [Method::GET, Method::POST] {
            assert_eq!(refusal(method, &asked), None);
        }
        assert!(refusal(Method::PUT, &asked).is_some());
    }

    #[test]
    fn credentials_without_a_token_are_refused_and_not_shown() {
        for session in
            [r#"{"sessionId":"AKIA","sessionKey":"the-key"}"#, r#"{"sessionKey":"the-key","#, "the-key", ""]
        {
            let refusal =
                refusal(Method::POST, &[("Action", "getSigninToken"), ("Session", session)]).unwrap();
            assert!(refusal.starts_with("Session is"), "{refusal}");
            assert!(!refusal.contains("the-key"));
        }
        let form = [("Action", "getSigninToken"), ("Session", SESSION)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let read = Request::read(&Method::POST, &form.into()).unwrap();
        assert!(!format!("{read:?}").contains("the-"));
    }

    #[test]
    fn a_duration_is_15_minutes_to_12_hours() {
        let with = |duration| {
            refusal(
                Method::POST,
                &[("Action", "getSigninToken"), ("Session", SESSION), ("SessionDuration", duration)],
            )
        };
        assert_eq!((with("900"), with("43200")), (None, None));
        for duration in ["899", "43201", "1h", "-900"] {
            assert!(with(duration).is_some(), "{duration}");
        }
    }

    #[test]
    fn a_login_names_a_token_and_a_destination() {
        let token = ("SigninToken", "t");
        let destination = ("Destination", "https://console.aws.amazon.com/");
        let login = ("Action", "login");
        assert_eq!(refusal(Method::GET, &[login, token, destination]), None);
        assert!(refusal(Method::GET, &[login, token]).unwrap().starts_with("Destination"));
        assert!(refusal(Method::GET, &[login, destination]).unwrap().starts_with("SigninToken"));
        assert!(refusal(Method::POST, &[login, token, destination]).is_some());
        assert!(refusal(Method::GET, &[token, destination]).is_some());
        assert!(refusal(Method::GET, &[("Action", "logout")]).is_some());
    }

    #[test]
    fn a_destination_is_a_page_of_the_partitions_console() {
        for (partition, destination, allowed) in [
            ("aws", "https://console.aws.amazon.com/", true),
            ("aws", "https://us-east-1.console.aws.amazon.com/s3/home?region=us-east-1#/x", true),
            ("aws", "http://console.aws.amazon.com/", false),
            ("aws", "https://console.aws.amazon.com:8443/", false),
            ("aws", "https://eve@console.aws.amazon.com/", false),
            ("aws", "https://evilconsole.aws.amazon.com/", false),
            ("aws", "https://console.aws.amazon.com.evil.example/", false),
            ("aws", "https://console.amazonaws.cn/", false),
            ("aws", "https://127.0.0.1/", false),
            ("aws", "javascript:alert(1)", false),
            ("aws", "/s3/home", false),
            ("aws-cn", "https://console.amazonaws.cn/", true),
            ("aws-us-gov", "https://us-gov-west-1.console.amazonaws-us-gov.com/", true),
            ("aws-us-gov", "https://console.aws.amazon.com/", false),
            ("aws-eusc", "https://console.amazonaws-eusc.eu/", true),
            ("aws-mars", "https://console.aws.amazon.com/", false),
        ] {
            assert_eq!(check_destination(destination, partition).is_ok(), allowed, "{destination}");
        }
    }
}

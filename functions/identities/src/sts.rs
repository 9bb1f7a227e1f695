//! Sending a machine's signed GetCallerIdentity request on to STS, and reading who signed it.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use std::sync::OnceLock;
use std::time::Duration;

use model::principal::{NotAPrincipal, Principal};
use model::signed_request::{BODY, SignedRequest};
use reqwest::redirect::Policy;
use serde_json::Value;

/// Clients give up on a login after ten seconds.
const TIMEOUT: Duration = Duration::from_secs(5);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// STS's answers have less than two kilobytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The way to STS for requests that somebody else signed: no SDK can send those.
#[derive(Debug)]
pub(crate) struct Sts {
    /// Made at the first use: it reads the system's certificate authorities.
    client: OnceLock<reqwest::Client>,
    /// Where connections go instead of to the request's own host, which stays in its `Host` header.
    endpoint: Option<String>,
}

/// Nobody was recognised.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// STS did not accept the signature; in its own words, without anything of the request.
    #[error("STS refused the signed request ({status}): {reason}")]
    Refused { status: u16, reason: String },
    #[error("could not reach STS")]
    Send(#[source] Option<reqwest::Error>),
    #[error("STS is not available ({0})")]
    Busy(u16),
    #[error("STS's answer names nobody")]
    ReadAnswer,
    #[error("STS's answer names no principal")]
    ReadPrincipal(#[from] NotAPrincipal),
}

/// Who signed a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallerIdentity {
    pub(crate) principal: Principal,
    /// AWS's `UserId`.
    pub(crate) user_id: String,
}

impl Sts {
    pub(crate) fn new(endpoint: Option<String>) -> Self {
        Self { client: OnceLock::new(), endpoint }
    }

    /// Who signed `request`. One request to STS, never repeated, within five seconds.
    pub(crate) async fn caller_identity(
        &self,
        request: &SignedRequest,
    ) -> Result<CallerIdentity, ReplayError> {
        let client = self.client()?;
        let mut post = client
            .post(self.endpoint.as_deref().unwrap_or(&request.url))
            .header("accept", "application/json")
            .header("content-length", BODY.len());
        if !request.headers.iter().any(|(name, _)| *name == "content-type") {
            post = post.header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        }
        for (name, value) in &request.headers {
            let mut value =
                reqwest::header::HeaderValue::from_str(value).map_err(|_| ReplayError::Send(None))?;
            // Keeps it out of the client's own debug output.
            value.set_sensitive(true);
            post = post.header(*name, value);
        }
        let sent = post.body(BODY).send().await;
        let mut answer = sent.map_err(|error| ReplayError::Send(Some(error.without_url())))?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) =
            answer.chunk().await.map_err(|error| ReplayError::Send(Some(error.without_url())))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER_BYTES {
                return Err(ReplayError::ReadAnswer);
            }
        }
        let body = String::from_utf8(body).map_err(|_| ReplayError::ReadAnswer)?;
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(ReplayError::Busy(status.as_u16()));
        }
        if !status.is_success() {
            return Err(ReplayError::Refused { status: status.as_u16(), reason: refusal(&body) });
        }
        read(&body)
    }

    fn client(&self) -> Result<&reqwest::Client, ReplayError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| ReplayError::Send(Some(error)))?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// A successful answer, in JSON as we ask for it or in XML as it also comes.
fn read(body: &str) -> Result<CallerIdentity, ReplayError> {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let field = |name: &str| match &json {
        Some(json) => {
            json["GetCallerIdentityResponse"]["GetCallerIdentityResult"][name].as_str().map(str::to_owned)
        }
        None => element(element(body, "GetCallerIdentityResult")?, name).map(unescaped),
    };
    let (arn, account, user_id) = (field("Arn"), field("Account"), field("UserId"));
    let (Some(arn), Some(account), Some(user_id)) = (arn, account, user_id) else {
        return Err(ReplayError::ReadAnswer);
    };
    let principal: Principal = arn.parse()?;
    if principal.account().as_str() != account {
        return Err(ReplayError::ReadAnswer);
    }
    Ok(CallerIdentity { principal, user_id })
}

/// STS's reason for a refusal: code and message, at most 300 characters of plain text.
fn refusal(body: &str) -> String {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let field = |name: &str| match &json {
        Some(json) => json["Error"][name].as_str().map(str::to_owned),
        None => element(body, name).map(unescaped),
    };
    let reason: Vec<String> = [field("Code"), field("Message")].into_iter().flatten().collect();
    let plain = |symbol: &char| !symbol.is_control();
    reason.join(": ").chars().filter(plain).take(300).collect()
}

/// The text of the only element of this name; `None` when there is none, or more than one.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (_, rest) = xml.split_once(&open)?;
    let (text, after) = rest.split_once(&close)?;
    (!text.contains(&open) && !after.contains(&open)).then(|| text.trim())
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>, second example.
    const XML: &str = r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
   <Arn>arn:aws:sts::123456789012:assumed-role/my-role-name/my-role-session-name</Arn>
    <UserId>ARO123EXAMPLE123:my-role-session-name</UserId>
    <Account>123456789012</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>"#;

    fn json(arn: &str, account: &str) -> String {
        serde_json::json!({ "GetCallerIdentityResponse": {
            "GetCallerIdentityResult": { "Account": account, "Arn": arn, "UserId": "ARO123EXAMPLE123:my-role-session-name" },
            "ResponseMetadata": { "RequestId": "1" },
        } })
        .to_string()
    }

    #[test]
    fn json_and_xml_name_the_same_caller() {
        let arn = "arn:aws:sts::123456789012:assumed-role/my-role-name/my-role-session-name";
        let from_xml = read(XML).expect("reads");
        assert_eq!(from_xml, read(&json(arn, "123456789012")).expect("reads"));
        assert_eq!(from_xml.user_id, "ARO123EXAMPLE123:my-role-session-name");
    }

    #[test]
    fn an_answer_that_is_not_plainly_one_caller_names_nobody() {
        let twice = XML.replace("<UserId>", "<Arn>arn:aws:iam::123456789012:root</Arn><UserId>");
        for (what, body) in [
            ("empty", String::new()),
            ("html", "<html></html>".to_owned()),
            ("other account", json("arn:aws:iam::123456789012:user/a", "210987654321")),
            ("two arns", twice),
            ("no result", XML.replace("GetCallerIdentityResult", "Other")),
            ("json without result", "{}".to_owned()),
        ] {
            assert!(matches!(read(&body), Err(ReplayError::ReadAnswer)), "{what}");
        }
        let service = json("arn:aws:s3:::bucket", "123456789012");
        assert!(matches!(read(&service), Err(ReplayError::ReadPrincipal(_))));
    }

    #[test]
    fn the_reason_of_a_refusal_is_code_and_message_in_either_form() {
        let expected = "SignatureDoesNotMatch: The request signature we calculated does not match";
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code>\n<Message>The request signature we calculated does not match</Message></Error></ErrorResponse>";
        let json = r#"{"Error":{"Code":"SignatureDoesNotMatch","Message":"The request signature we calculated does not match","Type":"Sender"},"RequestId":"1"}"#;
        assert_eq!(refusal(xml), expected);
        assert_eq!(refusal(json), expected);
        assert_eq!(refusal("<html>"), "");
    }
}

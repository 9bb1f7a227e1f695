//! AWS's error answers, read and written in the protocol of the caller.

use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use hyper::body::Bytes;
use serde_json::{Value, json};

/// An error as AWS words it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// The error that an answer is, in whatever protocol.
    pub(crate) fn of(answer: &Response<Bytes>) -> Self {
        let code = error_code(answer).unwrap_or_else(|| "InternalFailure".to_owned());
        Self { status: answer.status().as_u16(), code, message: text_of(answer).unwrap_or_default() }
    }

    /// The error in the protocol of the request: XML for query services and S3, else JSON.
    pub(crate) fn answer(&self, request: &Parts, service: &str) -> Response<Bytes> {
        let request_id = uuid::Uuid::new_v4();
        let form = request
            .headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let (kind, body) = if service == "s3" {
            let error = self.xml();
            ("application/xml", format!("<Error>{error}<RequestId>{request_id}</RequestId></Error>"))
        } else if form || service == "route53" {
            let blame = if self.status < 500 { "Sender" } else { "Receiver" };
            let error = format!("<Error><Type>{blame}</Type>{}</Error>", self.xml());
            ("text/xml", format!("<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"))
        } else {
            let body = json!({ "__type": self.code, "message": self.message });
            ("application/x-amz-json-1.1", body.to_string())
        };
        let mut answer = Response::new(Bytes::from(body));
        *answer.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = answer.headers_mut();
        let id = request_id.to_string();
        for (name, value) in [
            ("content-type", kind),
            ("x-amzn-requestid", id.as_str()),
            ("x-amzn-errortype", self.code.as_str()),
        ] {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        }
        answer
    }

    fn xml(&self) -> String {
        let message = self.message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!("<Code>{}</Code><Message>{message}</Message>", self.code)
    }
}

/// The error code of an answer that is one, without the shape's name space.
pub(crate) fn error_code(answer: &Response<Bytes>) -> Option<String> {
    if answer.status().is_success() || answer.status().is_redirection() {
        return None;
    }
    let text = String::from_utf8_lossy(answer.body());
    header(answer.headers(), "x-amzn-errortype")
        .or_else(|| {
            let body: Value = serde_json::from_str(&text).ok()?;
            body["__type"].as_str().map(str::to_owned)
        })
        .or_else(|| element(&text, "Code").map(str::to_owned))
        .map(|code| {
            code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned()
        })
}

/// The text of an answer that is an error. What is wrong with a signature can quote the session token that was signed.
pub(crate) fn error_message(answer: &Response<Bytes>) -> Option<String> {
    error_code(answer).filter(|code| !code.contains("Signature"))?;
    text_of(answer)
}

/// What an error answer says, whatever its protocol.
fn text_of(answer: &Response<Bytes>) -> Option<String> {
    let text = String::from_utf8_lossy(answer.body());
    let json = || {
        let body: Value = serde_json::from_str(&text).ok()?;
        ["message", "Message"].iter().find_map(|name| body[*name].as_str().map(str::to_owned))
    };
    json().or_else(|| element(&text, "Message").map(str::to_owned))
}

/// The text of the first element with that name, which holds no other element.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::Request;

    use super::{Refusal, element, error_code, error_message};

    fn answer(content_type: &str, service: &str) -> (String, Option<String>) {
        let request =
            Request::builder().header("content-type", content_type).body(()).unwrap().into_parts().0;
        let refusal = Refusal::new(400, "Throttling", "Rate <exceeded>");
        let answer = refusal.answer(&request, service);
        (String::from_utf8(answer.body().to_vec()).unwrap(), error_code(&answer))
    }

    #[test]
    fn a_query_service_gets_xml() {
        let (body, code) = answer("application/x-www-form-urlencoded; charset=utf-8", "sts");
        assert_eq!(element(&body, "Code"), Some("Throttling"));
        assert_eq!(element(&body, "Message"), Some("Rate &lt;exceeded&gt;"));
        assert_eq!(code.as_deref(), Some("Throttling"));
    }

    #[test]
    fn a_json_service_gets_json() {
        let (body, code) = answer("application/x-amz-json-1.0", "dynamodb");
        assert_eq!(body, r#"{"__type":"Throttling","message":"Rate <exceeded>"}"#);
        assert_eq!(code.as_deref(), Some("Throttling"));
    }

    #[test]
    fn the_name_space_of_a_code_is_dropped() {
        let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#;
        let answer = http::Response::builder().status(400).body(hyper::body::Bytes::from(body)).unwrap();
        assert_eq!(error_code(&answer).as_deref(), Some("ConditionalCheckFailedException"));
        assert_eq!(error_message(&answer), None);
    }
}

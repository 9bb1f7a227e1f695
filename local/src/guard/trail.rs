//! CloudTrail's event history, from the call log: ministack's own knows neither roles nor sessions.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>
//!
//! ministack is asked first, for whether the caller may. Management events only, as on AWS, and at once, where AWS takes
//! some minutes. Not here: what REST services without a named operation are asked (Lambda, Route 53), Insights events.

mod event;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response};
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::Exchange;
use super::record::CallLog;
use super::wire::Refusal;
use event::Event;

const LARGEST_PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    lookup_attributes: Vec<Attribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

/// The history of the caller's account, once ministack has let the caller ask.
pub(super) fn after(
    exchange: &Exchange,
    log: &CallLog,
    answer: Response<Bytes>,
) -> Result<Response<Bytes>, Refusal> {
    let Some(caller) = &exchange.principal else { return Ok(answer) };
    if exchange.call.action != "LookupEvents" || !answer.status().is_success() {
        return Ok(answer);
    }
    let request = read(&exchange.body)?;
    let events =
        log.list(0, None, None).into_iter().rev().filter_map(|call| Event::of(call, &caller.account));
    let body = page(&request, &exchange.call.region, events)?;
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert("content-type", HeaderValue::from_static("application/x-amz-json-1.1"));
    Ok(Response::from_parts(parts, Bytes::from(body.to_string())))
}

fn read(body: &Bytes) -> Result<Request, Refusal> {
    let refuse = |code: &str, message: &str| Err(Refusal::new(400, code, message));
    let Ok(request) = serde_json::from_slice::<Request>(body) else {
        return refuse("SerializationException", "the request is not one of LookupEvents");
    };
    if request.lookup_attributes.len() > 1 {
        return refuse("InvalidLookupAttributesException", "You can use only one lookup attribute.");
    }
    if request
        .lookup_attributes
        .iter()
        .any(|attribute| !event::ATTRIBUTES.contains(&&*attribute.attribute_key))
    {
        return refuse("InvalidLookupAttributesException", "The lookup attribute is not valid.");
    }
    if request.max_results.is_some_and(|results| !(1..=LARGEST_PAGE).contains(&results)) {
        return refuse("InvalidMaxResultsException", "MaxResults must be from 1 to 50.");
    }
    if let (Some(start), Some(end)) = (request.start_time, request.end_time)
        && start > end
    {
        return refuse("InvalidTimeRangeException", "The start time is after the end time.");
    }
    Ok(request)
}

/// The events, newest first, that the request asks for.
fn page(
    request: &Request,
    region: &str,
    events: impl Iterator<Item = Event>,
) -> Result<serde_json::Value, Refusal> {
    let before = request.next_token.as_deref().map(read_token).transpose()?;
    let size = request.max_results.unwrap_or(LARGEST_PAGE);
    let mut found: Vec<Event> = events
        .filter(|event| before.is_none_or(|before| event.number < before))
        .filter(|event| event.region == region)
        .filter(|event| request.start_time.is_none_or(|start| event.seconds() >= start))
        .filter(|event| request.end_time.is_none_or(|end| event.seconds() <= end))
        .filter(|event| {
            request
                .lookup_attributes
                .iter()
                .all(|wanted| event.has(&wanted.attribute_key, &wanted.attribute_value))
        })
        .take(size + 1)
        .collect();
    let more = found.len() > size;
    found.truncate(size);
    let mut page = json!({ "Events": found.iter().map(Event::json).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, found.last()) {
        page["NextToken"] = json!(URL_SAFE_NO_PAD.encode(last.number.to_be_bytes()));
    }
    Ok(page)
}

fn read_token(token: &str) -> Result<u64, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| bytes.try_into().ok());
    bytes
        .map(u64::from_be_bytes)
        .ok_or_else(|| Refusal::new(400, "InvalidNextTokenException", "The next token is not valid."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use hyper::body::Bytes;
    use serde_json::{Value, json};

    use super::event::tests::event;
    use super::{page, read};

    fn names(request: &Value) -> Result<(Vec<u64>, Option<String>), String> {
        let request = read(&Bytes::from(request.to_string())).map_err(|refusal| refusal.code)?;
        let events = (1..=120)
            .rev()
            .map(|number| event(number, if number % 2 == 0 { "ada@example.com" } else { "eve@example.com" }));
        let page = page(&request, "us-east-1", events).map_err(|refusal| refusal.code)?;
        let numbers = page["Events"].as_array().unwrap().iter().map(|event| {
            let event: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
            event["requestParameters"]["number"].as_u64().unwrap()
        });
        Ok((numbers.collect(), page["NextToken"].as_str().map(str::to_owned)))
    }

    #[test]
    fn pages_go_from_the_newest_to_the_oldest_and_lose_nothing() {
        let (mut all, mut next) = (Vec::new(), None);
        loop {
            let mut request = json!({"MaxResults": 50});
            if let Some(token) = &next {
                request["NextToken"] = json!(token);
            }
            let (numbers, token) = names(&request).unwrap();
            all.extend(numbers);
            next = token;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(all, (1..=120).rev().collect::<Vec<_>>());
    }

    #[test]
    fn one_attribute_and_a_time_narrow_the_events_down() {
        let username = json!({"AttributeKey": "Username", "AttributeValue": "ada@example.com"});
        let (numbers, _) =
            names(&json!({"LookupAttributes": [username], "StartTime": 10, "EndTime": 14})).unwrap();
        assert_eq!(numbers, [14, 12, 10]);
        let name = json!({"AttributeKey": "EventName", "AttributeValue": "ListUsers"});
        assert_eq!(names(&json!({"LookupAttributes": [name]})).unwrap().0, [0_u64; 0]);
    }

    #[test]
    fn what_cloudtrail_refuses_is_refused_in_its_words() {
        let attribute = |key: &str| json!({"AttributeKey": key, "AttributeValue": "x"});
        for (request, code) in [
            (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
            (json!({"MaxResults": 0}), "InvalidMaxResultsException"),
            (json!({"StartTime": 2, "EndTime": 1}), "InvalidTimeRangeException"),
            (json!({"NextToken": "nonsense"}), "InvalidNextTokenException"),
            (json!({"LookupAttributes": [attribute("Colour")]}), "InvalidLookupAttributesException"),
            (
                json!({"LookupAttributes": [attribute("EventId"), attribute("Username")]}),
                "InvalidLookupAttributesException",
            ),
        ] {
            assert_eq!(names(&request).unwrap_err(), code, "{request}");
        }
    }
}

//! The events in `events/`, which are tried by hand and shown to readers.

use std::collections::BTreeSet;
use std::fs;

use job::Event;
use model::message::Noun;
use serde_json::Value;
use tests::gateway::chosen;
use tests::source;
use tests::template::{Function, TemplateRoute};

use crate::template;

/// The events, each with its file's name and text.
fn events() -> Vec<(String, String)> {
    let entries = fs::read_dir(source::workspace().join("events")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn every_event_is_one_that_its_function_would_be_sent() {
    let template = template();
    let (functions, routes) = (template.functions().unwrap(), template.routes().unwrap());
    let mut seen = BTreeSet::new();
    for (name, text) in events() {
        // The name of one function may begin with another's.
        let fitting =
            functions.iter().filter(|function| name.starts_with(&format!("{}-", function.crate_name)));
        let function = fitting.max_by_key(|function| function.crate_name.len()).unwrap();
        seen.insert(function.crate_name.clone());
        let event: Value = serde_json::from_str(&text).unwrap();
        if function.schedules.is_empty() {
            by_http(&name, &text, &event, &routes, &function.crate_name);
        } else {
            by_schedule_or_queue(&name, event, function);
        }
    }
    assert_eq!(seen, source::crates_in("functions").unwrap());
}

fn by_http(name: &str, text: &str, event: &Value, routes: &[TemplateRoute], function: &str) {
    let http = &event["requestContext"]["http"];
    let (method, target) = (http["method"].as_str().unwrap(), http["path"].as_str().unwrap());
    let route = chosen(routes, method, target).unwrap_or_else(|| panic!("{name}: no route"));
    let key = format!("{} {}", route.method, route.path);
    assert_eq!(event["routeKey"], key.as_str(), "{name}");
    assert_eq!(event["requestContext"]["routeKey"], key.as_str(), "{name}");
    if function == "authorizer" {
        assert_eq!(event["type"], "REQUEST", "{name}");
        assert!(!route.open, "{name}: nobody asks the authorizer");
    } else {
        assert_eq!(route.crate_name, function, "{name}");
        assert_eq!(event["requestContext"].get("authorizer").is_none(), route.open, "{name}");
        lambda_http::request::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

fn by_schedule_or_queue(name: &str, event: Value, function: &Function) {
    let told = event.to_string();
    match Event::try_from(event).unwrap_or_else(|error| panic!("{name}: {error}")) {
        Event::Tick => {
            let inputs: Vec<_> = function.schedules.iter().map(|schedule| schedule.input.as_str()).collect();
            assert_eq!(inputs, [told], "{name}");
        }
        Event::Batch(messages) => {
            let [queue] = function.queues.as_slice() else { panic!("{name}: {function:?} has no queue") };
            assert!(messages.len() <= usize::try_from(queue.batch_size).unwrap(), "{name}");
            for message in messages {
                let nouns = [
                    Noun::SecretSync,
                    Noun::KeyRotation,
                    Noun::CertificateRequest,
                    Noun::Certificate,
                    Noun::CertificateSync,
                ];
                let id = nouns.iter().find_map(|noun| noun.id(&message.body));
                let id = id.unwrap_or_else(|| panic!("{name}: {message:?}"));
                assert_eq!(id, message.group, "{name}: one thing is one group");
            }
        }
    }
}

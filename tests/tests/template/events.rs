//! The events in `events/`, which are tried by hand and shown to readers.

use std::collections::BTreeSet;

use tests::gateway::chosen;
use tests::source;

use crate::template;

#[test]
fn every_event_is_one_that_the_gateway_would_send() {
    let routes = template().routes().unwrap();
    let functions = source::crates_in("functions").unwrap();
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(source::workspace().join("events")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        let function = functions.iter().find(|function| name.starts_with(&format!("{function}-"))).unwrap();
        seen.insert(function.clone());

        let http = &event["requestContext"]["http"];
        let (method, target) = (http["method"].as_str().unwrap(), http["path"].as_str().unwrap());
        let route = chosen(&routes, method, target).unwrap_or_else(|| panic!("{name}: no route"));
        let key = format!("{} {}", route.method, route.path);
        assert_eq!(event["routeKey"], key.as_str(), "{name}");
        assert_eq!(event["requestContext"]["routeKey"], key.as_str(), "{name}");
        if function == "authorizer" {
            assert_eq!(event["type"], "REQUEST", "{name}");
            assert!(!route.open, "{name}: nobody asks the authorizer");
        } else {
            assert_eq!(&route.crate_name, function, "{name}");
            assert_eq!(event["requestContext"].get("authorizer").is_none(), route.open, "{name}");
            lambda_http::request::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    assert_eq!(seen, functions);
}

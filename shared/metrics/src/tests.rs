//! Lines as CloudWatch reads them.

use serde_json::{Value, json};

use crate::catalogue::{Capability, Dimension, Metric};
use crate::line::{Place, line};
use crate::{Request, Tick, Work};

fn place() -> Place {
    Place { namespace: "Drawbridge/drawbridge".to_owned(), function: "pam".to_owned(), clock: testkit::now }
}

#[test]
fn a_line_is_what_the_specification_of_the_embedded_metric_format_says() {
    let written = line(
        &place(),
        Dimension::Function,
        &[(Metric::Latency, 17), (Metric::Refusals, 1)],
        &[("route", "/api/v1/pam/accounts/access")],
    );
    let expected = json!({
        "_aws": {
            "Timestamp": testkit::now().unix_milliseconds(),
            "CloudWatchMetrics": [{
                "Namespace": "Drawbridge/drawbridge",
                "Dimensions": [["FunctionName"]],
                "Metrics": [
                    { "Name": "Latency", "Unit": "Milliseconds" },
                    { "Name": "Refusals", "Unit": "Count" },
                ],
            }],
        },
        "FunctionName": "pam",
        "Latency": 17,
        "Refusals": 1,
        "route": "/api/v1/pam/accounts/access",
    });
    assert_eq!(written, expected);
    let failure =
        line(&place(), Dimension::Capability(Capability::KeyRotation), &[(Metric::Failures, 1)], &[]);
    assert_eq!(failure["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Capability"]]));
    assert_eq!((&failure["Capability"], &failure["Failures"]), (&json!("key-rotation"), &json!(1)));
}

#[test]
fn metrics_and_capabilities_have_names_of_their_own() {
    let mut names: Vec<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    names.extend(Capability::ALL.iter().map(|capability| capability.name()));
    names.extend([Dimension::FUNCTION, Dimension::CAPABILITY, "route", "status", "outcome", "_aws"]);
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// What is declared in a line is in it as a number, with its one dimension beside it.
fn assert_whole(line: &Value) {
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    for metric in directive["Metrics"].as_array().expect("metrics") {
        let name = metric["Name"].as_str().expect("a name");
        assert!(line[name].is_u64(), "{name}: {line}");
        let known = Metric::ALL.into_iter().find(|known| known.name() == name).expect("one of ours");
        assert_eq!(metric["Unit"], known.unit(), "{line}");
        assert_eq!(directive["Dimensions"], json!([[known.dimension()]]), "{line}");
        assert!(line[known.dimension()].is_string(), "{line}");
    }
}

#[test]
fn a_line_has_each_metric_that_it_declares_with_the_dimension_of_the_catalogue() {
    let heard = testkit::metrics();
    for status in [200, 304, 404, 500, 503] {
        Request { route: Some("/api/things/{id}"), status, milliseconds: 3 }.write();
    }
    Request { route: None, status: 404, milliseconds: 0 }.write();
    Tick { due: 3, advanced: 2, failed: 1, lag_seconds: 61, milliseconds: 8 }.write();
    Tick { due: 0, advanced: 0, failed: 0, lag_seconds: 0, milliseconds: 8 }.write();
    Work { outcome: Some("worked"), milliseconds: 9 }.write();
    Work { outcome: None, milliseconds: 9 }.write();
    for capability in Capability::ALL {
        crate::done(capability);
        crate::failed(capability);
    }
    crate::ending();
    let lines = heard.lines();
    lines.iter().for_each(assert_whole);
    let written: std::collections::BTreeSet<_> = lines
        .iter()
        .flat_map(|line| line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("metrics").clone())
        .map(|metric| metric["Name"].as_str().expect("a name").to_owned())
        .collect();
    // The cold start is told once in a process, and here perhaps by another test.
    let missing: Vec<_> =
        Metric::ALL.iter().map(|metric| metric.name()).filter(|name| !written.contains(*name)).collect();
    assert!(missing.is_empty() || missing == ["ColdStarts"], "{missing:?}");
}

#[test]
fn only_a_status_of_500_is_a_mistake_of_ours() {
    for (status, refusals, errors, mistakes) in
        [(200, 0, 0, 0), (404, 1, 0, 0), (500, 0, 1, 1), (503, 0, 1, 0)]
    {
        let heard = testkit::metrics();
        Request { route: None, status, milliseconds: 0 }.write();
        let counted = ["Refusals", "ServerErrors", "Failures"].map(|name| heard.sum(name));
        assert_eq!(counted, [refusals, errors, mistakes], "{status}");
    }
}

#[test]
fn each_line_is_one_object_of_json_in_one_line() {
    let heard = testkit::metrics();
    crate::done(Capability::Recording);
    crate::failed(Capability::Recording);
    let text = heard.text();
    assert_eq!((text.lines().count(), text.ends_with('\n')), (2, true), "{text}");
    assert_eq!(heard.lines().len(), 2);
}

//! The dashboard: what it shows is there to be shown.

use serde_json::Value;
use tests::template::{Template, property};

use crate::operations::Watched;
use crate::template;

/// The dashboard's body, with its references as they are written.
fn widgets(template: &Template) -> Vec<Value> {
    let mut dashboards = template.resources("AWS::CloudWatch::Dashboard");
    let (_, dashboard) = dashboards.next().expect("a dashboard");
    assert!(dashboards.next().is_none());
    let body = property(dashboard, "DashboardBody").unwrap();
    let serde_yaml_ng::Value::Tagged(body) = body else { panic!("the body refers to nothing") };
    assert_eq!(body.tag, "Sub");
    let body: Value = serde_json::from_str(body.value.as_str().unwrap()).expect("the body is JSON");
    body["widgets"].as_array().expect("widgets").clone()
}

/// A row of a widget. `...` stands for as many fields of the row above as are missing.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>
fn fields(row: &Value, above: &[String]) -> Vec<String> {
    let own: Vec<String> =
        row.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match own.split_first() {
        Some((first, rest)) if first == "..." => [&above[..above.len() - rest.len()], rest].concat(),
        _ => own,
    }
}

fn watched(fields: &[String]) -> Watched {
    let [namespace, metric, dimensions @ ..] = fields else { panic!("{fields:?}") };
    assert_eq!(dimensions.len() % 2, 0, "{fields:?}");
    let value = |text: &str| {
        let reference = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
        reference.unwrap_or(text).to_owned()
    };
    let dimensions = dimensions.chunks(2).map(|pair| (pair[0].clone(), value(&pair[1]))).collect();
    Watched { namespace: namespace.clone(), metric: metric.clone(), dimensions }
}

fn shown(template: &Template) -> Vec<(String, Watched)> {
    let mut shown = Vec::new();
    for widget in widgets(template) {
        let title = widget["properties"]["title"].as_str().expect("a title").to_owned();
        let mut above = Vec::new();
        for row in widget["properties"]["metrics"].as_array().expect("metrics") {
            above = fields(row, &above);
            shown.push((title.clone(), watched(&above)));
        }
    }
    shown
}

#[test]
fn the_dashboard_shows_metrics_that_somebody_writes() {
    let template = template();
    let shown = shown(&template);
    assert!(shown.len() > 100, "{}", shown.len());
    for (title, watched) in shown {
        watched.assert_exists(&template, &title);
    }
}

#[test]
fn the_dashboard_shows_every_function_every_queue_and_both_tables() {
    let template = template();
    let shown = shown(&template);
    let shows = |metric: &str, value: &str| {
        shown.iter().any(|(_, one)| one.metric == metric && one.dimensions.iter().any(|(_, is)| is == value))
    };
    for (name, _) in template.resources("AWS::Serverless::Function") {
        for metric in ["ConcurrentExecutions", "Duration", "Errors", "Throttles"] {
            assert!(shows(metric, name), "{metric} of {name}");
        }
    }
    for (name, _) in template.resources("AWS::SQS::Queue") {
        assert!(shows("ApproximateNumberOfMessagesVisible", &format!("{name}.QueueName")), "{name}");
    }
    for (name, _) in template.resources("AWS::DynamoDB::Table") {
        for metric in ["ConsumedWriteCapacityUnits", "WriteThrottleEvents"] {
            assert!(shows(metric, name), "{metric} of {name}");
        }
    }
}

/// CloudWatch takes a widget that lies over another one, and shows the one of them.
#[test]
fn no_widget_of_the_dashboard_lies_over_another_or_over_the_edge() {
    let number = |widget: &Value, field: &str| widget[field].as_u64().unwrap();
    let widgets = widgets(&template());
    for (index, one) in widgets.iter().enumerate() {
        assert!(number(one, "x") + number(one, "width") <= 24, "{one}");
        for other in &widgets[..index] {
            let apart = |at: &str, span: &str| {
                number(one, at) >= number(other, at) + number(other, span)
                    || number(other, at) >= number(one, at) + number(one, span)
            };
            assert!(apart("x", "width") || apart("y", "height"), "{one} {other}");
        }
    }
}

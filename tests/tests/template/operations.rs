//! Who is told when something does not work: alarms, logs, traces, and what the README says to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use metrics::{Capability, Dimension, Metric};
use serde_yaml_ng::Value;
use tests::source;
use tests::template::{Template, property, written};

use crate::template;

/// The metrics of AWS's own that are looked at, with the type of what their first dimension names.
const OF_AWS: [(&str, &str, &[&str]); 4] = [
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    (
        "AWS/Lambda",
        "FunctionName",
        &["ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"],
    ),
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    ("AWS/SQS", "QueueName", &["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"]),
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    ("AWS/ApiGateway", "ApiId", &["4xx", "5xx", "Count", "IntegrationLatency", "Latency"]),
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    (
        "AWS/DynamoDB",
        "TableName",
        &[
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        ],
    ),
];

/// The namespace of what the code counts.
const OURS: &str = "Drawbridge/${AWS::StackName}";

/// A metric as an alarm or the dashboard names it. What a dimension's value refers to stands without the reference's tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Watched {
    pub(crate) namespace: String,
    pub(crate) metric: String,
    pub(crate) dimensions: Vec<(String, String)>,
}

impl Watched {
    fn new(namespace: &str, metric: &str, dimension: &str, value: &str) -> Self {
        let dimensions = vec![(dimension.to_owned(), value.to_owned())];
        Self { namespace: namespace.to_owned(), metric: metric.to_owned(), dimensions }
    }

    /// Panics unless somebody writes such a metric.
    pub(crate) fn assert_exists(&self, template: &Template, place: &str) {
        let [(dimension, value), others @ ..] = self.dimensions.as_slice() else {
            panic!("{place}: {self:?}")
        };
        if self.namespace == OURS {
            assert!(others.is_empty(), "{place}: {self:?}");
            assert_written_by_the_code(template, &self.metric, (dimension, value), place);
            return;
        }
        let (_, expected, names) = OF_AWS
            .iter()
            .find(|(namespace, ..)| *namespace == self.namespace)
            .unwrap_or_else(|| panic!("{place}: no such namespace: {self:?}"));
        assert!(names.contains(&self.metric.as_str()), "{place}: no such metric: {self:?}");
        assert_eq!(dimension, expected, "{place}: {self:?}");
        let kind = match *expected {
            "FunctionName" => "AWS::Serverless::Function",
            "QueueName" => "AWS::SQS::Queue",
            "ApiId" => "AWS::Serverless::HttpApi",
            _ => "AWS::DynamoDB::Table",
        };
        let logical_id = if *expected == "QueueName" {
            value.strip_suffix(".QueueName").unwrap_or_else(|| panic!("{place}: {self:?}"))
        } else {
            value
        };
        let resource = template.resource(logical_id).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(resource.get("Type").and_then(Value::as_str), Some(kind), "{place}: {self:?}");
        for (name, value) in others {
            assert_eq!(name, "GlobalSecondaryIndexName", "{place}: {self:?}");
            let indexes = written(property(resource, "GlobalSecondaryIndexes").unwrap());
            assert!(indexes.contains(&format!("IndexName: {value},")), "{place}: {self:?}");
        }
    }
}

/// The code of all functions, with one spelling of the capabilities that they count.
fn all_that_runs() -> &'static str {
    static CODE: LazyLock<String> = LazyLock::new(|| {
        let functions = template().functions().unwrap();
        let code = functions.iter().map(|function| source::running_code(&function.crate_name).unwrap());
        code.collect::<String>().replace("metrics::Capability", "Capability")
    });
    &CODE
}

fn assert_written_by_the_code(
    template: &Template,
    name: &str,
    (dimension, value): (&str, &str),
    place: &str,
) {
    let metric = Metric::ALL.into_iter().find(|metric| metric.name() == name);
    let metric = metric.unwrap_or_else(|| panic!("{place}: nobody writes {name}"));
    assert_eq!(metric.dimension(), dimension, "{place}: {name}");
    if dimension == Dimension::CAPABILITY {
        let capability = Capability::ALL.into_iter().find(|capability| capability.name() == value);
        let capability = capability.unwrap_or_else(|| panic!("{place}: there is no capability {value}"));
        let told = match metric {
            Metric::Ending => "ending()".to_owned(),
            Metric::Done => format!("done(Capability::{capability:?})"),
            Metric::Failures => format!("failed(Capability::{capability:?})"),
            Metric::Latency
            | Metric::Refusals
            | Metric::ServerErrors
            | Metric::ColdStarts
            | Metric::Due
            | Metric::Advanced
            | Metric::TickFailures
            | Metric::Lag
            | Metric::TickDuration
            | Metric::WorkDuration
            | Metric::WorkFailures => panic!("{place}: {name} is no capability's"),
        };
        assert!(all_that_runs().contains(&told), "{place}: nobody says {told}");
        return;
    }
    let functions = template.functions().unwrap();
    let function = functions.iter().find(|function| function.logical_id == value);
    let function = function.unwrap_or_else(|| panic!("{place}: there is no function {value}"));
    let writers = match metric {
        Metric::Latency | Metric::Refusals | Metric::ServerErrors => "web::serve(",
        Metric::WorkDuration | Metric::WorkFailures if function.queues.is_empty() => "no queue",
        Metric::ColdStarts if !function.crate_name.ends_with("-worker") => "web::serve(",
        Metric::ColdStarts
        | Metric::Due
        | Metric::Advanced
        | Metric::TickFailures
        | Metric::Lag
        | Metric::TickDuration
        | Metric::WorkDuration
        | Metric::WorkFailures => "job::serve(",
        Metric::Done | Metric::Failures | Metric::Ending => panic!("{place}: {name} is no function's"),
    };
    let main = source::workspace().join("functions").join(&function.crate_name).join("src/main.rs");
    let main = fs::read_to_string(main).unwrap();
    let serves = main.contains(writers);
    assert!(serves, "{place}: {value} never writes {name}");
}

/// A dimension's value as an alarm says it, without the tag.
fn plain(value: &str) -> String {
    let bare = value.strip_prefix("!Ref ").or_else(|| value.strip_prefix("!GetAtt "));
    bare.unwrap_or(value).to_owned()
}

fn alarms(template: &Template) -> BTreeMap<String, Watched> {
    let alarms = template.resources("AWS::CloudWatch::Alarm").map(|(name, alarm)| {
        let text =
            |field: &str| written(property(alarm, field).unwrap_or_else(|| panic!("{name} has no {field}")));
        let dimensions = property(alarm, "Dimensions").and_then(Value::as_sequence).unwrap();
        let part = |dimension: &Value, field: &str| plain(&written(dimension.get(field).unwrap()));
        let dimensions = dimensions.iter().map(|one| (part(one, "Name"), part(one, "Value"))).collect();
        let namespace = text("Namespace").trim_start_matches("!Sub ").to_owned();
        (name.to_owned(), Watched { namespace, metric: text("MetricName"), dimensions })
    });
    alarms.collect()
}

#[test]
fn every_alarm_looks_at_a_metric_that_somebody_writes() {
    let template = template();
    let alarms = alarms(&template);
    for (name, watched) in &alarms {
        watched.assert_exists(&template, name);
    }
    let different: BTreeSet<_> = alarms.values().collect();
    assert_eq!(different.len(), alarms.len(), "two alarms look at one thing");
}

#[test]
fn every_alarm_tells_somebody_and_says_what_silence_means() {
    for (name, alarm) in template().resources("AWS::CloudWatch::Alarm") {
        let text = |field: &str| property(alarm, field).map(written).unwrap_or_default();
        assert_eq!(
            text("AlarmActions"),
            "!If [SomebodyIsTold, [!Ref AlarmTopicArn], !Ref AWS::NoValue]",
            "{name}"
        );
        assert!(!text("AlarmDescription").is_empty(), "{name}");
        // No line is no failure; but a worker that is not started writes none either.
        let silence = if name.ends_with("StoppedAlarm") { "breaching" } else { "notBreaching" };
        assert_eq!(text("TreatMissingData"), silence, "{name}");
    }
}

/// Panics unless there is an alarm on each of these.
fn assert_watched(wanted: impl IntoIterator<Item = Watched>) {
    let watched: BTreeSet<_> = alarms(&template()).into_values().collect();
    for wanted in wanted {
        assert!(watched.contains(&wanted), "nobody is told of {wanted:?}");
    }
}

#[test]
fn somebody_is_told_when_a_function_fails_or_is_throttled() {
    let functions = template().functions().unwrap();
    assert_watched(functions.iter().flat_map(|function| {
        ["Errors", "Throttles"]
            .map(|metric| Watched::new("AWS/Lambda", metric, "FunctionName", &function.logical_id))
    }));
}

#[test]
fn somebody_is_told_when_a_worker_stands_still_or_falls_behind() {
    let functions = template().functions().unwrap();
    let workers = functions.iter().filter(|function| !function.schedules.is_empty());
    assert_watched(workers.flat_map(|worker| {
        [
            Watched::new("AWS/Lambda", "Invocations", "FunctionName", &worker.logical_id),
            Watched::new(OURS, "Lag", "FunctionName", &worker.logical_id),
        ]
    }));
}

#[test]
fn somebody_is_told_when_a_queue_ages_and_when_there_are_dead_letters() {
    let template = template();
    let taken: BTreeSet<_> =
        template.functions().unwrap().into_iter().flat_map(|one| one.queues).map(|one| one.queue).collect();
    assert_watched(template.resources("AWS::SQS::Queue").map(|(name, _)| {
        let metric = if taken.contains(name) {
            "ApproximateAgeOfOldestMessage"
        } else {
            "ApproximateNumberOfMessagesVisible"
        };
        Watched::new("AWS/SQS", metric, "QueueName", &format!("{name}.QueueName"))
    }));
}

/// A capability that can fail is one that somebody is told of: by the code, not by a list.
#[test]
fn somebody_is_told_when_a_capability_fails() {
    let failing: Vec<_> = Capability::ALL
        .into_iter()
        .filter(|capability| all_that_runs().contains(&format!("failed(Capability::{capability:?})")))
        .collect();
    assert_eq!(failing.len(), Capability::ALL.len() - 1, "all but recordings: {failing:?}");
    assert_watched(
        failing.iter().map(|capability| Watched::new(OURS, "Failures", "Capability", capability.name())),
    );
    assert_watched([Watched::new(OURS, "Ending", "Capability", Capability::Certificate.name())]);
}

/// One way to count: a filter over lines of the log would be a second one.
#[test]
fn what_the_code_counts_it_counts_as_metrics() {
    assert_eq!(template().resources("AWS::Logs::MetricFilter").count(), 0);
}

#[test]
fn every_function_is_traced_and_logs_json_into_a_group_that_forgets() {
    let template = template();
    for function in template.functions().unwrap() {
        let name = &function.logical_id;
        let resource = template.resource(name).unwrap();
        assert_eq!(property(resource, "Tracing").map(written), None, "{name} differs from all others");
        let group = format!("{}LogGroup", name.strip_suffix("Function").unwrap());
        // A level here would swallow the metrics, which have none and count as INFO.
        let logging = format!("{{LogFormat: JSON, LogGroup: !Ref {group}}}");
        assert_eq!(property(resource, "LoggingConfig").map(written), Some(logging), "{name}");
        template.resource(&group).unwrap();
    }
    assert_eq!(template.of_all_functions("Tracing").map(written).as_deref(), Some("Active"));
    for (name, group) in template.resources("AWS::Logs::LogGroup") {
        let retention = property(group, "RetentionInDays").map(written);
        assert_eq!(retention.as_deref(), Some("!Ref LogRetentionDays"), "{name}");
    }
}

/// The names between backticks in the first cell of the runbook's lines about alarms. `…` stands for any beginning.
fn runbook() -> Vec<String> {
    let readme = fs::read_to_string(source::workspace().join("README.md")).unwrap();
    let section = readme.split("\n## ").find(|section| section.starts_with("Runbook\n")).unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("| alarm"));
    let names =
        lines.flat_map(|line| line.split(" | ").next().unwrap_or_default().split('`').skip(1).step_by(2));
    names.filter(|name| name.ends_with("Alarm")).map(str::to_owned).collect()
}

#[test]
fn every_alarm_has_its_line_in_the_runbook_and_every_line_its_alarm() {
    let runbook = runbook();
    let fits = |line: &str, alarm: &str| match line.strip_prefix('…') {
        Some(end) => alarm.ends_with(end),
        None => alarm == line,
    };
    let mut used = BTreeSet::new();
    for alarm in alarms(&template()).into_keys() {
        // The most exact line is the alarm's.
        let exact = |line: &&String| (!line.starts_with('…'), line.len());
        let line = runbook.iter().filter(|line| fits(line, &alarm)).max_by_key(exact);
        used.insert(line.unwrap_or_else(|| panic!("the runbook says nothing of {alarm}")));
    }
    let unused: Vec<_> = runbook.iter().filter(|line| !used.contains(line)).collect();
    assert!(unused.is_empty(), "there are no such alarms: {unused:?}");
    let different: BTreeSet<_> = runbook.iter().collect();
    assert_eq!(different.len(), runbook.len(), "an alarm has two lines");
}

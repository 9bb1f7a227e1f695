//! Queues, schedules and the workers that they start.

use std::collections::BTreeSet;

use tests::source;
use tests::template::{property, written};

use crate::{function, template};

#[test]
fn workers_are_started_by_schedules_and_queues_and_nothing_else_is() {
    for function in template().functions().unwrap() {
        let worker = function.crate_name.ends_with("-worker");
        assert_eq!(function.schedules.len(), usize::from(worker), "{}", function.crate_name);
        assert!(worker || function.queues.is_empty(), "{}", function.crate_name);
    }
}

#[test]
fn a_schedule_ticks_every_minute_and_keeps_what_it_could_not_start() {
    for function in template().functions().unwrap() {
        for schedule in function.schedules {
            let name = &function.crate_name;
            assert_eq!(schedule.expression, "rate(1 minute)", "{name}");
            assert_eq!(schedule.input, r#"{"tick":true}"#, "{name}");
            assert_eq!(schedule.role, "!GetAtt ScheduleRole.Arn", "{name}");
            assert_eq!(schedule.dead_letters, "!GetAtt ScheduleDeadLetters.Arn", "{name}");
            // The next minute comes anyway, and ticks that pile up would all come at once.
            assert_eq!(schedule.retries, 0, "{name}");
        }
    }
}

#[test]
fn the_schedules_role_starts_exactly_the_workers() {
    let workers =
        template().functions().unwrap().into_iter().filter(|function| !function.schedules.is_empty());
    let workers: BTreeSet<_> = workers.map(|worker| format!("!GetAtt {}.Arn", worker.logical_id)).collect();
    let policy = template().policy("ScheduleRole").unwrap();
    let starting = policy.iter().filter(|statement| statement.actions == ["lambda:InvokeFunction"]);
    let started: BTreeSet<_> = starting.flat_map(|statement| statement.resources.clone()).collect();
    assert_eq!(started, workers);
    let others = policy.iter().filter(|statement| statement.actions != ["lambda:InvokeFunction"]);
    for statement in others {
        assert_eq!(statement.actions, ["sqs:SendMessage"]);
        assert_eq!(statement.resources, ["!GetAtt ScheduleDeadLetters.Arn"]);
    }
}

/// A queue that a function takes messages from: each of its rules would otherwise show only under load or after a death.
#[test]
fn a_workers_queue_is_encrypted_ordered_and_gives_up_after_five_times() {
    let template = template();
    let mut seen = 0;
    for function in template.functions().unwrap() {
        for event in &function.queues {
            seen += 1;
            let queue = template.resource(&event.queue).unwrap();
            let number = |name: &str| property(queue, name).unwrap().as_u64().unwrap();
            assert_eq!(written(property(queue, "SqsManagedSseEnabled").unwrap()), "true");
            assert_eq!(written(property(queue, "FifoQueue").unwrap()), "true");
            // One thing is one group: without these two, all groups together would be 300 messages a second.
            assert_eq!(written(property(queue, "DeduplicationScope").unwrap()), "messageGroup");
            assert_eq!(written(property(queue, "FifoThroughputLimit").unwrap()), "perMessageGroupId");
            // The burst that one message stands for; `queue` deduplicates for as long.
            assert_eq!(number("DelaySeconds"), 2);
            let resource = template.resource(&function.logical_id).unwrap();
            let timeout = property(resource, "Timeout").unwrap().as_u64().unwrap();
            assert!(number("VisibilityTimeout") > timeout, "a running message would come again");
            let redrive = property(queue, "RedrivePolicy").unwrap();
            assert_eq!(redrive.get("maxReceiveCount").unwrap().as_u64(), Some(5));
            let dead = written(redrive.get("deadLetterTargetArn").unwrap());
            let dead = dead.strip_prefix("!GetAtt ").and_then(|dead| dead.strip_suffix(".Arn")).unwrap();
            assert_eq!(written(property(template.resource(dead).unwrap(), "FifoQueue").unwrap()), "true");
            assert_eq!((event.batch_size, event.tells_failures), (1, true), "{}", function.crate_name);
        }
    }
    assert!(seen > 0);
}

#[test]
fn dead_letters_are_encrypted_kept_as_long_as_can_be_and_told_of() {
    let template = template();
    let taken: BTreeSet<_> = template
        .functions()
        .unwrap()
        .into_iter()
        .flat_map(|function| function.queues)
        .map(|event| event.queue)
        .collect();
    let alarms: BTreeSet<_> = template
        .resources("AWS::CloudWatch::Alarm")
        .filter_map(|(_, alarm)| property(alarm, "Dimensions").map(written))
        .collect();
    let dead: Vec<_> =
        template.resources("AWS::SQS::Queue").filter(|(name, _)| !taken.contains(*name)).collect();
    // One for each queue, and one for the schedules.
    assert_eq!(dead.len(), taken.len() + 1);
    for (name, queue) in dead {
        assert_eq!(written(property(queue, "SqsManagedSseEnabled").unwrap()), "true", "{name}");
        // Fourteen days, SQS's longest.
        assert_eq!(property(queue, "MessageRetentionPeriod").unwrap().as_u64(), Some(1_209_600), "{name}");
        let watched = format!("[{{Name: QueueName, Value: !GetAtt {name}.QueueName}}]");
        assert!(alarms.contains(&watched), "nobody is told of {name}: {alarms:?}");
    }
}

/// What a worker divides quotas by is how many of it there may be.
#[test]
fn workers_know_how_many_they_may_be() {
    let template = template();
    for (function, setting) in [
        ("CertificateSyncWorkerFunction", "CERTIFICATE_SYNC_WORKERS"),
        ("CertificateWorkerFunction", "CERTIFICATE_WORKERS"),
        ("KeyRotationWorkerFunction", "KEY_ROTATION_WORKERS"),
    ] {
        let resource = template.resource(function).unwrap();
        let told = property(resource, "Environment").unwrap().get("Variables").unwrap();
        let told = written(told.get(setting).unwrap());
        let events = property(resource, "Events").unwrap();
        let queue = events.get("Wanted").unwrap().get("Properties").unwrap();
        let most = written(queue.get("ScalingConfig").unwrap().get("MaximumConcurrency").unwrap());
        assert_eq!(told.trim_matches('"'), most, "{function}");
    }
}

/// An alarm counts lines of the log, and the code writes them.
#[test]
fn what_an_alarm_counts_is_what_a_worker_says() {
    let template = template();
    for (group, worker) in [
        ("!Ref CertificateSyncWorkerLogGroup", "certificate-sync-worker"),
        ("!Ref CertificateWorkerLogGroup", "certificate-worker"),
    ] {
        let is_its = |filter: &serde_yaml_ng::Value| {
            property(filter, "LogGroupName").is_some_and(|name| written(name) == group)
        };
        let filters: Vec<_> =
            template.resources("AWS::Logs::MetricFilter").filter(|(_, filter)| is_its(filter)).collect();
        let [(_, filter)] = filters.as_slice() else { panic!("{group} has {} filters", filters.len()) };
        let pattern = written(property(filter, "FilterPattern").unwrap());
        let line = pattern.split('"').nth(1).unwrap_or_else(|| panic!("{pattern}"));
        let code = source::running_code(worker).unwrap();
        assert!(code.contains(&format!("\"{line}\"")), "{worker} never says {line:?}");
    }
}

/// Requests take the same steps as the worker: what goes wrong in either is one count.
#[test]
fn a_rotation_that_fails_is_counted_wherever_it_fails() {
    let template = template();
    let filters = template.resources("AWS::Logs::MetricFilter").filter(|(_, filter)| {
        property(filter, "FilterPattern")
            .is_some_and(|pattern| written(pattern).contains("key rotation failed"))
    });
    let mut watched = BTreeSet::new();
    for (name, filter) in filters {
        let metric = written(property(filter, "MetricTransformations").unwrap());
        assert!(metric.contains("MetricName: KeyRotationFailures"), "{name}: {metric}");
        watched.insert(written(property(filter, "LogGroupName").unwrap()));
    }
    let groups = ["!Ref KeyRotationWorkerLogGroup", "!Ref KeyRotationsLogGroup"].map(str::to_owned);
    assert_eq!(watched, BTreeSet::from(groups));
    let counts = |alarm: &serde_yaml_ng::Value| {
        property(alarm, "MetricName").is_some_and(|name| written(name) == "KeyRotationFailures")
    };
    assert_eq!(template.resources("AWS::CloudWatch::Alarm").filter(|(_, alarm)| counts(alarm)).count(), 1);
}

#[test]
fn who_knows_a_queue_may_send_to_it_and_nobody_else_may() {
    let template = template();
    let queues: BTreeSet<_> =
        template.resources("AWS::SQS::Queue").map(|(name, _)| name.to_owned()).collect();
    for function in template.functions().unwrap() {
        let resource = template.resource(&function.logical_id).unwrap();
        let variables = property(resource, "Environment").and_then(|all| all.get("Variables")?.as_mapping());
        let values = variables.into_iter().flatten().map(|(_, value)| written(value));
        let known = values.filter_map(|value| queues.get(value.strip_prefix("!Ref ")?).cloned());
        let known: BTreeSet<_> = known.map(|queue| format!("!GetAtt {queue}.Arn")).collect();
        let policy = template.policy(&function.role).unwrap();
        let sending =
            policy.iter().filter(|statement| statement.actions.iter().any(|held| held == "sqs:SendMessage"));
        let sending: BTreeSet<_> = sending.flat_map(|statement| statement.resources.clone()).collect();
        assert_eq!(sending, known, "{}", function.crate_name);
    }
}

#[test]
fn lambda_takes_messages_in_the_name_of_exactly_the_worker_whose_queue_it_is() {
    let taking = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
    for function in template().functions().unwrap() {
        let policy = template().policy(&function.role).unwrap();
        let from = policy.iter().filter(|statement| statement.actions == taking);
        let from: Vec<_> = from.flat_map(|statement| statement.resources.clone()).collect();
        let queues: Vec<_> =
            function.queues.iter().map(|event| format!("!GetAtt {}.Arn", event.queue)).collect();
        assert_eq!(from, queues, "{}", function.crate_name);
    }
    assert_eq!(function("secret-sync-worker").queues.len(), 1);
}

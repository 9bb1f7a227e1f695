//! Queues, schedules and the workers that they start.

use std::collections::BTreeSet;

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
            let dead_letters = dead_letters_of(&function.logical_id);
            assert_eq!(schedule.dead_letters, format!("!GetAtt {dead_letters}.Arn"), "{name}");
            // The next minute comes anyway, and ticks that pile up would all come at once.
            assert_eq!(schedule.retries, 0, "{name}");
        }
    }
}

/// The queue of what a worker's schedule could not hand to it.
fn dead_letters_of(worker: &str) -> String {
    format!("{}ScheduleDeadLetters", worker.strip_suffix("Function").unwrap())
}

/// EventBridge Scheduler only hands a tick over; Lambda itself would repeat it twice, and keep it for six hours where the
/// worker is throttled.
#[test]
fn a_tick_that_failed_or_found_no_room_is_not_repeated_by_lambda() {
    let template = template();
    for function in template.functions().unwrap() {
        let resource = template.resource(&function.logical_id).unwrap();
        let asynchronous = property(resource, "EventInvokeConfig").map(written);
        let expected = (!function.schedules.is_empty())
            .then(|| "{MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0}".to_owned());
        assert_eq!(asynchronous, expected, "{}", function.crate_name);
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
    let queues = template().functions().unwrap().into_iter().filter(|one| !one.schedules.is_empty());
    let queues: Vec<_> =
        queues.map(|one| format!("!GetAtt {}.Arn", dead_letters_of(&one.logical_id))).collect();
    for statement in others {
        assert_eq!(statement.actions, ["sqs:SendMessage"]);
        assert_eq!(statement.resources, queues);
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
fn every_queue_and_every_schedule_has_dead_letters_encrypted_and_kept_as_long_as_can_be() {
    let template = template();
    let functions = template.functions().unwrap();
    let schedules = functions.iter().filter(|function| !function.schedules.is_empty()).count();
    let taken: BTreeSet<_> =
        functions.into_iter().flat_map(|function| function.queues).map(|event| event.queue).collect();
    let dead: Vec<_> =
        template.resources("AWS::SQS::Queue").filter(|(name, _)| !taken.contains(*name)).collect();
    assert_eq!(dead.len(), taken.len() + schedules);
    for (name, queue) in dead {
        assert_eq!(written(property(queue, "SqsManagedSseEnabled").unwrap()), "true", "{name}");
        // Fourteen days, SQS's longest.
        assert_eq!(property(queue, "MessageRetentionPeriod").unwrap().as_u64(), Some(1_209_600), "{name}");
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

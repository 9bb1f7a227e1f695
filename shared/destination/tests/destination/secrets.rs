//! What is particular to Secrets Manager.

use testkit::account::{Fault, Secret};

use crate::sync::{OTHER, SYNC, Sync, TAG, simulated};
use model::secret_sync::plan::{Adoption, Run};

#[test]
fn ownership_is_put_on_in_the_call_that_creates() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.first(&[("A", "1")]).await.unwrap();
        let secret = &sync.account.secrets()["A"];
        assert_eq!(secret.tags[TAG], SYNC);
        assert_eq!(secret.tags["drawbridge:managed-by"], "drawbridge");
        assert!(!sync.account.counts().contains_key("secretsmanager:TagResource"));
    });
}

#[test]
fn adoption_tags_before_it_writes() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.account.put_secret("A", Secret::of("theirs").tagged("team", "a"));
        sync.first(&[("A", "ours")]).await.unwrap();
        let writes: Vec<String> = sync.account.calls().into_iter().map(|call| call.action).collect();
        let position = |action: &str| writes.iter().position(|made| made == action).unwrap();
        assert!(position("secretsmanager:TagResource") < position("secretsmanager:UpdateSecret"));
        let secret = &sync.account.secrets()["A"];
        assert_eq!((secret.value.as_deref(), secret.tags["team"].as_str()), (Some("ours"), "a"));
    });
}

#[test]
fn a_name_scheduled_for_deletion_is_restored_where_the_role_may() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.first(&[("A", "1")]).await.unwrap();
        sync.later(&[]).await.unwrap();
        assert_eq!(sync.account.secrets()["A"].recovery_window, Some(30));
        let report = sync.later(&[("A", "2")]).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        let secret = &sync.account.secrets()["A"];
        assert_eq!((secret.value.as_deref(), secret.deleted), (Some("2"), false));

        sync.later(&[]).await.unwrap();
        sync.account.deny("secretsmanager:RestoreSecret");
        let report = sync.later(&[("A", "3"), ("B", "1")]).await.unwrap();
        let text = &report.texts()[0];
        assert!(text.contains("allow secretsmanager:RestoreSecret") && text.contains("2026-01-01"), "{text}");
        assert_eq!(sync.account.secrets()["B"].value.as_deref(), Some("1"), "the others go on");
    });
}

#[test]
fn a_deletion_and_a_restoration_whose_answers_were_lost_are_done() {
    simulated(async |clock| {
        for action in ["secretsmanager:DeleteSecret", "secretsmanager:RestoreSecret"] {
            let mut sync = Sync::of(&clock, "one-to-one");
            sync.first(&[("A", "1")]).await.unwrap();
            let mut is_first = true;
            let is_lost = std::sync::Mutex::new(move |call: &str| {
                let is_it = call == action && is_first;
                is_first &= !is_it;
                is_it
            });
            sync.account
                .set_faults(move |call| (is_lost.lock().unwrap())(&call.action).then_some(Fault::LostAnswer));
            let report = sync.later(&[]).await.unwrap();
            assert!(
                report.is_clean() && sync.account.secrets()["A"].deleted,
                "{action} {:?}",
                report.texts()
            );
            let report = sync.later(&[("A", "2")]).await.unwrap();
            assert!(report.is_clean(), "{action} {:?}", report.texts());
            let secret = &sync.account.secrets()["A"];
            assert_eq!((secret.value.as_deref(), secret.deleted), (Some("2"), false), "{action}");
        }
    });
}

#[test]
fn a_deleted_secret_of_others_keeps_its_name() {
    simulated(async |clock| {
        for secret in [Secret::of("x"), Secret::of("x").tagged(TAG, OTHER)] {
            let mut sync = Sync::of(&clock, "one-to-one");
            let deleted = Secret { deleted: true, ..secret };
            sync.account.put_secret("A", deleted.clone());
            let report = sync.later(&[("A", "1")]).await.unwrap();
            assert_eq!(report.failures.len(), 1);
            assert_eq!(sync.account.secrets()["A"], deleted);
        }
    });
}

#[test]
fn deletion_waits_as_long_as_the_sync_says_and_asks_for_the_tag_first() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.options.recovery_window_days = Some(7);
        sync.first(&[("A", "1"), ("GIVEN", "1"), ("TAKEN", "1")]).await.unwrap();
        let (plan, _) = sync.planned(Default::default(), &[]).await.unwrap();
        // Between plan and step, two are given away.
        let retagged = |owner: &str| Secret::of("1").tagged(TAG, owner);
        sync.account.put_secret("GIVEN", retagged(OTHER));
        sync.account.put_secret("TAKEN", Secret::of("1"));
        let report = sync.publish(plan).await;
        assert_eq!(report.failures.len(), 2, "{:?}", report.texts());
        let secrets = sync.account.secrets();
        assert_eq!((secrets["A"].deleted, secrets["A"].recovery_window), (true, Some(7)));
        assert!(!secrets["GIVEN"].deleted && !secrets["TAKEN"].deleted);
    });
}

#[test]
fn what_somebody_makes_between_plan_and_step_is_not_overwritten() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        let content = |value: &str| model::secret_sync::plan::Content {
            value: secrecy::SecretString::from(value),
            metadata: Vec::new(),
            version: 1,
        };
        let keys = ["NOBODYS", "OTHERS"].map(|key| (key.to_owned(), Ok(content("ours"))));
        let wanted = model::secret_sync::plan::wanted(&sync.place(), keys);
        let (plan, _) = sync.planned(Default::default(), &wanted).await.unwrap();
        sync.account.put_secret("NOBODYS", Secret::of("theirs"));
        sync.account.put_secret("OTHERS", Secret::of("theirs").tagged(TAG, OTHER));
        let report = sync.publish(plan).await;
        assert_eq!(report.failures.len(), 2);
        assert!(sync.account.secrets().values().all(|secret| secret.value.as_deref() == Some("theirs")));
    });
}

#[test]
fn what_another_sync_takes_between_plan_and_step_is_not_adopted() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.account.put_secret("A", Secret::of("theirs"));
        let run = Run { adopts: Adoption::All, ..Run::default() };
        let (plan, _) = sync.planned(run, &sync.wanted(&[("A", "ours")])).await.unwrap();
        assert_eq!(plan.steps.len(), 1);
        let taken = Secret::of("theirs").tagged(TAG, OTHER);
        sync.account.put_secret("A", taken.clone());
        let report = sync.publish(plan).await;
        assert_eq!(report.failures.len(), 1, "{:?}", report.texts());
        assert_eq!(sync.account.secrets()["A"], taken);
    });
}

#[test]
fn single_failures_of_a_batch_are_those_keys_alone() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.first(&[("A", "1"), ("B", "1"), ("C", "1")]).await.unwrap();
        let locked = Secret { unreadable: true, ..sync.account.secrets()["B"].clone() };
        sync.account.put_secret("B", locked);
        let report = sync.later(&[("A", "2"), ("B", "2"), ("C", "1")]).await.unwrap();
        assert_eq!(report.texts().len(), 1);
        assert!(report.texts()[0].starts_with("B: what is there could not be read"), "{:?}", report.texts());
        assert!(report.texts()[0].contains("Access to KMS is not allowed"));
        assert_eq!(sync.account.secrets()["A"].value.as_deref(), Some("2"));
        assert_eq!(sync.account.secrets()["B"].value.as_deref(), Some("1"));
        // And it is not deleted because it cannot be read, as long as it is wanted.
        assert!(!sync.account.secrets()["B"].deleted);
    });
}

#[test]
fn what_a_batch_does_not_tell_is_asked_for_alone() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.first(&[("A", "1"), ("B", "1")]).await.unwrap();
        let answer = serde_json::json!({
            "SecretValues": [],
            "Errors": [{ "SecretId": "A", "ErrorCode": "InternalServiceError", "Message": "sorry" }],
        });
        sync.account.set_faults(move |call| {
            (call.action == "secretsmanager:BatchGetSecretValue").then(|| Fault::Answer(answer.clone()))
        });
        sync.account.forget_calls();
        let report = sync.later(&[("A", "1"), ("B", "1")]).await.unwrap();
        assert_eq!(report.plan.unchanged, ["A", "B"]);
        assert_eq!(sync.account.counts()["secretsmanager:GetSecretValue"], 2);
    });
}

#[test]
fn a_value_changed_behind_our_back_comes_back() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.first(&[("A", "1")]).await.unwrap();
        for n in 0..3 {
            let mut secret = sync.account.secrets()["A"].clone();
            secret.value = Some(format!("drifted {n}"));
            secret.version = format!("00000000-0000-4000-8000-00000000000{n}");
            sync.account.put_secret("A", secret);
            let report = sync.later(&[("A", "1")]).await.unwrap();
            assert!(report.plan.steps[0].mends_drift);
            assert_eq!(sync.account.secrets()["A"].value.as_deref(), Some("1"), "{n}");
        }
        // And when somebody puts an earlier version back in its place.
        let mut secret = sync.account.secrets()["A"].clone();
        secret.value = Some("drifted 1".into());
        secret.version = "00000000-0000-4000-8000-000000000001".into();
        sync.account.put_secret("A", secret);
        sync.later(&[("A", "1")]).await.unwrap();
        assert_eq!(sync.account.secrets()["A"].value.as_deref(), Some("1"));
    });
}

#[test]
fn a_tag_that_only_begins_like_ours_is_not_ours() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.account.put_secret("LONGER", Secret::of("x").tagged(TAG, &format!("{SYNC}-more")));
        sync.account.put_secret("CROSSED", Secret::of("x").tagged(TAG, OTHER).tagged("note", SYNC));
        let report = sync.first(&[]).await.unwrap();
        assert!(report.plan.is_settled(), "{:?}", report.plan);
    });
}

#[test]
fn what_the_list_still_shows_and_is_gone_is_made_again() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.first(&[("A", "1")]).await.unwrap();
        let tags = serde_json::json!([{ "Key": TAG, "Value": SYNC }]);
        let listed = serde_json::json!({ "SecretList": [{ "Name": "A", "Tags": tags }, { "Name": "OLD", "Tags": tags }] });
        sync.account.set_faults(move |call| {
            (call.action == "secretsmanager:ListSecrets").then(|| Fault::Answer(listed.clone()))
        });
        sync.account.remove_secret("A");
        let report = sync.later(&[("A", "1")]).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert_eq!(sync.account.secrets()["A"].value.as_deref(), Some("1"));
    });
}

#[test]
fn what_was_made_again_by_somebody_else_is_not_taken_for_ours_because_the_list_says_so() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.first(&[("A", "1"), ("B", "1")]).await.unwrap();
        let tags = serde_json::json!([{ "Key": TAG, "Value": SYNC }]);
        let arn = |name| format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-before");
        let entry = |name| serde_json::json!({ "Name": name, "ARN": arn(name), "Tags": tags });
        let listed = serde_json::json!({ "SecretList": [entry("A"), entry("B")] });
        sync.account.set_faults(move |call| {
            (call.action == "secretsmanager:ListSecrets").then(|| Fault::Answer(listed.clone()))
        });
        sync.account.put_secret("A", Secret::of("theirs"));
        sync.account.forget_calls();
        let report = sync.later(&[("A", "1"), ("B", "1")]).await.unwrap();
        assert_eq!(report.failures.len(), 1, "{:?}", report.texts());
        assert_eq!(sync.account.counts()["secretsmanager:DescribeSecret"], 2, "both ARNs differ");
        assert_eq!(report.plan.unchanged, ["B"]);
        assert_eq!(sync.account.secrets()["A"].value.as_deref(), Some("theirs"));
    });
}

#[test]
fn what_vanishes_between_plan_and_step_is_a_matter_of_the_next_run() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.first(&[("A", "1")]).await.unwrap();
        let wanted = sync.wanted(&[("A", "2")]);
        let (plan, _) = sync.planned(Default::default(), &wanted).await.unwrap();
        sync.account.remove_secret("A");
        let report = sync.publish(plan).await;
        assert_eq!((report.failures.len(), report.later), (1, 1), "{:?}", report.texts());
        assert!(sync.later(&[("A", "2")]).await.unwrap().is_clean());
    });
}

#[test]
fn a_secret_without_a_value_yet_is_there() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.account.put_secret("A", Secret::of("none yet"));
        let words = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
        sync.account.set_faults(move |call| match call.action.as_str() {
            "secretsmanager:BatchGetSecretValue" => Some(Fault::Answer(serde_json::json!({
                "Errors": [{ "SecretId": "A", "ErrorCode": "ResourceNotFoundException", "Message": words }],
            }))),
            "secretsmanager:GetSecretValue" => Some(Fault::Error(400, "ResourceNotFoundException", words)),
            _ => None,
        });
        let report = sync.first(&[("A", "1")]).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert_eq!(sync.account.secrets()["A"].value.as_deref(), Some("1"));
    });
}

//! What is particular to Parameter Store.

use std::time::Duration;

use destination::{Question, Quotas};
use serde_json::json;
use testkit::account::{Fault, Parameter};

use crate::sync::{OTHER, SYNC, Sync, TAG, borrowed, many, simulated};
use model::secret_sync::plan::{Adoption, Run};

#[test]
fn a_parameter_is_made_secure_tagged_and_of_the_tier_that_its_size_needs() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        let (standard, advanced) = ("x".repeat(4_096), "x".repeat(4_097));
        let report = sync.first(&[("S", &standard), ("L", &advanced)]).await.unwrap();
        assert!(report.is_clean());
        let parameters = sync.account.parameters();
        assert_eq!(
            (parameters["/app/S"].tier.as_str(), parameters["/app/L"].tier.as_str()),
            ("Standard", "Advanced")
        );
        assert_eq!(parameters["/app/S"].kind, "SecureString");
        assert_eq!(parameters["/app/S"].tags[TAG], SYNC);
        // An advanced parameter never becomes standard again, however small its value.
        let report = sync.later(&[("S", &standard), ("L", "small")]).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert_eq!(sync.account.parameters()["/app/L"].value, "small");
        assert_eq!(sync.account.parameters()["/app/L"].tier, "Advanced");
    });
}

#[test]
fn deletions_go_in_tens_after_each_ones_tag_was_asked_for() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        let keys = many(25);
        sync.first(&borrowed(&keys)).await.unwrap();
        let mut given = sync.account.parameters()["/app/KEY_0003"].clone();
        given.tags.insert(TAG.into(), OTHER.into());
        let (plan, _) = sync.planned(Default::default(), &[]).await.unwrap();
        sync.account.put_parameter("/app/KEY_0003", given);
        sync.account.remove_parameter("/app/KEY_0004");
        sync.account.forget_calls();
        let report = sync.publish(plan).await;
        assert_eq!(report.texts().len(), 1, "{:?}", report.texts());
        assert_eq!(sync.account.parameters().into_keys().collect::<Vec<_>>(), ["/app/KEY_0003"]);
        let counts = sync.account.counts();
        assert_eq!((counts["ssm:DeleteParameters"], counts["ssm:ListTagsForResource"]), (3, 25));
    });
}

#[test]
fn a_deletion_that_is_refused_for_one_name_is_done_for_the_others() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        let keys = many(12);
        sync.first(&borrowed(&keys)).await.unwrap();
        // As IAM does: one name that the role may not delete refuses the whole call.
        sync.account.set_faults(|call| {
            let is_kept =
                call.body["Names"].as_array().is_some_and(|names| names.contains(&json!("/app/KEY_0003")));
            (call.action == "ssm:DeleteParameters" && is_kept).then_some(Fault::Error(
                400,
                "AccessDeniedException",
                "not authorized to perform: ssm:DeleteParameters on resource: parameter/app/KEY_0003",
            ))
        });
        sync.account.forget_calls();
        let report = sync.later(&[]).await.unwrap();
        let texts = report.texts();
        assert!(
            texts.len() == 1 && texts[0].contains("ssm:DeleteParameters on /app/KEY_0003 was"),
            "{texts:?}"
        );
        assert_eq!(sync.account.parameters().into_keys().collect::<Vec<_>>(), ["/app/KEY_0003"]);
        assert_eq!(sync.account.counts()["ssm:DeleteParameters"], 2 + 10);
    });
}

#[test]
fn a_deletion_whose_answer_was_lost_is_done_although_the_session_may_not_delete_what_is_not_there() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.first(&[("A", "1"), ("B", "2"), ("C", "3")]).await.unwrap();
        let mut is_first = true;
        let fate = std::sync::Mutex::new(move |call: &str| {
            if call != "ssm:DeleteParameters" {
                return None;
            }
            // What is not there has no tag, and our session may delete what has the sync's.
            const REFUSED: Fault =
                Fault::Error(400, "AccessDeniedException", "with an explicit deny in a session policy");
            Some(if std::mem::take(&mut is_first) { Fault::LostAnswer } else { REFUSED })
        });
        sync.account.set_faults(move |call| (fate.lock().unwrap())(&call.action));
        let report = sync.later(&[("C", "3")]).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert_eq!(sync.account.parameters().into_keys().collect::<Vec<_>>(), ["/app/C"]);
    });
}

#[test]
fn what_another_sync_takes_between_plan_and_step_is_not_adopted() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.account.put_parameter("/app/A", Parameter::of("theirs"));
        let run = Run { adopts: Adoption::All, ..Run::default() };
        let (plan, _) = sync.planned(run, &sync.wanted(&[("A", "ours")])).await.unwrap();
        assert_eq!(plan.steps.len(), 1);
        let taken = Parameter::of("theirs").tagged(TAG, OTHER);
        sync.account.put_parameter("/app/A", taken.clone());
        let report = sync.publish(plan).await;
        assert_eq!(report.failures.len(), 1, "{:?}", report.texts());
        assert_eq!(sync.account.parameters()["/app/A"], taken);
    });
}

#[test]
fn the_ledger_alone_deletes_nothing() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.first(&[("A", "1")]).await.unwrap();
        // Same version, other owner: the ledger still vouches for it.
        sync.account.put_parameter("/app/A", Parameter::of("1").tagged(TAG, OTHER));
        let report = sync.later(&[]).await.unwrap();
        assert_eq!(report.failures.len(), 1, "{:?}", report.texts());
        assert!(sync.account.parameters().contains_key("/app/A"));
    });
}

#[test]
fn names_that_aws_calls_invalid_are_looked_for() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.first(&[("A", "1"), ("B", "1")]).await.unwrap();
        let answer = json!({ "DeletedParameters": ["/app/A"], "InvalidParameters": ["/app/B"] });
        sync.account.set_faults(move |call| {
            (call.action == "ssm:DeleteParameters").then(|| Fault::Answer(answer.clone()))
        });
        let report = sync.later(&[]).await.unwrap();
        assert_eq!(report.texts().len(), 1);
        assert!(report.texts()[0].contains("ssm:DeleteParameters on /app/B"), "{:?}", report.texts());
        assert_eq!(sync.ledger.keys().collect::<Vec<_>>(), ["/app/B"]);
    });
}

#[test]
fn an_empty_page_with_a_token_is_not_the_end() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.first(&[("A", "1")]).await.unwrap();
        sync.account.begin_with_an_empty_page();
        assert!(sync.later(&[("A", "1")]).await.unwrap().plan.is_settled());
    });
}

#[test]
fn without_its_ledger_a_sync_finds_its_own_by_tag() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        let keys = many(200);
        sync.first(&borrowed(&keys)).await.unwrap();
        for n in 0..300 {
            sync.account.put_parameter(&format!("/app/foreign-{n}"), Parameter::of("x"));
        }
        sync.ledger.clear();
        sync.is_sound = false;
        sync.account.forget_calls();
        let report = sync.later(&borrowed(&keys[..199])).await.unwrap();
        assert!(report.is_clean());
        assert_eq!((report.plan.relearned.len(), report.plan.steps.len()), (199, 1));
        assert_eq!(sync.account.parameters().len(), 499);
        let counts = sync.account.counts();
        assert_eq!(counts["ssm:DescribeParameters"], 4);
        assert_eq!(
            counts["ssm:ListTagsForResource"], 201,
            "each of its own, one of them once more before it is deleted"
        );
    });
}

#[test]
fn what_the_key_schema_left_in_another_path_is_deleted_and_other_paths_are_not_looked_at() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.first(&[("A", "1")]).await.unwrap();
        sync.account.put_parameter("/app/deep/FOREIGN", Parameter::of("x"));
        sync.affixes.prefix = "deep/".into();
        let report = sync.later(&[("A", "1")]).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert_eq!(
            sync.account.parameters().into_keys().collect::<Vec<_>>(),
            ["/app/deep/A", "/app/deep/FOREIGN"]
        );
    });
}

#[test]
fn a_plain_parameter_of_the_same_name_is_a_conflict() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        let plain = Parameter { kind: "String".into(), ..Parameter::of("theirs") };
        sync.account.put_parameter("/app/A", plain.clone());
        let report = sync.first(&[("A", "ours"), ("B", "1")]).await.unwrap();
        assert!(report.texts()[0].contains("type String"), "{:?}", report.texts());
        assert_eq!(sync.account.parameters()["/app/A"], plain);
        assert_eq!(sync.account.parameters()["/app/B"].value, "1");
    });
}

#[test]
fn what_somebody_makes_between_plan_and_step_is_not_overwritten() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        let value = secrecy::SecretString::from("ours");
        let content = model::secret_sync::plan::Content { value, metadata: Vec::new(), version: 1 };
        let wanted = model::secret_sync::plan::wanted(&sync.place(), [("A".to_owned(), Ok(content))]);
        let (plan, _) = sync.planned(Default::default(), &wanted).await.unwrap();
        sync.account.put_parameter("/app/A", Parameter::of("theirs"));
        let report = sync.publish(plan).await;
        assert_eq!(report.failures.len(), 1);
        assert_eq!(sync.account.parameters()["/app/A"].value, "theirs");
    });
}

#[test]
fn the_root_path_is_a_path() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/");
        assert!(sync.first(&[("A", "1")]).await.unwrap().is_clean());
        assert!(sync.later(&[("A", "1")]).await.unwrap().plan.is_settled());
        let read = sync.account.calls().into_iter().find(|call| call.action == "ssm:GetParametersByPath");
        assert_eq!(read.unwrap().body["Path"], "/");
        assert_eq!(sync.account.parameters().into_keys().collect::<Vec<_>>(), ["/A"]);
    });
}

#[test]
fn the_ledger_alone_overwrites_nothing() {
    simulated(async |clock| {
        for (tags, words) in [(Some(OTHER), "belongs to the secret sync"), (None, "did not make")] {
            let mut sync = Sync::of(&clock, "/app/");
            sync.first(&[("A", "1")]).await.unwrap();
            // The same version with another owner: it was handed over, and the ledger does not know.
            let mut theirs = sync.account.parameters()["/app/A"].clone();
            theirs.tags.clear();
            theirs.tags.extend(tags.map(|owner| (TAG.to_owned(), owner.to_owned())));
            sync.account.put_parameter("/app/A", theirs);
            let report = sync.later(&[("A", "2")]).await.unwrap();
            assert!(report.texts()[0].contains(words), "{:?}", report.texts());
            assert_eq!(sync.account.parameters()["/app/A"].value, "1");
        }
    });
}

#[test]
fn what_vanishes_between_plan_and_step_is_never_made_without_its_tag() {
    simulated(async |clock| {
        for loses_ledger in [false, true] {
            let mut sync = Sync::of(&clock, "/app/");
            sync.first(&[("A", "1")]).await.unwrap();
            if loses_ledger {
                sync.ledger.clear();
            }
            let wanted = sync.wanted(&[("A", "2")]);
            let (plan, _) = sync.planned(Default::default(), &wanted).await.unwrap();
            sync.account.remove_parameter("/app/A");
            sync.publish(plan).await;
            assert!(sync.account.parameters().values().all(|parameter| parameter.tags[TAG] == SYNC));
            assert!(sync.later(&[("A", "2")]).await.unwrap().is_clean());
            assert_eq!(sync.account.parameters()["/app/A"].value, "2");
        }
    });
}

#[test]
fn what_there_is_no_time_to_ask_for_is_told_wanted_names_come_first_and_known_ones_are_not_asked_again() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "/app/");
        sync.quotas = Quotas::default();
        let keys = many(100);
        for (key, _) in &keys {
            sync.account.put_parameter(&format!("/app/{key}"), Parameter::of("theirs"));
        }
        // Left by a run that died, and not wanted.
        sync.account.put_parameter("/app/AAA", Parameter::of("ours").tagged(TAG, SYNC));
        let names: Vec<String> = keys.iter().map(|(key, _)| format!("/app/{key}")).collect();
        let until = Some((clock.now() + Duration::from_secs(8)).into());
        let question = Question { names: &names, discover: true, until, ..Question::default() };
        let part = sync.remote().read(&question).await.unwrap();
        assert!(part.unasked.len() > 10 && part.unasked.len() < 90, "{}", part.unasked.len());
        assert!(part.unasked.contains("/app/AAA"), "what nobody wants can wait");
        assert_eq!(part.items.len(), 101);
        assert!(part.unasked.iter().all(|name| part.items[name].owner.is_none()));
        sync.account.forget_calls();
        let question = Question { until: None, known: Some(&part), ..question };
        let whole = sync.remote().read(&question).await.unwrap();
        assert_eq!(sync.account.counts()["ssm:ListTagsForResource"], part.unasked.len());
        assert!(whole.unasked.is_empty() && whole.items.values().all(|item| item.owner.is_some()));
    });
}

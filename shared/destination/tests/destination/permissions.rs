//! Each documented action taken away in turn is named; what is beyond the documented ones is done without.

use testkit::account::{Parameter, Secret};
use testkit::clock::SimulatedClock;

use crate::sync::{Report, SYNC, Sync, TAG, simulated};

const KEYS: [(&str, &str); 3] = [("CHANGED", "new"), ("NEW", "n"), ("ADOPTED", "ours")];

fn scene(clock: &SimulatedClock, place: &str) -> Sync {
    let mut sync = Sync::of(clock, place);
    let name = |key: &str| sync.destination.name_of(&sync.affixes, key);
    for (key, ours) in [("CHANGED", true), ("GONE", true), ("ADOPTED", false)] {
        let (secret, parameter) = (Secret::of("old"), Parameter::of("old"));
        match (place.starts_with('/'), ours) {
            (false, true) => sync.account.put_secret(&name(key), secret.tagged(TAG, SYNC)),
            (false, false) => sync.account.put_secret(&name(key), secret),
            (true, true) => sync.account.put_parameter(&name(key), parameter.tagged(TAG, SYNC)),
            (true, false) => sync.account.put_parameter(&name(key), parameter),
        }
    }
    let tag = |key: &str| model::secret_sync::Tag { key: key.into(), value: "1".into() };
    sync.options.tags = Some(vec![tag("owner")]);
    sync
}

/// All that a run says, whether it stopped or went on.
async fn said(sync: &mut Sync) -> (String, Option<Report>) {
    match sync.first(&KEYS).await {
        Ok(report) => (report.texts().join("\n"), Some(report)),
        Err(error) => (error.to_string(), None),
    }
}

#[test]
fn every_documented_action_that_is_missing_is_named_with_its_resource() {
    simulated(async |clock| {
        for (place, actions) in [
            (
                "one-to-one",
                vec![
                    ("secretsmanager:ListSecrets", "*"),
                    ("secretsmanager:BatchGetSecretValue", "ADOPTED"),
                    ("secretsmanager:GetSecretValue", "CHANGED"),
                    ("secretsmanager:CreateSecret", "NEW"),
                    ("secretsmanager:UpdateSecret", "CHANGED"),
                    ("secretsmanager:DeleteSecret", "GONE"),
                    ("secretsmanager:DescribeSecret", "ADOPTED"),
                    ("secretsmanager:TagResource", "ADOPTED"),
                ],
            ),
            (
                "/app/",
                vec![
                    ("ssm:GetParametersByPath", "/app"),
                    ("ssm:PutParameter", "/app/NEW"),
                    ("ssm:DeleteParameters", "/app/GONE"),
                    ("ssm:ListTagsForResource", "/app/ADOPTED"),
                    ("ssm:AddTagsToResource", "/app/ADOPTED"),
                ],
            ),
            (
                "many-to-one",
                vec![("secretsmanager:DescribeSecret", "all"), ("secretsmanager:CreateSecret", "all")],
            ),
        ] {
            for (action, resource) in actions {
                let mut sync = scene(&clock, if place == "many-to-one" { "one-to-one" } else { place });
                if place == "many-to-one" {
                    sync = Sync::of(&clock, place);
                }
                sync.account.deny(action);
                let (words, report) = said(&mut sync).await;
                assert!(
                    words.contains(action) && words.contains(resource),
                    "{place} without {action}: {words}"
                );
                assert!(words.contains("is not authorized to perform"), "AWS's words: {words}");
                if let Some(report) = &report {
                    assert_eq!(
                        (report.later, report.not_started),
                        (0, 0),
                        "{place} {action}: final, and others go on"
                    );
                }
                // With the permission back, everything comes right.
                sync.account.allow(action);
                let report = sync.first(&KEYS).await.unwrap();
                assert!(report.is_clean(), "{place} {action} {:?}", report.texts());
                assert!(sync.later(&KEYS).await.unwrap().plan.is_settled());
            }
        }
    });
}

#[test]
fn a_run_needs_nothing_beyond_the_documented_actions() {
    simulated(async |clock| {
        let documented = [
            "secretsmanager:ListSecrets",
            "secretsmanager:GetSecretValue",
            "secretsmanager:BatchGetSecretValue",
            "secretsmanager:CreateSecret",
            "secretsmanager:UpdateSecret",
            "secretsmanager:DeleteSecret",
            "secretsmanager:DescribeSecret",
            "secretsmanager:TagResource",
            "secretsmanager:UntagResource",
            "ssm:PutParameter",
            "ssm:GetParameters",
            "ssm:GetParametersByPath",
            "ssm:DescribeParameters",
            "ssm:DeleteParameters",
            "ssm:ListTagsForResource",
            "ssm:AddTagsToResource",
            "ssm:RemoveTagsFromResource",
        ];
        for place in crate::sync::PLACES {
            let mut sync = scene(&clock, place);
            if place == "many-to-one" {
                sync = Sync::of(&clock, place);
            }
            assert!(sync.first(&KEYS).await.unwrap().is_clean());
            sync.options.tags = Some(Vec::new());
            assert!(sync.later(&KEYS[..2]).await.unwrap().is_clean());
            for (action, _) in sync.account.counts() {
                assert!(documented.contains(&action.as_str()), "{action}");
            }
        }
    });
}

#[test]
fn what_only_helps_is_done_without_and_named_once() {
    simulated(async |clock| {
        let mut sync = scene(&clock, "/app/");
        sync.account.deny("ssm:DescribeParameters");
        sync.account.deny("kms:DescribeKey");
        sync.account.add_key("alias/app", "1234abcd-12ab-34cd-56ef-1234567890ab");
        sync.options.key_id = Some("alias/app".into());
        let report = sync.first(&KEYS).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert_eq!(report.not_allowed, ["ssm:DescribeParameters"]);
        assert!(sync.later(&KEYS).await.unwrap().plan.is_settled());

        let mut sync = scene(&clock, "one-to-one");
        sync.account.deny("kms:DescribeKey");
        sync.account.add_key("alias/app", "1234abcd-12ab-34cd-56ef-1234567890ab");
        sync.options.key_id = Some("alias/app".into());
        let report = sync.first(&KEYS).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        assert_eq!(report.not_allowed, ["kms:DescribeKey"]);
        assert!(
            sync.later(&KEYS).await.unwrap().plan.is_settled(),
            "what we set under this spelling is not set again"
        );
    });
}

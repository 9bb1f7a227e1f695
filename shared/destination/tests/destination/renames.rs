//! Another key schema: what has another name is written before its old name goes.

use testkit::account::Fault;

use crate::sync::{Sync, simulated};

#[test]
fn an_old_name_stays_until_the_new_one_of_its_key_is_written() {
    simulated(async |clock| {
        for (place, action) in [("one-to-one", "secretsmanager:CreateSecret"), ("/app/", "ssm:PutParameter")]
        {
            for (status, code) in [(400, "AccessDeniedException"), (500, "InternalServerError")] {
                let mut sync = Sync::of(&clock, place);
                let keys = [("A", "1"), ("B", "2"), ("C", "3"), ("GONE", "4")];
                assert!(sync.first(&keys).await.unwrap().is_clean());
                let (old, keys) = (sync.name("A"), &keys[..3]);
                sync.affixes.prefix = "new-".into();
                let refused = sync.name("A");
                sync.account.set_faults(move |call| {
                    let is_a = call.action == action && call.body["Name"] == *refused;
                    is_a.then_some(Fault::Error(status, code, "not this one"))
                });
                let report = sync.later(keys).await.unwrap();
                assert_eq!((report.failures.len(), report.not_started), (1, 0), "{:?}", report.texts());
                let mut expected = vec![old.clone(), sync.name("B"), sync.name("C")];
                expected.sort_unstable();
                assert_eq!(sync.there().into_keys().collect::<Vec<_>>(), expected, "{place} {code}");
                assert!(sync.ledger.contains_key(&old));
                // The run that writes the new one deletes the old one.
                sync.account.mend();
                assert!(sync.later(keys).await.unwrap().is_clean());
                assert_eq!(
                    sync.there().into_keys().collect::<Vec<_>>(),
                    ["A", "B", "C"].map(|key| sync.name(key))
                );
            }
        }
    });
}

//! KMS keys in all spellings, and those that cannot encrypt.

use testkit::clock::SimulatedClock;

use crate::sync::{Sync, simulated, writes};

const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER_ID: &str = "99999999-12ab-34cd-56ef-1234567890ab";

fn sync(clock: &SimulatedClock, place: &str) -> Sync {
    let sync = Sync::of(clock, place);
    sync.account.add_key("alias/app", ID);
    sync.account.add_key("alias/other", OTHER_ID);
    sync
}

fn key(sync: &Sync) -> Option<String> {
    let secrets = sync.account.secrets().into_values().map(|secret| secret.key);
    secrets.chain(sync.account.parameters().into_values().map(|parameter| parameter.key)).next().flatten()
}

#[test]
fn no_spelling_of_the_same_key_costs_a_write() {
    simulated(async |clock| {
        let arn = format!("arn:aws:kms:us-east-1:123456789012:key/{ID}");
        for place in ["one-to-one", "many-to-one", "/app/"] {
            for loses_ledger in [false, true] {
                let mut sync = sync(&clock, place);
                sync.options.key_id = Some("alias/app".into());
                assert!(sync.first(&[("A", "1")]).await.unwrap().is_clean());
                assert_eq!(key(&sync).as_deref(), Some(ID));
                for spelling in ["alias/app", ID, arn.as_str(), "alias/app"] {
                    if loses_ledger {
                        sync.ledger.clear();
                        sync.is_sound = false;
                    }
                    sync.options.key_id = Some(spelling.into());
                    sync.account.forget_calls();
                    sync.later(&[("A", "1")]).await.unwrap();
                    assert_eq!(writes(&sync.account), 0, "{place} {spelling} {:?}", sync.account.counts());
                }
                sync.options.key_id = Some("alias/other".into());
                assert!(sync.later(&[("A", "1")]).await.unwrap().is_clean());
                assert_eq!(key(&sync).as_deref(), Some(OTHER_ID), "{place}");
                sync.options.key_id = None;
                assert!(sync.later(&[("A", "1")]).await.unwrap().is_clean());
                assert_eq!(key(&sync), None, "{place}: back to the service's own");
                assert!(sync.later(&[("A", "1")]).await.unwrap().plan.is_settled());
            }
        }
    });
}

#[test]
fn a_key_that_cannot_encrypt_fails_the_keys_in_awss_words() {
    simulated(async |clock| {
        for (place, spelling, words) in [
            ("one-to-one", "alias/app", "can't encrypt the protected secret text using the provided KMS key"),
            ("one-to-one", "alias/foreign", "Access to KMS is not allowed"),
            ("/app/", "alias/app", "alias/app is disabled"),
            ("/app/", "alias/foreign", "alias/foreign does not exist"),
        ] {
            let mut sync = sync(&clock, place);
            sync.account.disable_key(ID);
            sync.options.key_id = Some(spelling.into());
            let report = sync.first(&[("A", "1"), ("B", "2")]).await.unwrap();
            assert_eq!((report.failures.len(), report.later), (2, 0));
            assert!(report.texts()[0].contains(words), "{place} {spelling} {:?}", report.texts());
            assert!(sync.there().is_empty());
        }
    });
}

//! A process that dies before or after any call leaves nothing that the next run does not set right.

use testkit::account::{Account, Parameter, Secret};
use testkit::clock::SimulatedClock;
use testkit::fuse::Fuse;
use testkit::matrix;

use crate::sync::{OTHER, Sync, TAG, simulated};

/// Something of everything: to create, change, delete, adopt, retag, and of others.
fn scene(clock: &SimulatedClock, place: &str) -> Sync {
    let mut sync = Sync::of(clock, place);
    let name = |key: &str| sync.destination.name_of(&sync.affixes, key);
    let account = &sync.account;
    if place == "one-to-one" {
        account.put_secret("CHANGED", Secret::of("old").tagged(TAG, crate::sync::SYNC));
        account.put_secret("GONE", Secret::of("x").tagged(TAG, crate::sync::SYNC));
        account.put_secret("ADOPTED", Secret::of("theirs").tagged("team", "a"));
        account.put_secret("FOREIGN", Secret::of("theirs").tagged(TAG, OTHER));
        account.put_secret("BESIDE", Secret::of("nobody's"));
        let deleted = Secret { deleted: true, ..Secret::of("old").tagged(TAG, crate::sync::SYNC) };
        account.put_secret("RESTORED", deleted);
    } else if place == "many-to-one" {
        account.put_secret("all", Secret::of(r#"{"CHANGED":"old","GONE":"x"}"#).tagged("team", "a"));
        account.put_secret("BESIDE", Secret::of("nobody's"));
    } else {
        account.put_parameter(&name("CHANGED"), Parameter::of("old").tagged(TAG, crate::sync::SYNC));
        account.put_parameter(&name("GONE"), Parameter::of("x").tagged(TAG, crate::sync::SYNC));
        account.put_parameter(&name("GONE2"), Parameter::of("x").tagged(TAG, crate::sync::SYNC));
        account.put_parameter(&name("ADOPTED"), Parameter::of("theirs").tagged("team", "a"));
        account.put_parameter(&name("FOREIGN"), Parameter::of("theirs").tagged(TAG, OTHER));
        account.put_parameter(&name("BESIDE"), Parameter::of("nobody's"));
    }
    let tag = |key: &str| model::secret_sync::Tag { key: key.into(), value: "1".into() };
    sync.options.tags = Some(vec![tag("owner")]);
    sync
}

const KEYS: [(&str, &str); 5] =
    [("CHANGED", "new"), ("NEW", "n"), ("ADOPTED", "ours"), ("FOREIGN", "ours"), ("RESTORED", "r")];

/// Values, tags and keys, without what counts attempts.
fn state(account: &Account) -> Vec<String> {
    let secrets = account.secrets().into_iter().map(|(name, secret)| {
        format!("{name} {:?} {:?} {:?} {}", secret.value, secret.tags, secret.key, secret.deleted)
    });
    let parameters = account.parameters().into_iter().map(|(name, parameter)| {
        format!("{name} {} {:?} {:?}", parameter.value, parameter.tags, parameter.key)
    });
    secrets.chain(parameters).collect()
}

#[test]
fn death_before_or_after_any_call_is_set_right_by_the_next_run() {
    simulated(async |clock| {
        for place in ["one-to-one", "many-to-one", "/app/"] {
            let mut straight = scene(&clock, place);
            let report = straight.first(&KEYS).await.unwrap();
            let expected = state(&straight.account);
            let calls = u32::try_from(straight.account.calls().len()).unwrap();
            let foreign = usize::from(place != "many-to-one");
            assert_eq!(report.failures.len(), foreign, "{:?}", report.texts());
            assert!(calls >= 4);
            for fault in matrix::deaths(calls) {
                let mut sync = scene(&clock, place);
                let fuse = Fuse::default();
                fuse.arm(fault);
                sync.config = fuse.through(&sync.config);
                let before = sync.ledger.clone();
                let died = sync.first(&KEYS).await;
                // A dead process writes no ledger after its last call: the worst case is one that wrote none at all.
                for ledger in [before, sync.ledger.clone()] {
                    let mut next =
                        Sync { ledger, config: sync.account.config(), is_sound: false, ..sync.clone() };
                    let report = next.first(&KEYS).await.unwrap();
                    assert_eq!(
                        report.failures.len(),
                        foreign,
                        "{place} {fault:?} {:?} {died:?}",
                        report.texts()
                    );
                    assert_eq!(state(&next.account), expected, "{place} {fault:?}");
                    next.account.forget_calls();
                    let again = next.later(&KEYS).await.unwrap();
                    assert!(
                        again.plan.is_settled() && again.plan.relearned.is_empty(),
                        "{place} {fault:?} {again:?}"
                    );
                }
            }
            let named = match place {
                "one-to-one" => "Secrets Manager",
                "many-to-one" => "one secret in Secrets Manager",
                _ => "Parameter Store",
            };
            let operation = format!("publish: create, change, delete, adopt; {named}");
            // Each with the ledger that the dead left, and with none.
            matrix::tell(&operation, calls, 2 * matrix::deaths(calls).len(), "converges, others' untouched");
        }
    });
}

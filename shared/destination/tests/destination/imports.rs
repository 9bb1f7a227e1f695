//! What an import reads.

use destination::Error;
use serde_json::json;
use testkit::account::{Fault, Parameter, Secret};

use crate::sync::{OTHER, SYNC, Sync, TAG, simulated};

async fn read(sync: &Sync) -> Vec<String> {
    sync.remote().read_for_import().await.unwrap().items.into_keys().collect()
}

#[test]
fn a_prefix_is_asked_of_aws_and_no_sync_gives_what_is_anothers() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.affixes.prefix = "app/".into();
        sync.account.put_secret("app/A", Secret::of("1"));
        sync.account.put_secret("app/OURS", Secret::of("1").tagged(TAG, SYNC));
        sync.account.put_secret("app/OTHERS", Secret::of("1").tagged(TAG, OTHER));
        sync.account.put_secret("unrelated", Secret::of("1"));
        assert_eq!(read(&sync).await, ["app/A", "app/OURS"]);
        let lists: Vec<_> =
            sync.account.calls().into_iter().filter(|call| call.action.ends_with("ListSecrets")).collect();
        assert_eq!(lists[0].body["Filters"][0]["Values"][0], "app/");
    });
}

#[test]
fn without_a_prefix_it_is_what_no_sync_owns_and_never_a_whole_large_account() {
    simulated(async |clock| {
        let sync = Sync::of(&clock, "one-to-one");
        sync.account.put_secret("A", Secret::of("1"));
        sync.account.put_secret("OURS", Secret::of("1").tagged(TAG, SYNC));
        sync.account.put_secret("OTHERS", Secret::of("1").tagged(TAG, OTHER));
        assert_eq!(read(&sync).await, ["A", "OURS"]);
        for n in 0..1_001 {
            sync.account.put_secret(&format!("n{n}"), Secret::of("1"));
        }
        sync.account.forget_calls();
        let error = sync.remote().read_for_import().await.unwrap_err();
        assert_eq!(error, Error::TooMany { most: 1_000 });
        assert!(
            !sync.account.counts().contains_key("secretsmanager:BatchGetSecretValue"),
            "no value was read"
        );
    });
}

#[test]
fn a_path_gives_its_parameters_and_a_document_itself() {
    simulated(async |clock| {
        let sync = Sync::of(&clock, "/app/");
        sync.account.put_parameter("/app/A", Parameter::of("1"));
        sync.account.put_parameter("/app/deep/B", Parameter::of("1"));
        assert_eq!(read(&sync).await, ["/app/A"]);
        let sync = Sync::of(&clock, "many-to-one");
        sync.account.put_secret("all", Secret::of("{}"));
        assert_eq!(read(&sync).await, ["all"]);
    });
}

#[test]
fn neither_a_path_nor_a_document_gives_what_is_anothers() {
    simulated(async |clock| {
        let sync = Sync::of(&clock, "/app/");
        sync.account.put_parameter("/app/A", Parameter::of("1"));
        for (name, owner) in [("/app/OURS", SYNC), ("/app/OTHERS", OTHER)] {
            let owned = Parameter::of("1").tagged(TAG, owner).tagged("drawbridge:managed-by", "drawbridge");
            sync.account.put_parameter(name, owned);
        }
        assert_eq!(read(&sync).await, ["/app/A", "/app/OURS"]);
        let sync = Sync::of(&clock, "many-to-one");
        sync.account.put_secret("all", Secret::of("{}").tagged(TAG, OTHER));
        assert_eq!(read(&sync).await, [""; 0]);
    });
}

#[test]
fn a_list_that_lags_behind_does_not_give_what_has_become_anothers() {
    simulated(async |clock| {
        let mut sync = Sync::of(&clock, "one-to-one");
        sync.affixes.prefix = "app/".into();
        sync.account.put_secret("app/THEIRS", Secret::of("1").tagged(TAG, OTHER));
        sync.account.put_secret("app/NOBODYS", Secret::of("1"));
        // Both were nobody's and other secrets when the list was made.
        let arn = |name| format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-before");
        let entry = |name| json!({ "Name": name, "ARN": arn(name) });
        let listed = json!({ "SecretList": [entry("app/THEIRS"), entry("app/NOBODYS"), entry("app/GONE")] });
        sync.account.set_faults(move |call| {
            (call.action == "secretsmanager:ListSecrets").then(|| Fault::Answer(listed.clone()))
        });
        assert_eq!(read(&sync).await, ["app/NOBODYS"]);
        assert_eq!(sync.account.counts()["secretsmanager:DescribeSecret"], 2);
    });
}

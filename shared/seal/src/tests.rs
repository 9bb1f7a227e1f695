#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;

use std::time::{Duration, Instant};

use aws::Aws;
use futures::future::join_all;
use model::id::{OrganizationId, ProjectId};
use model::permission::Scope;
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use crate::keys::{MAX_AGE, MAX_USES, SEALS_FOR};
use crate::{Aad, Error, SealedBlob, Sealer};

const MINUTE: Duration = Duration::from_secs(60);
const HERE: Aad<'static> = Aad { table_key: "CONNECTION#1", attribute: "secret_access_key", version: 1 };

fn new() -> (Aws, Sealer, Scope) {
    let aws = Aws::default();
    let sealer = aws.process(OrganizationId::random());
    (aws, sealer, Scope::Project(ProjectId::random()))
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_sealed_opens_as_it_was(value in "\\PC{0,200}", table_key in "[A-Z]{1,20}#[a-z0-9-]{0,36}", version: u64) {
        let (_, sealer, scope) = new();
        let aad = Aad { table_key: &table_key, attribute: "value", version };
        let opened = run(async {
            let blob = sealer.seal(scope, &aad, &secret(&value)).await.unwrap();
            sealer.open(scope, &aad, &SealedBlob::from(blob.to_string())).await.unwrap()
        });
        prop_assert_eq!(opened.expose_secret(), &value);
    }
}

#[tokio::test]
async fn a_blob_says_nothing_of_its_value_and_never_repeats_itself() {
    let (aws, sealer, scope) = new();
    let value = secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let first = sealer.seal(scope, &HERE, &value).await.unwrap();
    let second = sealer.seal(scope, &HERE, &value).await.unwrap();
    assert_ne!(first, second);
    assert!(!first.as_str().contains("wJalrXUtnFEMI"));
    assert!(!aws.stored().contains("wJalrXUtnFEMI"));
}

#[tokio::test]
async fn a_value_opens_in_no_other_place_than_its_own() {
    let (_, sealer, scope) = new();
    let blob = sealer.seal(scope, &HERE, &secret("value")).await.unwrap();
    for elsewhere in [
        Aad { table_key: "CONNECTION#2", ..HERE },
        Aad { attribute: "session_token", ..HERE },
        Aad { version: 2, ..HERE },
    ] {
        let opened = sealer.open(scope, &elsewhere, &blob).await;
        assert!(matches!(opened, Err(Error::WrongContext)), "{elsewhere:?}: {opened:?}");
    }
}

#[tokio::test]
async fn the_values_of_two_rows_do_not_open_when_swapped() {
    let (_, sealer, scope) = new();
    let there = Aad { table_key: "CONNECTION#2", ..HERE };
    let ours = sealer.seal(scope, &HERE, &secret("ours")).await.unwrap();
    let theirs = sealer.seal(scope, &there, &secret("theirs")).await.unwrap();
    assert!(matches!(sealer.open(scope, &HERE, &theirs).await, Err(Error::WrongContext)));
    assert!(matches!(sealer.open(scope, &there, &ours).await, Err(Error::WrongContext)));
}

#[tokio::test]
async fn a_value_of_one_project_does_not_open_in_another() {
    let (_, sealer, scope) = new();
    let other = Scope::Project(ProjectId::random());
    let blob = sealer.seal(scope, &HERE, &secret("value")).await.unwrap();
    assert!(matches!(
        sealer.open(other, &HERE, &blob).await,
        Err(Error::MissingKeyVersion { version: 1, .. })
    ));
    sealer.seal(other, &HERE, &secret("a value of its own")).await.unwrap();
    assert!(matches!(sealer.open(other, &HERE, &blob).await, Err(Error::Tampered)));
}

#[tokio::test]
async fn no_changed_byte_of_a_blob_goes_unnoticed() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    let (_, sealer, scope) = new();
    let blob = sealer.seal(scope, &HERE, &secret("value")).await.unwrap();
    let bytes = STANDARD_NO_PAD.decode(blob.as_str()).unwrap();
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[position] ^= 1 << bit;
            let opened = sealer.open(scope, &HERE, &SealedBlob::from(STANDARD_NO_PAD.encode(changed))).await;
            match (position, opened) {
                (0, Err(Error::UnknownFormat { .. }))
                | (1..=4, Err(Error::MissingKeyVersion { .. }))
                | (5.., Err(Error::Tampered)) => {}
                (_, opened) => panic!("bit {bit} of byte {position}: {opened:?}"),
            }
        }
    }
    let longer = STANDARD_NO_PAD.encode([&bytes[..], &[0]].concat());
    assert!(matches!(sealer.open(scope, &HERE, &SealedBlob::from(longer)).await, Err(Error::Tampered)));
}

#[tokio::test]
async fn a_thousand_values_of_a_scope_cost_one_kms_call() {
    let (aws, sealer, scope) = new();
    let blob = sealer.seal(scope, &HERE, &secret("value")).await.unwrap();
    assert_eq!((aws.calls("GenerateDataKey"), aws.calls("Decrypt")), (1, 0));
    let cold = aws.process(sealer.0.organization);
    for opened in join_all((0..1_000).map(|_| cold.open(scope, &HERE, &blob))).await {
        assert_eq!(opened.unwrap().expose_secret(), "value");
    }
    assert_eq!((aws.calls("GenerateDataKey"), aws.calls("Decrypt")), (1, 1));
}

#[tokio::test]
async fn callers_that_need_the_first_key_at_once_share_one_kms_call() {
    let (aws, sealer, scope) = new();
    let blobs =
        join_all((0..50).map(|_| async { sealer.seal(scope, &HERE, &secret("value")).await.unwrap() })).await;
    assert_eq!((aws.kms_calls(), aws.calls("Query")), (1, 1));
    for blob in blobs {
        assert_eq!(sealer.open(scope, &HERE, &blob).await.unwrap().expose_secret(), "value");
    }
}

#[tokio::test]
async fn two_processes_that_make_the_first_key_at_once_end_up_with_one() {
    let (aws, ours, scope) = new();
    let theirs = aws.process(ours.0.organization);
    let value = secret("value");
    let (by_us, by_them) = tokio::join!(ours.seal(scope, &HERE, &value), theirs.seal(scope, &HERE, &value));
    assert_eq!(aws.calls("GenerateDataKey"), 2, "the two did race");
    for blob in [by_us.unwrap(), by_them.unwrap()] {
        assert_eq!(blob.key_version().unwrap(), 1);
        let third = aws.process(ours.0.organization);
        for process in [&ours, &theirs, &third] {
            assert_eq!(process.open(scope, &HERE, &blob).await.unwrap().expose_secret(), "value");
        }
    }
}

#[tokio::test]
async fn a_key_is_unwrapped_again_when_its_time_is_over() {
    let (aws, sealer, scope) = new();
    let start = Instant::now();
    sealer.0.newest(scope, start).await.unwrap();
    sealer.0.version(scope, 1, start + MAX_AGE - Duration::from_millis(1)).await.unwrap();
    assert_eq!(aws.kms_calls(), 1);
    sealer.0.version(scope, 1, start + MAX_AGE).await.unwrap();
    assert_eq!(aws.kms_calls(), 2);
}

#[tokio::test]
async fn a_key_is_unwrapped_again_when_its_uses_are_over() {
    let (aws, sealer, scope) = new();
    let start = Instant::now();
    for _ in 0..MAX_USES {
        sealer.0.newest(scope, start).await.unwrap();
    }
    assert_eq!(aws.kms_calls(), 1);
    sealer.0.newest(scope, start).await.unwrap();
    assert_eq!(aws.kms_calls(), 2);
}

#[tokio::test]
async fn after_a_year_a_new_key_seals_and_the_old_one_still_opens() {
    let (aws, sealer, scope) = new();
    let old = sealer.seal(scope, &HERE, &secret("value")).await.unwrap();
    for (age, version) in [(SEALS_FOR - MINUTE, 1), (SEALS_FOR, 2), (Duration::ZERO, 2)] {
        aws.age_data_keys(age);
        let cold = aws.process(sealer.0.organization);
        let new = cold.seal(scope, &HERE, &secret("value")).await.unwrap();
        assert_eq!((old.key_version().unwrap(), new.key_version().unwrap()), (1, version), "{age:?}");
        for blob in [&old, &new] {
            assert_eq!(cold.open(scope, &HERE, blob).await.unwrap().expose_secret(), "value");
        }
    }
    assert_eq!(aws.calls("GenerateDataKey"), 2);
}

#[tokio::test]
async fn a_process_that_holds_the_old_key_seals_with_the_new_one_once_its_time_is_over() {
    let (aws, sealer, scope) = new();
    let start = Instant::now();
    sealer.0.newest(scope, start).await.unwrap();
    aws.age_data_keys(SEALS_FOR);
    assert_eq!(sealer.0.newest(scope, start).await.unwrap().0, 1);
    assert_eq!(sealer.0.newest(scope, start + MAX_AGE).await.unwrap().0, 2);
    assert_eq!(aws.process(sealer.0.organization).0.newest(scope, start).await.unwrap().0, 2);
}

#[tokio::test]
async fn two_that_find_the_key_old_at_once_make_one_version() {
    let (aws, ours, scope) = new();
    ours.seal(scope, &HERE, &secret("value")).await.unwrap();
    aws.age_data_keys(SEALS_FOR);
    let (first, second) = (aws.process(ours.0.organization), aws.process(ours.0.organization));
    let (one, two) = (secret("one"), secret("two"));
    let (one, two) = tokio::join!(first.seal(scope, &HERE, &one), second.seal(scope, &HERE, &two));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.key_version().unwrap(), two.key_version().unwrap()), (2, 2));
    assert_eq!(first.open(scope, &HERE, &two).await.unwrap().expose_secret(), "two");
    assert_eq!(second.open(scope, &HERE, &one).await.unwrap().expose_secret(), "one");
}

#[tokio::test]
async fn a_lost_data_key_is_a_missing_version() {
    let (aws, sealer, scope) = new();
    let blob = sealer.seal(scope, &HERE, &secret("value")).await.unwrap();
    aws.forget_data_keys();
    let opened = aws.process(sealer.0.organization).open(scope, &HERE, &blob).await;
    assert!(matches!(opened, Err(Error::MissingKeyVersion { version: 1, .. })), "{opened:?}");
}

#[tokio::test]
async fn a_data_key_copied_from_another_scope_is_refused() {
    let (aws, sealer, scope) = new();
    let blob = sealer.seal(scope, &HERE, &secret("value")).await.unwrap();
    sealer.seal(Scope::Organization, &HERE, &secret("value")).await.unwrap();
    let partition = format!("DATA_KEY#PROJECT#{}", scope.project().unwrap());
    aws.copy_wrapped_key("DATA_KEY#ORG", &partition);
    let opened = aws.process(sealer.0.organization).open(scope, &HERE, &blob).await;
    assert!(matches!(opened, Err(Error::ForeignDataKey { version: 1, .. })), "{opened:?}");
    aws.change_wrapped_key(&partition, "not base64!");
    let opened = aws.process(sealer.0.organization).open(scope, &HERE, &blob).await;
    assert!(matches!(opened, Err(Error::DataKeyForm { version: 1, .. })), "{opened:?}");
}

#[tokio::test]
async fn kms_errors_say_what_was_attempted_and_whether_to_try_again() {
    for (status, code, transient) in [
        (400, "AccessDeniedException", false),
        (400, "DisabledException", false),
        (400, "NotFoundException", false),
        (400, "KMSInvalidStateException", false),
        (400, "ThrottlingException", true),
        (500, "KMSInternalException", true),
        (500, "DependencyTimeoutException", true),
        (500, "KeyUnavailableException", true),
    ] {
        let (aws, sealer, scope) = new();
        aws.kms_refuses(status, code);
        let sealed = sealer.seal(scope, &HERE, &secret("value")).await;
        assert!(matches!(sealed, Err(Error::GenerateDataKey { .. })), "{code}: {sealed:?}");
        assert_eq!(sealed.unwrap_err().is_transient(), transient, "{code}");

        let blob = sealer.seal(scope, &HERE, &secret("value")).await.expect("a refusal is not remembered");
        let cold = aws.process(sealer.0.organization);
        aws.kms_refuses(status, code);
        let opened = cold.open(scope, &HERE, &blob).await;
        assert!(matches!(opened, Err(Error::UnwrapDataKey { version: 1, .. })), "{code}: {opened:?}");
        assert_eq!(opened.unwrap_err().is_transient(), transient, "{code}");
    }
}

#[tokio::test]
async fn a_data_key_under_another_kms_key_is_refused() {
    let (aws, sealer, scope) = new();
    let blob = sealer.seal(scope, &HERE, &secret("value")).await.unwrap();
    aws.kms_refuses(400, "IncorrectKeyException");
    let opened = aws.process(sealer.0.organization).open(scope, &HERE, &blob).await;
    assert!(matches!(opened, Err(Error::ForeignDataKey { .. })), "{opened:?}");
}

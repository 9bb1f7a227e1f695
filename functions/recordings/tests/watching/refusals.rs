//! Who may not watch, and what is said when AWS does not help.

use model::id::{IdentityId, RecordingConfigId};
use model::permission::Scope;
use model::recording::{Place, RecordingConfig};
use store::Change;

use crate::aws::Trouble;
use crate::world::{World, path};

#[tokio::test]
async fn nobody_without_the_permission_gets_as_far_as_kms() {
    let world = World::new().await;
    let recording = world.recorded(2, &[]).await;
    let (status, answer) = world.get(world.viewer, &path(&recording)).await;
    assert_eq!((status, &answer["error"]), (403, &"PermissionDenied".into()), "{answer}");
    let (status, _) = world.get(IdentityId::random(), &path(&recording)).await;
    assert_eq!(status, 404);
    let (status, _) = world.get(world.member, "/api/v1/pam/sessions/no-uuid/playback").await;
    assert_eq!(status, 422);
    let absent = world.unrecorded();
    assert_eq!(world.play(&absent, "").await.0, 404);
    let ciphertext = format!("/api/v1/pam/sessions/{}/chunks/1/ciphertext", recording.session_id);
    assert_eq!(world.get(world.viewer, &ciphertext).await.0, 403);
    assert_eq!((world.unwrapped(), world.watched().await), (0, 0));
}

#[tokio::test]
async fn the_ciphertext_is_in_the_bucket_and_not_here() {
    let world = World::new().await;
    let recording = world.recorded(2, &[]).await;
    let base = format!("/api/v1/pam/sessions/{}/chunks", recording.session_id);
    let (status, answer) = world.get(world.member, &format!("{base}/1/ciphertext")).await;
    assert_eq!(status, 400);
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("Chunk 1") && message.contains("customers-recordings"), "{message}");
    for index in ["1000000", "-1", "x"] {
        assert_eq!(world.get(world.member, &format!("{base}/{index}/ciphertext")).await.0, 422, "{index}");
    }
}

#[tokio::test]
async fn a_session_that_nobody_recorded_says_so() {
    let world = World::new().await;
    let recording = world.unrecorded();
    world.commit(Change::new(testkit::now()).create(&recording)).await;
    let (status, answer) = world.play(&recording, "").await;
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("Nothing is recorded"), "{answer}");
}

#[tokio::test]
async fn whatever_of_aws_is_out_of_order_is_said_in_words_until_it_is_mended() {
    let world = World::new().await;
    let recording = world.recorded(2, &[]).await;
    for (trouble, expected, words) in [
        (Trouble::Kms("DisabledException"), 400, "is disabled"),
        (Trouble::Kms("KMSInvalidStateException"), 400, "about to be deleted"),
        (Trouble::Kms("AccessDeniedException"), 400, "may not use the KMS key"),
        (Trouble::Kms("InvalidCiphertextException"), 400, "was changed or copied"),
        (Trouble::Kms("ThrottlingException"), 503, "try again"),
        (Trouble::S3(404, "NoSuchBucket"), 400, "There is no bucket customers-recordings in eu-west-1"),
        (
            Trouble::S3(403, "AccessDenied"),
            400,
            "allow s3:GetObject on arn:aws:s3:::customers-recordings/pam/prod/*",
        ),
        (Trouble::S3(301, "PermanentRedirect"), 400, "give its own Region"),
    ] {
        world.aws.suffer(trouble);
        let (status, answer) = world.play(&recording, "").await;
        assert_eq!(status, expected, "{trouble:?}: {answer}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(words), "{trouble:?}: {message}");
        assert!(answer["sessionKey"].is_null(), "{trouble:?}");
        // Nothing else breaks: what needs no key and no bucket goes on.
        let list = format!("/api/v1/pam/recordings?projectId={}", world.project);
        assert_eq!(world.get(world.member, &list).await.0, 200, "{trouble:?}");
        world.aws.suffer(Trouble::None);
        assert_eq!(world.play(&recording, "").await.0, 200, "after {trouble:?}");
    }
}

#[tokio::test]
async fn what_time_mends_and_a_first_object_that_is_gone_are_left_to_the_browser() {
    let world = World::new().await;
    let recording = world.recorded(2, &[]).await;
    for trouble in
        [Trouble::S3(503, "SlowDown"), Trouble::S3(404, "NoSuchKey"), Trouble::S3(416, "InvalidRange")]
    {
        world.aws.suffer(trouble);
        assert_eq!(world.play(&recording, "").await.0, 200, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_role_that_does_not_open_and_a_connection_that_is_gone_are_named() {
    let world = World::new().await;
    let recording = world.recorded(1, &[]).await;
    world.aws.suffer(Trouble::Sts);
    let (status, answer) = world.play(&recording, "").await;
    assert_eq!(status, 400, "{answer}");
    assert!(
        answer["message"].as_str().unwrap().contains("arn:aws:iam::123456789012:role/drawbridge"),
        "{answer}"
    );

    world.aws.suffer(Trouble::None);
    let connection = world.store.connection(world.connection).await.unwrap().unwrap();
    world.commit(Change::new(testkit::now()).delete(&connection)).await;
    let (status, answer) = world.play(&recording, "").await;
    assert_eq!(status, 400, "{answer}");
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains(&world.connection.to_string()), "{message}");
    assert!(message.contains("the bucket customers-recordings in eu-west-1"), "{message}");
}

#[tokio::test]
async fn a_recording_outlives_its_connection_where_the_projects_own_leads_to_the_same_bucket() {
    let world = World::new().await;
    let recording = world.recorded(1, &[]).await;
    let own = world.store.connection(world.connection).await.unwrap().unwrap();
    world.commit(Change::new(testkit::now()).delete(&own)).await;
    let other = testkit::connection(world.organization, Scope::Project(world.project), "210987654321");
    let config = |bucket: &str| RecordingConfig {
        id: RecordingConfigId::random(),
        organization_id: world.organization,
        project_id: world.project,
        connection_id: other.id,
        place: Place { bucket: bucket.parse().unwrap(), key_prefix: None, ..recording.place.clone() },
    };
    let elsewhere = config("another-bucket");
    world.commit(Change::new(testkit::now()).create(&other).create(&elsewhere)).await;
    let (status, answer) = world.play(&recording, "").await;
    assert_eq!(status, 400, "{answer}");

    let stored = world.store.recording_config(world.project).await.unwrap().unwrap();
    world.commit(Change::new(testkit::now()).replace(&stored, &config("customers-recordings"))).await;
    let (status, answer) = world.play(&recording, "").await;
    assert_eq!(status, 200, "{answer}");
    // Under the recording's own prefix all the same.
    let url = answer["chunks"][0]["presignedGetUrl"].as_str().unwrap();
    assert!(url.contains("/pam/prod/"), "{url}");
}

//! One page: what is answered, by what it was signed, and who is written down.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::recording::{Chain, ChunkIndex, Manifest, Sha256, Survey};
use serde_json::Value;
use store::Change;

use crate::aws::{Trouble, session_key};
use crate::world::{World, announced, committed};

/// The chain over chunks of these numbers.
fn chain(world: &World, session: model::id::PamSessionId, numbers: impl Iterator<Item = u32>) -> String {
    let start = Chain::start(world.project, session);
    let link = |chain: Chain, number: u32| {
        chain.then(ChunkIndex::try_from(number).unwrap(), 100, &Sha256::of(number.to_string()))
    };
    numbers.fold(start, link).head().to_string()
}

#[tokio::test]
async fn a_watcher_gets_the_key_and_urls_of_the_recordings_own_bucket_chain_and_manifest() {
    let world = World::new().await;
    let recording = world.recorded(3, &[]).await;
    let (status, answer) = world.play(&recording, "").await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["sessionKey"], STANDARD.encode(session_key().expose()));
    assert_eq!(answer["sessionComplete"], true);
    assert_eq!(answer["storageBackend"], "aws-s3");
    assert_eq!(answer["projectId"], world.project.to_string());
    assert_eq!(answer["nextCursor"], Value::Null);
    assert_eq!(
        (&answer["expiresInSeconds"], &answer["expiresAt"]),
        (&300.into(), &"2026-01-02T03:09:05.000Z".into())
    );

    let chunk = &answer["chunks"][2];
    let (project, session) = (world.project, recording.session_id);
    let key = format!("pam/prod/{project}/{session}/chunk-000002.json.enc");
    assert_eq!(chunk["externalChunkObjectKey"], key);
    assert_eq!(
        (&chunk["chunkIndex"], &chunk["startElapsedMs"], &chunk["endElapsedMs"]),
        (&2.into(), &2_000.into(), &2_999.into())
    );
    assert_eq!(
        (&chunk["ciphertextBytes"], &chunk["ciphertextSha256"]),
        (&100.into(), &Sha256::of("2").to_string().into())
    );
    let url = chunk["presignedGetUrl"].as_str().unwrap();
    assert!(
        url.starts_with(&format!(
            "https://customers-recordings.s3.eu-west-1.amazonaws.com/{key}?x-id=GetObject&"
        )),
        "{url}"
    );
    for part in [
        "X-Amz-Credential=ASIAX%2F20260102%2Feu-west-1%2Fs3",
        "X-Amz-Date=20260102T030405Z",
        "X-Amz-Expires=300&",
        "X-Amz-Security-Token=token",
    ] {
        assert!(url.contains(part), "{part} in {url}");
    }

    let head = chain(&world, session, 0..3);
    assert_eq!(answer["chain"]["before"], chain(&world, session, 0..0));
    assert_eq!(answer["chain"]["after"], head);
    let manifest = &answer["manifest"];
    assert_eq!(
        (&manifest["chunkCount"], &manifest["chainHead"], &manifest["complete"]),
        (&3.into(), &head.into(), &true.into())
    );
    let mut survey = Survey::new(project, session);
    (0..3).for_each(|index| survey.see(&committed(session, index)));
    let own: Manifest = survey.finish(&recording);
    assert_eq!(manifest["mac"], own.mac(&session_key()).to_string());

    assert_eq!(world.unwrapped(), 1);
    assert_eq!(world.watched().await, 1);
    let policies: Vec<String> =
        world.calls.all().iter().filter_map(|call| call.parameter("Policy")).collect();
    assert_eq!(policies.len(), 1, "one session");
    assert!(
        policies[0].contains(&format!("arn:aws:s3:::customers-recordings/pam/prod/{project}/*")),
        "{policies:?}"
    );
    assert!(!policies[0].contains("PutObject"), "{policies:?}");
}

#[tokio::test]
async fn the_audit_trail_says_who_watched_which_session() {
    let world = World::new().await;
    let recording = world.recorded(1, &[]).await;
    world.play(&recording, "").await;
    world.play(&recording, "").await;
    let details = world.trail.details().await.unwrap();
    let lines = details.iter().filter(|line| line.contains("session key unwrapped")).count();
    assert_eq!((world.unwrapped(), lines), (2, 2), "{details:?}");
    assert_eq!(world.trail.seconds_kept().await.unwrap()["recording.play"], 400 * 86_400);
    let deeds = world.trail.deeds().await.unwrap();
    let own = format!("{} recording.play {}", world.member, recording.session_id);
    assert_eq!(deeds.iter().filter(|deed| **deed == own).count(), 2, "{deeds:?}");
}

#[tokio::test]
async fn a_chunk_that_never_came_is_named_by_its_number_and_has_no_url() {
    let world = World::new().await;
    let recording = world.recorded(6, &[1, 3]).await;
    let session = recording.session_id;
    world.commit(Change::new(testkit::now()).create(&announced(session, 3))).await;
    world.commit(Change::new(testkit::now()).create(&announced(session, 7))).await;
    let (status, answer) = world.play(&recording, "").await;
    assert_eq!(status, 200, "{answer}");
    let manifest = &answer["manifest"];
    assert_eq!(manifest["missing"], serde_json::json!([1, 3, 6, 7]));
    assert_eq!((&manifest["missingCount"], &manifest["complete"]), (&4.into(), &false.into()));
    let shown: Vec<u64> = answer["chunks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|chunk| chunk["chunkIndex"].as_u64().unwrap())
        .collect();
    assert_eq!(shown, [0, 2, 4, 5]);
    assert_eq!(answer["chain"]["after"], chain(&world, session, [0, 2, 4, 5].into_iter()));
}

#[tokio::test]
async fn a_url_never_outlives_the_credentials_that_signed_it() {
    let world = World::new().await;
    world.aws.suffer(Trouble::SessionEnds("2026-01-02T03:05:35Z"));
    let recording = world.recorded(1, &[]).await;
    let (status, answer) = world.play(&recording, "").await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["expiresInSeconds"], 90);
    assert!(answer["chunks"][0]["presignedGetUrl"].as_str().unwrap().contains("X-Amz-Expires=90&"));
}

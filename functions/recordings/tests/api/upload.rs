//! A chunk on its way, and everything that a gateway can get wrong or make up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::event::event;

use crate::cloud::Object;
use crate::world::{BUCKET, Session, World, batch, commit, commit_body, commit_of, presign, presign_body};

/// S3 counts from the second in which a URL is signed.
fn in_whole_seconds(seconds: u64) -> String {
    model::Timestamp::from_unix_seconds(testkit::later(seconds).unix_seconds()).to_string()
}

/// The peer's own sequence: credentials, URL, PUT, metadata, in its own words.
#[tokio::test]
async fn the_peers_gateway_uploads_a_chunk_as_it_always_did() {
    let (world, session) = World::recording().await;
    let content = b"ciphertext and tag";
    let answer = world
        .ok(
            presign_body(
                &session,
                &json!({ "chunkIndex": 7, "ciphertextBytes": content.len(), "isKeyframe": false }),
            ),
            world.gateway,
        )
        .await;
    assert_eq!(answer["objectKey"], world.key_of(&session, 7));
    assert_eq!((answer["method"].as_str(), answer["expiresInSeconds"].as_u64()), (Some("PUT"), Some(300)));
    assert_eq!(answer["expiresAt"], in_whole_seconds(300));
    let url = answer["url"].as_str().unwrap();
    assert!(
        !url.to_lowercase().contains("checksum"),
        "a header that the gateway does not send is signed: {url}"
    );
    assert_eq!(world.cloud.put(url, content), 200);
    let done = world.ok(commit(&session, 7, content), world.gateway).await;
    assert_eq!(done, json!({ "ok": true, "storageBackend": "aws-s3" }));
    let stored = world.chunk(&session, 7).await.unwrap().value.committed.unwrap();
    assert_eq!((stored.ciphertext_bytes, stored.start_elapsed_ms), (18, 7_000));
}

#[tokio::test]
async fn a_client_that_asks_for_it_cannot_overwrite() {
    let (world, session) = World::recording().await;
    let body = json!({ "chunkIndex": 0, "ciphertextBytes": 5, "onlyIfAbsent": true });
    let url = world.ok(presign_body(&session, &body), world.gateway).await;
    let url = url["url"].as_str().unwrap();
    assert_eq!(world.cloud.put_with(url, b"hello", Some("*")), 200);
    assert_eq!(world.cloud.put_with(url, b"jello", Some("*")), 412);
    assert_eq!(world.cloud.put(url, b"jello"), 403, "the header is signed");
}

#[tokio::test]
async fn a_digest_that_is_announced_is_signed_alone_and_in_a_batch() {
    let (world, session) = World::recording().await;
    let wish = |is_careful: bool| {
        json!({ "chunkIndex": 0, "ciphertextBytes": 5, "onlyIfAbsent": is_careful,
            "ciphertextSha256": model::recording::Sha256::of("hello").to_string() })
    };
    for (is_careful, conditional) in [(false, ""), (true, "%3Bif-none-match")] {
        let one = world.ok(presign_body(&session, &wish(is_careful)), world.gateway).await;
        let url = one["url"].as_str().unwrap();
        let signed = format!("=content-length%3Bcontent-type%3Bhost{conditional}%3Bx-amz-checksum-sha256&");
        assert!(url.contains(&signed), "{url}");
        let many = world.ok(batch(&session, &[wish(is_careful)]), world.gateway).await;
        assert_eq!(many["chunks"][0]["url"], one["url"]);
    }
    let none = json!({ "chunkIndex": 0, "ciphertextBytes": 5, "ciphertextSha256": "aGVsbG8=" });
    assert_eq!(world.refused(presign_body(&session, &none), world.gateway).await.0, 422);
}

#[tokio::test]
async fn a_commit_without_its_object_or_with_another_is_refused_by_number() {
    let (world, session) = World::recording().await;
    let (status, words) = world.refused(commit(&session, 3, b"hello"), world.gateway).await;
    assert!(status == 400 && words.contains("Chunk 3 was never announced"), "{status} {words}");
    assert!(world.cloud.calls().is_empty(), "S3 was asked");

    world.ok(presign(&session, 3, b"hello"), world.gateway).await;
    let (status, words) = world.refused(commit(&session, 3, b"hello"), world.gateway).await;
    assert!(status == 400 && words.contains("Chunk 3: there is no object"), "{status} {words}");

    let put = |body: &[u8], sha256: Option<String>| {
        let object = Object { body: body.to_vec(), sha256 };
        world.cloud.state().buckets.get_mut(BUCKET).unwrap().insert(world.key_of(&session, 3), object);
    };
    put(b"longer than that", None);
    let (status, words) = world.refused(commit(&session, 3, b"hello"), world.gateway).await;
    assert!(
        status == 400 && words.contains("Chunk 3: the object in the bucket has 16 bytes, not 5"),
        "{status} {words}"
    );

    put(b"jello", Some(model::recording::Sha256::of("jello").to_string()));
    let (status, words) = world.refused(commit(&session, 3, b"hello"), world.gateway).await;
    assert!(status == 400 && words.contains("Chunk 3: the SHA-256"), "{status} {words}");
    assert!(world.chunk(&session, 3).await.unwrap().committed.is_none());

    // A digest of parts is no digest of the whole.
    put(b"hello", Some("abc=-2".into()));
    world.ok(commit(&session, 3, b"hello"), world.gateway).await;
}

#[tokio::test]
async fn a_repeated_commit_is_fine_and_another_content_is_not() {
    let (world, session) = World::recording().await;
    world.upload(&session, 0, b"hello").await;
    world.cloud.calls();
    assert_eq!(world.ok(commit(&session, 0, b"hello"), world.gateway).await["ok"], true);
    assert!(world.cloud.calls().is_empty(), "what is known is not asked again");
    let (status, words) = world.refused(commit(&session, 0, b"jello"), world.gateway).await;
    assert!(
        status == 400 && words.contains("Chunk 0 was committed with another content"),
        "{status} {words}"
    );
    // A gateway that resumes may put the same again, and nothing of another length.
    world.ok(presign(&session, 0, b"hello"), world.gateway).await;
    let (status, words) = world.refused(presign(&session, 0, b"longer"), world.gateway).await;
    assert!(status == 400 && words.contains("Chunk 0 was committed with 5 bytes"), "{status} {words}");
}

#[tokio::test]
async fn chunks_come_in_any_order() {
    let (world, session) = World::recording().await;
    for index in [5, 0, 999_999, 3] {
        world.upload(&session, index, format!("chunk {index}").as_bytes()).await;
    }
    let all = world
        .store
        .chunks(session.id.parse().unwrap(), 0.try_into().unwrap(), 999_999.try_into().unwrap())
        .await;
    let indexes: Vec<u32> = all.unwrap().iter().map(|chunk| chunk.index.number()).collect();
    assert_eq!(indexes, [0, 3, 5, 999_999]);
}

#[tokio::test]
async fn a_keyframe_is_the_chunks_own_and_as_long_as_announced() {
    let (world, session) = World::recording().await;
    world.ok(presign(&session, 2, b"hello"), world.gateway).await;
    let body = json!({ "chunkIndex": 2, "ciphertextBytes": 3, "isKeyframe": true });
    let picture = world.ok(presign_body(&session, &body), world.gateway).await;
    let key = picture["objectKey"].as_str().unwrap().to_owned();
    assert!(key.ends_with("/chunk-000002.keyframe.png.enc"), "{key}");
    let objects = [(world.key_of(&session, 2), b"hello".to_vec()), (key.clone(), b"png".to_vec())];
    for (key, body) in objects {
        let object = Object { body, sha256: None };
        world.cloud.state().buckets.get_mut(BUCKET).unwrap().insert(key, object);
    }
    let said = |key: &str, bytes: u64| {
        let mut body = commit_of(2, b"hello");
        body["keyframeObjectKey"] = json!(key);
        body["keyframeSizeBytes"] = json!(bytes);
        commit_body(&session, &body)
    };
    let (status, words) = world.refused(said(&world.key_of(&session, 1), 3), world.gateway).await;
    assert!(status == 400 && words.contains("and no other object"), "{status} {words}");
    assert_eq!(world.refused(said(&key, 4), world.gateway).await.0, 400);
    world.ok(said(&key, 3), world.gateway).await;
    assert_eq!(world.chunk(&session, 2).await.unwrap().value.committed.unwrap().keyframe.unwrap().bytes, 3);
}

#[tokio::test]
async fn no_token_a_wrong_one_and_another_sessions_are_refused_everywhere() {
    let (world, session) = World::recording().await;
    let other = world.session().await;
    let routes = |id: &str| {
        ["chunks", "chunks/presigned-put", "chunks/presigned-put-batch"]
            .map(|route| event("POST", &format!("/api/v1/pam/sessions/{id}/{route}")).body(&json!({})))
    };
    for token in [
        None,
        Some(""),
        Some("AAAA"),
        Some(&*STANDARD.encode([0; 32])),
        Some(&*other.token),
        Some("not base64!"),
    ] {
        for route in routes(&session.id) {
            let route = match token {
                Some(token) => route.header("x-gateway-upload-token", token),
                None => route,
            };
            let (status, words) = world.refused(route, world.gateway).await;
            assert!(status == 400 && words.contains("X-Gateway-Upload-Token"), "{token:?}: {status} {words}");
            assert!(token.is_none_or(|token| token.len() < 8 || !words.contains(token)), "{words}");
        }
    }
    // The right token from somebody else's mouth.
    let (status, words) = world.refused(presign(&session, 0, b"hello"), world.second).await;
    assert!(status == 403 && words.contains("were given to machine"), "{status} {words}");
    // A session that nobody has the key of.
    let waiting = Session { id: world.record().await, ..session };
    assert_eq!(world.refused(presign(&waiting, 0, b"hello"), world.gateway).await.0, 400);
}

#[tokio::test]
async fn an_index_or_a_length_out_of_range_is_refused_before_anything_is_written() {
    let (world, session) = World::recording().await;
    for body in [
        json!({ "chunkIndex": 1_000_000, "ciphertextBytes": 5 }),
        json!({ "chunkIndex": -1, "ciphertextBytes": 5 }),
        json!({ "chunkIndex": 0, "ciphertextBytes": 0 }),
        json!({ "chunkIndex": 0, "ciphertextBytes": 256 * 1024 * 1024 + 1 }),
        json!({ "chunkIndex": "0", "ciphertextBytes": 5 }),
        json!({}),
    ] {
        let (status, words) = world.refused(presign_body(&session, &body), world.gateway).await;
        assert_eq!(status, 422, "{body}: {words}");
    }
    let mut inline = commit_of(0, b"hello");
    inline["ciphertext"] = json!("AAAA");
    let (status, words) = world.refused(commit_body(&session, &inline), world.gateway).await;
    assert!(status == 422 && words.contains("bucket of yours"), "{status} {words}");
    assert!(world.chunk(&session, 0).await.is_none());
}

#[tokio::test]
async fn urls_live_as_long_as_the_credentials_that_signed_them_and_say_so() {
    let (world, session) = World::recording().await;
    // In its last five minutes a session is not used again; one that lives shorter than that is all that there is.
    world.cloud.state().lifetime = 120;
    let late = testkit::later(3_400);
    let answer: Value = world.send_at(presign(&session, 0, b"hello"), world.gateway, late).await.1;
    assert_eq!(
        (answer["expiresInSeconds"].as_u64(), answer["expiresAt"].as_str()),
        (Some(120), Some(&*in_whole_seconds(3_520)))
    );
    assert!(answer["url"].as_str().unwrap().contains("X-Amz-Expires=120&"), "{answer}");
    world.cloud.state().lifetime = 0;
    let (status, _) =
        world.send_at(presign(&session, 0, b"hello"), world.gateway, testkit::later(9_000)).await;
    assert_eq!(status, 503);
}

#[tokio::test]
async fn a_bucket_that_vanished_a_role_that_closed_and_an_s3_that_fails_are_said_and_pass() {
    let (world, session) = World::recording().await;
    world.upload(&session, 0, b"hello").await;
    world.ok(presign(&session, 1, b"world"), world.gateway).await;
    let bucket = world.cloud.state().buckets.remove(BUCKET).unwrap();
    let (status, words) = world.refused(commit(&session, 1, b"world"), world.gateway).await;
    assert!(
        status == 400 && words.contains(&format!("There is no bucket {BUCKET} in us-east-1")),
        "{status} {words}"
    );
    world.cloud.state().buckets.insert(BUCKET.to_owned(), bucket);
    for (fault, expected) in
        [((403, "AccessDenied"), 400), ((500, "InternalError"), 503), ((403, "ExpiredToken"), 400)]
    {
        world.cloud.state().s3_refuses = Some(fault);
        let (status, words) = world.refused(commit(&session, 1, b"world"), world.gateway).await;
        assert_eq!(status, expected, "{fault:?}: {words}");
        assert!(words.contains("chunk 1"), "{words}");
    }
    world.cloud.state().s3_refuses = None;
    world.cloud.state().sts_refuses = Some("AccessDenied");
    let (status, _) =
        world.send_at(commit(&session, 1, b"world"), world.gateway, testkit::later(4_000)).await;
    assert_eq!(status, 400);
    world.cloud.state().sts_refuses = None;
    world.upload(&session, 1, b"world").await;
}

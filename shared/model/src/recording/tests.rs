#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::Timestamp;
use crate::form::{self, Read};
use crate::id::{ConnectionId, OrganizationId, PamSessionId, ProjectId};
use crate::membership::ActorKind;
use crate::pam::SessionActor;

const PROJECT: &str = "11111111-1111-4111-8111-111111111111";
const SESSION: &str = "22222222-2222-4222-8222-222222222222";

fn project() -> ProjectId {
    PROJECT.parse().unwrap()
}

fn session() -> PamSessionId {
    SESSION.parse().unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_767_323_045)
}

fn index(number: u32) -> ChunkIndex {
    number.try_into().unwrap()
}

fn place(prefix: Option<&str>) -> Place {
    Place {
        bucket: "recordings-of-acme".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        key_prefix: prefix.map(|prefix| prefix.parse().unwrap()),
    }
}

fn recording() -> Recording {
    Recording {
        session_id: session(),
        organization_id: OrganizationId::random(),
        project_id: project(),
        account_type: "ssh".into(),
        account_name: "root".into(),
        resource_name: None,
        actor: SessionActor {
            kind: ActorKind::User,
            id: "ada@example.com".into(),
            name: "Ada".into(),
            email: Some("ada@example.com".into()),
            source_ip: "203.0.113.7".into(),
            user_agent: "test".into(),
        },
        reason: None,
        connection_id: ConnectionId::random(),
        place: place(None),
        requested_at: now(),
        lasts_until: None,
        given: None,
        began_at: None,
        ended: None,
    }
}

fn given(to: &str) -> Given {
    Given {
        to: to.into(),
        name: "gateway".into(),
        at: now(),
        wrapped_key: "d3JhcHBlZA==".into(),
        upload_token_sha256: Sha256::of("token"),
    }
}

fn said(number: u32, content: &str) -> CommitChunk {
    CommitChunk {
        index: index(number),
        start_elapsed_ms: 0,
        end_elapsed_ms: 1_000,
        ciphertext_sha256: Sha256::of(content),
        ciphertext_bytes: content.len() as u64,
        iv: Iv::new([7; 12]),
        keyframe: None,
    }
}

fn committed(number: u32, content: &str) -> Chunk {
    let chunk = Chunk::new(session(), index(number));
    let chunk = chunk.announce(content.len() as u64, false, now()).unwrap().unwrap();
    chunk.commit(&said(number, content), None, now()).unwrap().unwrap()
}

fn announced(number: u32) -> Chunk {
    Chunk::new(session(), index(number)).announce(5, false, now()).unwrap().unwrap()
}

fn summed_up(chunks: &[Chunk], recording: &Recording) -> Manifest {
    let mut survey = Survey::new(project(), session());
    chunks.iter().for_each(|chunk| survey.see(chunk));
    survey.finish(recording)
}

#[test]
fn objects_have_the_keys_of_the_contract() {
    let (bare, below) = (place(None), place(Some("/pam/prod/")));
    let key = format!("{PROJECT}/{SESSION}/chunk-000042.json.enc");
    assert_eq!(bare.chunk_key(project(), session(), index(42)), key);
    assert_eq!(below.chunk_key(project(), session(), index(42)), format!("pam/prod/{key}"));
    assert_eq!(
        below.keyframe_key(project(), session(), ChunkIndex::LAST),
        format!("pam/prod/{PROJECT}/{SESSION}/chunk-999999.keyframe.png.enc")
    );
    assert_eq!(
        (bare.cors_probe_key().as_str(), below.cors_probe_key().as_str()),
        (".cors-probe", "pam/prod/.cors-probe")
    );
    assert_eq!(below.objects_arn(".test/*"), "arn:aws:s3:::recordings-of-acme/pam/prod/.test/*");
    let china = Place { region: "cn-north-1".parse().unwrap(), ..bare };
    assert_eq!(china.bucket_arn(), "arn:aws-cn:s3:::recordings-of-acme");
}

/// Computed with Python's hashlib and hmac, from the words of the contract alone.
#[test]
fn the_digests_that_others_must_reproduce_never_change() {
    let chain = Chain::start(project(), session());
    assert_eq!(chain.head().to_string(), "4ZTz7f+7KzwiXJrufDTIMx05jnABou3avU4IVPhwbQw=");
    let chain = chain.then(index(0), 5, &Sha256::of("hello"));
    assert_eq!(chain.head().to_string(), "2A08Jn4d3f5MLb/X+4jOxCikqe9ef7g6hVK68syjuso=");
    let key = SessionKey::new(Box::new([9; SESSION_KEY_BYTES]));
    let manifest = summed_up(&[committed(0, "hello")], &recording());
    assert_eq!(
        manifest.text(),
        format!(
            "drawbridge-recording-manifest-v1\nproject {PROJECT}\nsession {SESSION}\nchunks 1\nchain 2A08Jn4d3f5MLb/X+4jOxCikqe9ef7g6hVK68syjuso=\n\
             missing 0 \ncomplete false\nclaimed none\n"
        )
    );
    assert_eq!(manifest.mac(&key).to_string(), "Ym7mmFvRyTY5azikInP88n2agJx1Ntd13dyxKQXyNRA=");
    assert!(key.verifies(&manifest.text(), &manifest.mac(&key)));
    assert!(!key.verifies(&manifest.text().replace("chunks 1", "chunks 0"), &manifest.mac(&key)));
    assert!(
        !SessionKey::new(Box::new([8; SESSION_KEY_BYTES])).verifies(&manifest.text(), &manifest.mac(&key))
    );
}

#[test]
fn a_session_key_and_what_was_given_show_nothing_of_themselves() {
    let shown = format!("{:?} {:?}", SessionKey::new(Box::new([65; SESSION_KEY_BYTES])), given("identity:1"));
    assert!(!shown.contains("65") && !shown.contains("d3Jh") && !shown.contains("AAAA"), "{shown}");
    assert!(!shown.contains(&Sha256::of("token").to_string()), "{shown}");
}

#[test]
fn whatever_is_missing_swapped_or_altered_moves_the_chain() {
    let whole = [committed(0, "a"), committed(1, "b"), committed(2, "c")];
    let head = |chunks: &[Chunk]| summed_up(chunks, &recording()).chain_head;
    let swapped = [committed(0, "b"), committed(1, "a"), committed(2, "c")];
    let altered = [committed(0, "a"), committed(1, "x"), committed(2, "c")];
    let heads = [
        head(&whole),
        head(&whole[..2]),
        head(&[whole[0].clone(), whole[2].clone()]),
        head(&swapped),
        head(&altered),
    ];
    for (position, one) in heads.iter().enumerate() {
        assert!(!heads[position + 1..].contains(one), "{position}");
    }
}

#[test]
fn what_was_announced_skipped_or_claimed_and_is_not_there_is_missing_by_number() {
    let chunks = [committed(0, "a"), announced(1), committed(4, "b")];
    let manifest = summed_up(&chunks, &recording());
    assert_eq!(manifest.missing, [index(1), index(2), index(3)]);
    assert_eq!((manifest.chunk_count, manifest.missing_count, manifest.complete), (2, 3, false));

    let claim = |chunk_count, chain_head| {
        let ended = Ended { at: now(), claim: Some(Claim { chunk_count, chain_head }) };
        Recording { ended: Some(ended), ..recording() }
    };
    let whole = [committed(0, "a"), committed(1, "b")];
    let head = summed_up(&whole, &recording()).chain_head;
    assert!(summed_up(&whole, &claim(2, Some(head))).complete);
    assert!(summed_up(&whole, &claim(2, None)).complete);
    assert!(!summed_up(&whole, &claim(2, Some(Sha256::of("another")))).complete);
    assert!(!summed_up(&whole, &claim(1, None)).complete, "more than was claimed");
    let truncated = summed_up(&whole, &claim(4, None));
    assert_eq!((truncated.missing, truncated.complete), (vec![index(2), index(3)], false));
    // Nobody said that it ended.
    assert!(!summed_up(&whole, &recording()).complete);
    let silent = Recording { ended: Some(Ended { at: now(), claim: None }), ..recording() };
    assert!(summed_up(&whole, &silent).complete);
}

#[test]
fn very_many_missing_chunks_are_counted_and_the_first_thousand_named() {
    let manifest = summed_up(&[committed(999_999, "a")], &recording());
    assert_eq!((manifest.missing.len(), manifest.missing_count), (MOST_NAMED, 999_999));
    assert_eq!(manifest.missing.last(), Some(&index(999)));
}

#[test]
fn an_announcement_is_written_down_once_and_may_change_until_the_chunk_is_there() {
    let first = Chunk::new(session(), index(0)).announce(5, false, now()).unwrap().unwrap();
    assert_eq!(first.announce(5, false, now()), Ok(None));
    let longer = first.announce(6, false, now()).unwrap().unwrap();
    assert_eq!(longer.announced.unwrap().bytes, 6);
    let with_picture = longer.announce(9, true, now()).unwrap().unwrap();
    assert_eq!((with_picture.keyframe_bytes, with_picture.announced.unwrap().bytes), (Some(9), 6));
    let there = committed(0, "hello");
    assert_eq!(there.announce(5, false, now()), Ok(None), "a gateway that resumes");
    assert_eq!(
        there.announce(6, false, now()),
        Err(Contradiction::CommittedLength { index: index(0), committed: 5, wanted: 6 })
    );
}

#[test]
fn a_commit_counts_once_and_never_changes() {
    let there = committed(3, "hello");
    assert_eq!(there.commit(&said(3, "hello"), None, now()), Ok(None));
    for other in [said(3, "jello"), CommitChunk { iv: Iv::new([8; 12]), ..said(3, "hello") }] {
        let refused = there.commit(&other, None, now()).unwrap_err();
        assert_eq!(refused, Contradiction::CommittedContent { index: index(3) });
        assert!(refused.to_string().contains("Chunk 3 "), "{refused}");
    }
    let never = Chunk::new(session(), index(3)).commit(&said(3, "hello"), None, now());
    assert_eq!(never, Err(Contradiction::NotAnnounced { index: index(3) }));
    let longer = announced(3).commit(&said(3, "longer"), None, now());
    assert_eq!(longer, Err(Contradiction::AnnouncedLength { index: index(3), announced: 5, committed: 6 }));
    let picture = Keyframe { object_key: "k".into(), bytes: 1 };
    let pictured = announced(3).commit(&said(3, "hello"), Some(picture), now());
    assert_eq!(pictured, Err(Contradiction::KeyframeNotAnnounced { index: index(3) }));
}

#[test]
fn the_key_is_for_one_alone_and_only_until_the_first_chunk() {
    let mine = Recording { given: Some(given("identity:1")), ..recording() };
    assert_eq!(recording().may_have_key("identity:1"), Ok(()));
    assert_eq!(mine.may_have_key("identity:1"), Ok(()), "the answer was lost");
    let anothers = mine.may_have_key("identity:2").unwrap_err();
    assert!(matches!(&anothers, Refused::Anothers { name, .. } if name == "gateway"), "{anothers}");
    let begun = mine.begun(now()).unwrap();
    assert!(matches!(begun.may_have_key("identity:1"), Err(Refused::GivenAlready { .. })));
    assert!(matches!(begun.may_have_key("identity:2"), Err(Refused::Anothers { .. })));
    assert_eq!(begun.begun(now()), None);
    let over = recording().end(None, now()).unwrap().unwrap();
    assert!(matches!(over.may_have_key("identity:1"), Err(Refused::Over { .. })));
}

#[test]
fn the_first_last_word_counts() {
    let claim = |chunk_count| Some(Claim { chunk_count, chain_head: None });
    let later = Timestamp::from_unix_seconds(1_767_323_999);
    let ended = recording().end(None, now()).unwrap().unwrap();
    assert_eq!(ended.end(None, later), Ok(None));
    let claimed = ended.end(claim(3), later).unwrap().unwrap();
    assert_eq!(claimed.ended, Some(Ended { at: now(), claim: claim(3) }));
    assert_eq!(claimed.end(claim(3), later), Ok(None));
    assert!(matches!(claimed.end(claim(4), later), Err(Refused::ClaimedOtherwise { .. })));
}

#[test]
fn each_deed_may_do_its_own_below_its_own_prefix_and_nothing_deletes_a_recording() {
    let place = Place {
        bucket: "b".repeat(63).parse().unwrap(),
        key_prefix: Some("p".repeat(255).parse().unwrap()),
        ..place(None)
    };
    for deed in [Deed::Test, Deed::Upload(project()), Deed::Play(project())] {
        let text = deed.policy(&place);
        assert!(text.as_str().len() <= crate::policy::session::MAX_SESSION_POLICY_CHARACTERS);
        let policy: Value = serde_json::from_str(text.as_str()).unwrap();
        for statement in policy["Statement"].as_array().unwrap() {
            let (action, resource) =
                (statement["Action"].to_string(), statement["Resource"].as_str().unwrap());
            assert_eq!(action.contains("DeleteObject"), resource.ends_with("/.test/*"), "{statement}");
            if action.contains("kms:") {
                // In a bucket that encrypts by a key, S3 asks for it in the session's name, and nobody else does.
                let via = json!({ "StringEquals": { "kms:ViaService": "s3.us-east-1.amazonaws.com" } });
                assert_eq!(statement["Condition"], via);
                continue;
            }
            if !action.contains("ListBucket") {
                assert!(
                    resource.starts_with(&format!("{}/{}", place.bucket_arn(), place.prefix())),
                    "{statement}"
                );
            }
            if deed != Deed::Test && !action.contains("ListBucket") {
                assert!(resource.ends_with(&format!("/{PROJECT}/*")), "{statement}");
            }
        }
        // To whoever may not list the bucket, an object that is not there is "denied".
        assert!(text.as_str().contains("s3:ListBucket") && text.as_str().contains("kms:Decrypt"), "{deed:?}");
    }
    let playing = Deed::Play(project()).policy(&place);
    assert!(!playing.as_str().contains("Put") && !playing.as_str().contains("Generate"), "{playing:?}");
}

#[test]
fn the_documents_that_a_bucket_needs_have_its_prefix_in_every_arn() {
    let policy = bucket_policy(&place(Some("pam/prod"))).to_json();
    for arn in
        ["recordings-of-acme/pam/prod/*\"", "recordings-of-acme\"", "recordings-of-acme/pam/prod/.test/*\""]
    {
        assert!(policy.contains(&format!("\"arn:aws:s3:::{arn}")), "{arn}: {policy}");
    }
    let rules = cors_rules("https://drawbridge.example.com");
    assert_eq!(rules[0]["AllowedOrigins"], json!(["https://drawbridge.example.com"]));
    assert_eq!(rules[0]["AllowedMethods"], json!(["GET"]));
}

#[test]
fn a_configuration_names_a_bucket_and_a_database_is_refused_in_words() {
    let body = |key: &str, value: Value| {
        let mut body = json!({
            "storageBackend": "aws-s3", "connectionId": ConnectionId::random(), "bucket": "recordings",
            "region": "eu-central-1", "keyPrefix": " /pam/prod/ ",
        });
        body[key] = value;
        body
    };
    let read = SaveRecordingConfig::read(&body("x", json!(1))).unwrap();
    assert_eq!(read.place.prefix(), "pam/prod/");
    for none in [json!(null), json!(""), json!("/")] {
        assert_eq!(SaveRecordingConfig::read(&body("keyPrefix", none)).unwrap().place.prefix(), "");
    }
    for (field, value, words) in [
        ("storageBackend", json!("postgres"), "choose aws-s3"),
        ("storageBackend", json!("gcs"), "storageBackend"),
        ("bucket", json!("A"), "3 to 63"),
        ("bucket", json!("a..b"), "3 to 63"),
        ("bucket", json!("192.168.0.1"), "3 to 63"),
        ("bucket", json!("bucket/../other"), "3 to 63"),
        ("region", json!("mars"), "AWS region"),
        ("keyPrefix", json!("a//b"), "single slashes"),
        ("keyPrefix", json!("a*"), "single slashes"),
        ("keyPrefix", json!("../up"), "single slashes"),
        ("keyPrefix", json!("p".repeat(256)), "255"),
        ("connectionId", json!("x"), "uuid"),
    ] {
        let said = SaveRecordingConfig::read(&body(field, value.clone())).unwrap_err().to_string();
        assert!(said.contains(words), "{field} {value}: {said}");
    }
}

#[test]
fn what_a_gateway_sends_out_of_range_is_refused_by_field() {
    let put = |index: Value, bytes: Value| {
        form::read(&json!({ "chunkIndex": index, "ciphertextBytes": bytes }), PresignPut::read)
    };
    assert!(put(json!(0), json!(1)).is_ok());
    assert!(put(json!(999_999), json!(LARGEST_CHUNK)).is_ok());
    for (number, bytes) in [
        (json!(1_000_000), json!(1)),
        (json!(-1), json!(1)),
        (json!(1.5), json!(1)),
        (json!("1"), json!(1)),
        (json!(1), json!(0)),
        (json!(1), json!(LARGEST_CHUNK + 1)),
        (json!(null), json!(1)),
    ] {
        assert_eq!(put(number.clone(), bytes.clone()).unwrap_err().iter().count(), 1, "{number} {bytes}");
    }
    let sha256 = Sha256::of("x").to_string();
    let commit = |field: &str, value: Value| {
        let mut body = json!({
            "chunkIndex": 1, "startElapsedMs": 5, "endElapsedMs": 6, "ciphertextSha256": sha256,
            "ciphertextBytes": 1, "iv": "AAAAAAAAAAAAAAAA",
        });
        body[field] = value;
        form::read(&body, CommitChunk::read)
    };
    assert!(commit("x", json!(1)).is_ok());
    for (field, value) in [
        ("endElapsedMs", json!(4)),
        ("startElapsedMs", json!(-1)),
        ("ciphertextSha256", json!("AAAA")),
        ("ciphertextSha256", json!(sha256.trim_end_matches('='))),
        ("iv", json!(sha256)),
        ("ciphertext", json!("AAAA")),
        ("keyframeSizeBytes", json!(5)),
        ("keyframeObjectKey", json!("k")),
    ] {
        assert!(commit(field, value.clone()).is_err(), "{field} {value}");
    }
}

#[test]
fn a_batch_has_a_thousand_objects_at_most_and_each_once() {
    let batch = |puts: Vec<Value>| form::read(&json!({ "chunks": puts }), PresignPuts::read);
    let put = |number: usize| json!({ "chunkIndex": number, "ciphertextBytes": 5 });
    assert_eq!(batch((0..1_000).map(put).collect()).unwrap().0.len(), 1_000);
    assert!(batch((0..1_001).map(put).collect()).unwrap_err().to_string().contains("At most 1000"));
    assert!(batch(Vec::new()).is_err());
    assert!(batch(vec![put(7), put(8), put(7)]).unwrap_err().to_string().contains("chunkIndex 7"));
    let picture = json!({ "chunkIndex": 7, "ciphertextBytes": 5, "isKeyframe": true });
    assert!(batch(vec![put(7), picture]).is_ok());
    assert!(form::read(&json!({}), PresignPuts::read).is_err());
}

proptest! {
    #[test]
    fn a_survey_page_by_page_is_the_survey_of_all(present in proptest::collection::btree_map(0u32..200, any::<bool>(), 0..60), cut in 0usize..60) {
        let chunks: Vec<Chunk> = present.iter().map(|(number, there)| {
            if *there { committed(*number, &number.to_string()) } else { announced(*number) }
        }).collect();
        let (first, rest) = chunks.split_at(cut.min(chunks.len()));
        let mut survey = Survey::new(project(), session());
        first.iter().for_each(|chunk| survey.see(chunk));
        let resumed = rest.iter().filter_map(|chunk| chunk.committed.as_ref().map(|seen| (chunk.index, seen)))
            .fold(Chain::at(survey.finish(&recording()).chain_head), |chain, (index, seen)| {
                chain.then(index, seen.ciphertext_bytes, &seen.ciphertext_sha256)
            });
        let whole = summed_up(&chunks, &recording());
        prop_assert_eq!(resumed.head(), whole.chain_head);
        let highest = chunks.last().map_or(0, |chunk| chunk.index.number() + 1);
        prop_assert_eq!(whole.chunk_count + whole.missing_count, highest);
        for number in &whole.missing {
            prop_assert!(!present.get(&number.number()).copied().unwrap_or(false));
        }
    }

    #[test]
    fn bytes_read_back_from_their_text(bytes in any::<[u8; 32]>()) {
        let digest = Sha256::new(bytes);
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        prop_assert_eq!(digest.to_string().parse::<Iv>(), Err(NotTheBytes(12)));
    }
}

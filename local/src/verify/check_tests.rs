#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretBox;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Answer, Finding, Objects, check};
use crate::record::seal::Chain;
use crate::record::testing::sealed;

const PROJECT: &str = "6f0c1a52-7f0e-4c3b-9a57-2f6d1c9e8b40";
const SESSION: &str = "3b8a1c7e-52d4-4f6a-8e21-90c4d7f1a6b5";

/// A recording of three chunks, as the API would tell it, and a copy of its bucket.
struct Copy {
    answer: Value,
    bucket: TempDir,
}

/// The seal of a manifest of those chunks.
fn mac(head: &str, missing: &str, complete: bool) -> String {
    let text = format!(
        "drawbridge-recording-manifest-v1\nproject {PROJECT}\nsession {SESSION}\nchunks 3\nchain {head}\nmissing {missing}\ncomplete {complete}\nclaimed 3 {head}\n"
    );
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]), text.as_bytes()))
}

impl Copy {
    fn new() -> Self {
        let bucket = tempfile::tempdir().unwrap();
        let key = SecretBox::new(Box::new([7; 32]));
        fs::create_dir_all(bucket.path().join(format!("pam/{PROJECT}/{SESSION}"))).unwrap();
        let mut chain = Chain::start(PROJECT, SESSION);
        let mut chunks = Vec::new();
        for index in 0..3_u32 {
            let event = if index == 0 { json!([0.0, "r", "80x24"]) } else { json!([index, "o", "hi"]) };
            let (chunk, ciphertext) = sealed(&key, PROJECT, SESSION, index, &json!([event]));
            chain = chain.then(&chunk).unwrap();
            let object = format!("pam/{PROJECT}/{SESSION}/chunk-{index:06}.json.enc");
            fs::write(bucket.path().join(&object), ciphertext).unwrap();
            let mut listed = json!(chunk);
            listed["externalChunkObjectKey"] = json!(object);
            chunks.push(listed);
        }
        let head = chain.head();
        let mac = mac(&head, "0 ", true);
        let answer = json!({
            "sessionComplete": true, "sessionKey": STANDARD.encode([7; 32]), "projectId": PROJECT,
            "storageBackend": "aws-s3", "chunks": chunks,
            "manifest": {
                "projectId": PROJECT, "sessionId": SESSION, "chunkCount": 3, "chainHead": head, "missing": [],
                "missingCount": 0, "complete": true, "claimed": { "chunkCount": 3, "chainHead": head },
                "mac": mac,
            },
        });
        Self { answer, bucket }
    }

    fn object(&self, index: u32) -> std::path::PathBuf {
        self.bucket.path().join(format!("pam/{PROJECT}/{SESSION}/chunk-{index:06}.json.enc"))
    }

    fn findings(&self) -> Vec<Finding> {
        let page = serde_json::from_value(self.answer.clone()).unwrap();
        check(&Answer::of(vec![page]).unwrap(), &Objects::below(self.bucket.path())).findings
    }
}

#[test]
fn what_was_recorded_is_found_sound_and_becomes_a_cast() {
    let copy = Copy::new();
    assert_eq!(copy.findings(), []);
    let page = serde_json::from_value(copy.answer.clone()).unwrap();
    let verified = check(&Answer::of(vec![page]).unwrap(), &Objects::below(copy.bucket.path()));
    assert_eq!(
        verified.asciicast().unwrap(),
        "{\"version\":2,\"width\":80,\"height\":24}\n[0.0,\"r\",\"80x24\"]\n[1,\"o\",\"hi\"]\n[2,\"o\",\"hi\"]\n"
    );
}

#[test]
fn pages_are_joined_and_a_flat_copy_will_do() {
    let copy = Copy::new();
    let flat = tempfile::tempdir().unwrap();
    for index in 0..3 {
        fs::copy(copy.object(index), flat.path().join(format!("chunk-{index:06}.json.enc"))).unwrap();
    }
    let page = |from: usize, to: usize| {
        let mut page = copy.answer.clone();
        page["chunks"] = json!(copy.answer["chunks"].as_array().unwrap()[from..to]);
        if from == 1 {
            page["manifest"] = Value::Null;
        }
        page
    };
    let file = |pages: Value| serde_json::from_value(pages).unwrap();
    for files in [
        vec![file(page(2, 3)), file(page(0, 1)), file(page(1, 2))],
        vec![file(json!([page(0, 1), page(1, 2), page(2, 3)]))],
    ] {
        let answer = Answer::of(files).unwrap();
        assert_eq!(check(&answer, &Objects::below(flat.path())).findings, []);
    }
    let cut_off = Answer::of(vec![file(page(0, 1)), file(page(1, 2))]).unwrap();
    assert_eq!(check(&cut_off, &Objects::below(flat.path())).findings, [Finding::OtherChunks]);
}

#[test]
fn each_change_of_the_bucket_is_named_by_its_chunk() {
    let copy = Copy::new();
    let (second, third) = (fs::read(copy.object(1)).unwrap(), fs::read(copy.object(2)).unwrap());
    let length = second.len() as u64;
    fs::remove_file(copy.object(1)).unwrap();
    assert_eq!(copy.findings(), [Finding::NoObject(1)]);
    fs::write(copy.object(1), &second[..10]).unwrap();
    assert_eq!(copy.findings(), [Finding::Length { index: 1, expected: length, found: 10 }]);
    let mut altered = second.clone();
    altered[3] ^= 1;
    fs::write(copy.object(1), &altered).unwrap();
    assert_eq!(copy.findings(), [Finding::Altered(1)]);
    fs::write(copy.object(1), &third).unwrap();
    fs::write(copy.object(2), &second).unwrap();
    let swapped = [Finding::Swapped { index: 1, with: 2 }, Finding::Swapped { index: 2, with: 1 }];
    assert_eq!(copy.findings(), swapped);
}

#[test]
fn a_list_that_was_changed_no_longer_fits_its_manifest() {
    let mut copy = Copy::new();
    // Swapped in the list and in the bucket alike: a chunk opens in its own place alone.
    let (one, two) = (copy.answer["chunks"][1].clone(), copy.answer["chunks"][2].clone());
    copy.answer["chunks"][1]["chunkIndex"] = json!(2);
    copy.answer["chunks"][2]["chunkIndex"] = json!(1);
    assert_eq!(copy.findings(), [Finding::OtherChunks, Finding::Sealed(1), Finding::Sealed(2)]);
    copy.answer["chunks"] = json!([copy.answer["chunks"][0], one]);
    assert_eq!(copy.findings(), [Finding::OtherChunks], "the last one is gone");
    copy.answer["chunks"] = json!([copy.answer["chunks"][0], two]);
    assert_eq!(copy.findings(), [Finding::OtherChunks, Finding::Missing(1)]);
}

#[test]
fn a_manifest_that_was_changed_is_no_longer_sealed() {
    for (field, value) in [("missing", json!([7])), ("chunkCount", json!(2)), ("complete", json!(false))] {
        let mut copy = Copy::new();
        copy.answer["manifest"][field] = value;
        assert_eq!(copy.findings()[0], Finding::Forged, "{field}");
    }
    let mut copy = Copy::new();
    copy.answer["sessionKey"] = json!(STANDARD.encode([8; 32]));
    assert!(copy.findings().contains(&Finding::Forged), "another key seals nothing of it");
}

#[test]
fn missing_chunks_that_are_not_named_are_counted() {
    let mut copy = Copy::new();
    let manifest = &mut copy.answer["manifest"];
    let head = manifest["chainHead"].as_str().unwrap().to_owned();
    manifest["missing"] = json!([3, 4]);
    manifest["missingCount"] = json!(5_000);
    manifest["complete"] = json!(false);
    manifest["mac"] = json!(mac(&head, "5000 3,4", false));
    assert_eq!(copy.findings(), [Finding::Missing(3), Finding::Missing(4), Finding::MoreMissing(4_998)]);
    let page = serde_json::from_value(copy.answer.clone()).unwrap();
    let verified = check(&Answer::of(vec![page]).unwrap(), &Objects::below(copy.bucket.path()));
    assert_eq!((verified.chunks, verified.sound), (5_003, 3));
}

#[test]
fn a_forged_number_costs_no_memory() {
    let mut copy = Copy::new();
    copy.answer["chunks"][2]["chunkIndex"] = json!(u32::MAX);
    let findings = copy.findings();
    assert_eq!((findings[0].clone(), findings[1].clone()), (Finding::OtherChunks, Finding::Missing(2)));
    assert_eq!(findings.last(), Some(&Finding::Sealed(u32::MAX)));
    assert!(findings.len() <= 1_000_000, "{}", findings.len());
}

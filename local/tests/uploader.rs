//! The reference uploader against an API and an S3 that fail at every call in turn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, Response};
use hyper::body::Bytes;
use local::http::serve;
use local::record::seal::{Chain, Chunk, sha256};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PROJECT: &str = "6f0c1a52-7f0e-4c3b-9a57-2f6d1c9e8b40";
const SESSION: &str = "3b8a1c7e-52d4-4f6a-8e21-90c4d7f1a6b5";
/// The key of 32 zeroes, and a token.
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// What an API and an S3 remember.
#[derive(Debug, Default)]
struct World {
    address: String,
    calls: usize,
    /// Which call fails, and whether it is done all the same.
    fault: Option<(usize, bool)>,
    /// The digest that each object's URL is for.
    announced: BTreeMap<String, String>,
    objects: BTreeMap<String, Bytes>,
    committed: BTreeMap<u64, Value>,
    ended: Vec<Value>,
}

type Answer = (u16, Value);

impl World {
    fn answer(&mut self, request: &Request<Bytes>) -> Answer {
        self.calls += 1;
        match self.fault {
            Some((at, true)) if at == self.calls => {
                self.act(request);
            }
            Some((at, false)) if at == self.calls => {}
            Some(_) | None => return self.act(request),
        }
        (400, json!({ "message": "the test's own fault" }))
    }

    fn act(&mut self, request: &Request<Bytes>) -> Answer {
        let path = request.uri().path();
        let body = || -> Value { serde_json::from_slice(request.body()).unwrap() };
        if let Some(object) = path.strip_prefix("/bucket/") {
            assert_eq!(request.headers()["content-type"], "application/octet-stream");
            assert_eq!(request.headers()["if-none-match"], "*");
            let digest = STANDARD.encode(sha256(request.body()));
            assert_eq!(request.headers()["x-amz-checksum-sha256"], digest.as_str());
            assert_eq!(self.announced.get(object), Some(&digest), "it is signed");
            if self.objects.contains_key(object) {
                return (412, json!({}));
            }
            self.objects.insert(object.to_owned(), request.body().clone());
            return (200, json!({}));
        }
        assert_eq!(request.headers()["authorization"], "Bearer a-token");
        let of_session = path.strip_prefix(&format!("/api/v1/pam/sessions/{SESSION}/")).unwrap();
        if of_session.starts_with("chunks") {
            assert_eq!(request.headers()["x-gateway-upload-token"], "an-upload-token");
        }
        match (request.method(), of_session) {
            (&Method::GET, "credentials") => (
                200,
                json!({ "credentials": {}, "recording": {
                    "sessionKey": KEY, "uploadToken": "an-upload-token", "storageBackend": "aws-s3",
                    "projectId": PROJECT, "sessionId": SESSION,
                } }),
            ),
            (&Method::POST, "chunks/presigned-put") => {
                let (body, digest) = (body(), body()["ciphertextSha256"].as_str().unwrap().to_owned());
                self.announced.insert(body["chunkIndex"].to_string(), digest);
                let url = format!("{}/bucket/{}?X-Amz-Signature=secret", self.address, body["chunkIndex"]);
                (200, json!({ "url": url, "method": "PUT" }))
            }
            (&Method::POST, "chunks") => {
                let (chunk, index) = (body(), body()["chunkIndex"].as_u64().unwrap());
                let object = &self.objects[&index.to_string()];
                assert_eq!(chunk["ciphertextBytes"], object.len());
                if let Some(before) = self.committed.insert(index, chunk.clone()) {
                    assert_eq!(before, chunk, "another content");
                }
                (200, json!({ "ok": true }))
            }
            (&Method::POST, "end") => {
                self.ended.push(body());
                (200, json!({ "session": {} }))
            }
            other => panic!("nobody asks for {other:?}"),
        }
    }
}

async fn world(fault: Option<(usize, bool)>) -> Arc<Mutex<World>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let world = Arc::new(Mutex::new(World { address, fault, ..World::default() }));
    let shared = Arc::clone(&world);
    tokio::spawn(serve(listener, move |request| {
        let (status, body) = shared.lock().unwrap().answer(&request);
        let answer = Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap();
        async move { Ok(answer) }
    }));
    world
}

async fn record(world: &Mutex<World>, spool: &Path, command: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_local"));
    let address = world.lock().unwrap().address.clone();
    program.args(["record", "--recording", SESSION, "--token", "a-token", "--api", &address, "--spool"]);
    program.arg(spool).stdin(Stdio::null());
    if !command.is_empty() {
        program.arg("--").args(command);
    }
    tokio::task::spawn_blocking(move || program.output()).await.unwrap().unwrap()
}

/// Some hundred thousand characters: more than one chunk.
const COMMAND: [&str; 3] = ["sh", "-c", "head -c 400000 /dev/zero | tr '\\0' x; exit 7"];

/// What is there in the end: every chunk once, and the last word agrees.
fn is_whole(world: &World) {
    let count = world.committed.len();
    assert!(count >= 2, "{count}");
    assert_eq!(world.committed.keys().copied().collect::<Vec<_>>(), (0..count as u64).collect::<Vec<_>>());
    let start = Chain::start(PROJECT, SESSION);
    let chain = world.committed.values().fold(start, |chain, told| {
        let chunk: Chunk = serde_json::from_value(told.clone()).unwrap();
        chain.then(&chunk).unwrap()
    });
    let last = json!({ "chunkCount": count, "chainHead": chain.head() });
    assert!(!world.ended.is_empty() && world.ended.iter().all(|word| *word == last), "{:?}", world.ended);
}

#[tokio::test]
async fn a_recording_goes_through_and_ends_as_its_command_does() {
    let scratch = tempfile::tempdir().unwrap();
    let world = world(None).await;
    let ran = record(&world, scratch.path(), &COMMAND).await;
    assert_eq!(ran.status.code(), Some(7), "{}", String::from_utf8_lossy(&ran.stderr));
    is_whole(&world.lock().unwrap());
    assert!(!scratch.path().join(SESSION).exists(), "nothing stays behind");
}

/// Refused before it was done, and done without a word: in both cases the uploader stops there, and goes on from there.
#[tokio::test]
async fn whatever_call_fails_the_next_run_uploads_the_rest() {
    let calls = {
        let scratch = tempfile::tempdir().unwrap();
        let world = world(None).await;
        record(&world, scratch.path(), &COMMAND).await;
        world.lock().unwrap().calls
    };
    for at in 2..=calls.min(8) {
        for is_done in [false, true] {
            let scratch = tempfile::tempdir().unwrap();
            let world = world(Some((at, is_done))).await;
            let failed = record(&world, scratch.path(), &COMMAND).await;
            let why = String::from_utf8_lossy(&failed.stderr).into_owned();
            assert_eq!(failed.status.code(), Some(1), "call {at}: {why}");
            assert!(!why.contains("X-Amz-Signature"), "a URL is a secret: {why}");
            world.lock().unwrap().fault = None;
            let resumed = record(&world, scratch.path(), &[]).await;
            assert!(resumed.status.success(), "call {at}: {}", String::from_utf8_lossy(&resumed.stderr));
            is_whole(&world.lock().unwrap());
            assert!(!scratch.path().join(SESSION).exists());
        }
    }
}

#[tokio::test]
async fn nothing_runs_unrecorded() {
    let scratch = tempfile::tempdir().unwrap();
    let world = world(Some((1, false))).await;
    let mark = scratch.path().join("ran");
    let refused = record(&world, scratch.path(), &["touch", mark.to_str().unwrap()]).await;
    assert!(!refused.status.success() && !mark.exists());
    let left = record(&world, scratch.path(), &[]).await;
    let why = String::from_utf8_lossy(&left.stderr).into_owned();
    assert!(!left.status.success() && why.contains("nothing is left"), "{why}");
}

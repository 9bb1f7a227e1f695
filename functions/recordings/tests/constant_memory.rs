//! The playback list of 10,000 chunks: as many queries as it has pages, and no more memory than that of 2,000.
//!
//! A process of its own, so that nobody else's memory is measured; a scripted table, so that there is no other engine in it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::connection::Connection;
use model::id::{OrganizationId, PamSessionId, ProjectId};
use model::permission::Scope;
use model::recording::{Chunk, ChunkIndex, Committed, Given, Iv, Recording, Sha256};
use recordings::{Ctx, Settings, routes};
use serde_json::{Map, Value, json};
use store::{Entity, Store};
use testkit::aws::{Answer, Calls, Request, scripted};
use testkit::event::{event, read};

const PAGE: u32 = 1_000;

/// What the allocator's mood may take. The 8,000 chunks that are not held would be twice as much: half a KiB each.
const LEEWAY_KIB: u64 = 2 * 1024;

#[tokio::test]
async fn a_list_of_ten_thousand_chunks_is_paged_in_the_memory_of_two_thousand() {
    let small = watch(2_000).await;
    let before = peak_kib();
    let large = watch(10_000).await;
    let grown = peak_kib() - before;
    println!("2,000 chunks: {small:?}; 10,000 chunks: {large:?}; {grown} KiB more at the peak");
    // Each page, all behind the first to sum them up, and all once more for the last.
    assert_eq!((small.queries, large.queries), (2 + 1 + 2, 10 + 9 + 10));
    assert_eq!((small.unwrapped, large.unwrapped), (2, 10));
    assert!(grown < LEEWAY_KIB, "{grown} KiB more for 8,000 chunks more");
}

#[derive(Debug)]
struct Cost {
    queries: usize,
    unwrapped: usize,
}

/// Reads a recording of so many chunks to its end.
async fn watch(chunks: u32) -> Cost {
    let (organization, project) = (OrganizationId::random(), ProjectId::random());
    let connection = testkit::connection(organization, Scope::Project(project), "123456789012");
    let recording = recording(organization, project, &connection);
    let session = recording.session_id;
    let (config, calls) = scripted(move |request| answer(request, &recording, &connection, chunks));
    let settings = Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        public_url: None,
        oidc_issuer: None,
        oidc_client_id: None,
        oidc_audience: None,
    };
    let ctx = Ctx::new(&config, Store::new(&config, "table".into(), "audit".into(), 30), settings);
    let (mut cursor, mut shown) = (String::new(), 0);
    loop {
        let path = format!("/api/v1/pam/sessions/{session}/playback?limit={PAGE}{cursor}");
        let request = event("GET", &path).identity("admin", "admin").request();
        let (status, page) = read(web::answer(routes(), ctx.clone(), request, testkit::now()).await).await;
        assert_eq!(status, 200, "{page}");
        shown += page["chunks"].as_array().unwrap().len();
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(u32::try_from(shown).unwrap(), chunks);
    let named = |target: &str| calls_named(&calls, target);
    Cost { queries: named("DynamoDB_20120810.Query"), unwrapped: named("TrentService.Decrypt") }
}

fn calls_named(calls: &Calls, target: &str) -> usize {
    calls.all().iter().filter(|call| call.target == target).count()
}

/// The most memory that this process has held so far: proc(5), `VmHWM`.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn recording(organization: OrganizationId, project: ProjectId, connection: &Connection) -> Recording {
    Recording {
        connection_id: connection.id,
        given: Some(Given {
            to: "identity:gateway".into(),
            name: "gateway".into(),
            at: testkit::now(),
            wrapped_key: "d3JhcHBlZA==".into(),
            upload_token_sha256: Sha256::of("token"),
        }),
        began_at: Some(testkit::now()),
        ..testkit::recording(organization, project)
    }
}

/// KMS, STS and S3 as far as playback asks them, and a table of one recording.
fn answer(request: &Request, recording: &Recording, connection: &Connection, chunks: u32) -> Answer {
    let body = || serde_json::from_str::<Value>(&request.body).unwrap();
    let told = match request.target.as_str() {
        "TrentService.Decrypt" => json!({ "Plaintext": STANDARD.encode([7; 32]) }),
        "DynamoDB_20120810.GetItem" => match body()["Key"]["pk"]["S"].as_str().unwrap() {
            key if key.starts_with("RECORDING#") => json!({ "Item": item(key, key, recording) }),
            key if key.starts_with("PROJECT#") => json!({}),
            key => json!({ "Item": item(key, key, connection) }),
        },
        "DynamoDB_20120810.Query" => {
            return Answer { status: 200, body: page(&body(), recording.session_id, chunks) };
        }
        "DynamoDB_20120810.TransactWriteItems" => json!({}),
        "" if request.parameter("Action").as_deref() == Some("AssumeRole") => {
            return Answer { status: 200, body: ASSUMED.to_owned() };
        }
        "" if request.uri.contains(".s3.") => return Answer { status: 206, body: "x".into() },
        other => panic!("an unexpected call: {other} {} {}", request.uri, request.body),
    };
    Answer { status: 200, body: told.to_string() }
}

const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>\
    <SecretAccessKey>key</SecretAccessKey><SessionToken>token</SessionToken>\
    <Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

/// As many chunks as are asked for, from where they are asked for.
fn page(query: &Value, session: PamSessionId, chunks: u32) -> String {
    let from = query["ExpressionAttributeValues"][":from"]["S"].as_str().unwrap();
    let from: u32 = from.strip_prefix("CHUNK#").unwrap().parse().unwrap();
    let limit = u32::try_from(query["Limit"].as_u64().unwrap()).unwrap();
    assert!(limit <= PAGE, "{limit} chunks at a time");
    let until = chunks.min(from + limit);
    let pk = format!("RECORDING#{session}");
    let shape = item(&pk, "CHUNK#000000", &chunk(session)).to_string();
    let (sk, index) = (json!("CHUNK#000000").to_string(), json!({ "index": { "N": "0" } }).to_string());
    let index = index.trim_matches(['{', '}']);
    assert!(shape.contains(&sk) && shape.contains(index), "{shape}");
    let items: Vec<String> = (from..until)
        .map(|n| {
            let of_its_own = index.replace("\"0\"", &format!("\"{n}\""));
            shape.replace(&sk, &format!("\"CHUNK#{n:06}\"")).replace(index, &of_its_own)
        })
        .collect();
    let last = json!({ "pk": { "S": pk }, "sk": { "S": format!("CHUNK#{:06}", until - 1) } });
    let followed = if until < chunks { format!(",\"LastEvaluatedKey\":{last}") } else { String::new() };
    format!("{{\"Count\":{},\"Items\":[{}]{followed}}}", items.len(), items.join(","))
}

/// The first chunk.
fn chunk(session: PamSessionId) -> Chunk {
    Chunk {
        session_id: session,
        index: ChunkIndex::FIRST,
        announced: None,
        keyframe_bytes: None,
        committed: Some(Committed {
            ciphertext_sha256: Sha256::of("chunk"),
            ciphertext_bytes: 100,
            iv: Iv::new([1; 12]),
            start_elapsed_ms: 1,
            end_elapsed_ms: 2,
            keyframe: None,
            at: testkit::now(),
        }),
    }
}

/// An item of the table as DynamoDB sends it.
fn item<E: Entity>(pk: &str, sk: &str, entity: &E) -> Value {
    let mut fields = serde_json::to_value(entity).unwrap();
    let now = testkit::now().to_string();
    for (name, value) in
        [("pk", pk), ("sk", sk), ("kind", E::KIND), ("created_at", &now), ("updated_at", &now)]
    {
        fields[name] = value.into();
    }
    fields["version"] = 1.into();
    attribute(&fields)["M"].clone()
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html#Programming.LowLevelAPI.DataTypeDescriptors>
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(fields) => {
            json!({ "M": fields.iter().map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>() })
        }
    }
}

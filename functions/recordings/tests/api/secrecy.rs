//! No secret is where nobody looks for one.

use testkit::fuse::{Fault, Fuse};

use crate::cloud::CANARY;
use crate::log::watch;
use crate::world::{World, batch, commit, credentials, presign};

const CONTENT: &[u8] = b"the ciphertext of a chunk";

/// What no log and no refusal may show: keys, tokens, URLs that work, and what signs them.
#[tokio::test]
async fn no_secret_is_in_any_log_error_or_debug() {
    let fuse = Fuse::default();
    let world = World::fused(&fuse).await;
    world.configure().await;
    let session = world.session().await;
    let mut secrets =
        vec![session.key.clone(), session.token.clone(), CANARY.to_owned(), "X-Amz-Signature".to_owned()];
    let one = world.ok(presign(&session, 0, CONTENT), world.gateway).await;
    secrets.push(one["url"].as_str().unwrap().split("X-Amz-Signature=").nth(1).unwrap()[..64].to_owned());
    let body = [serde_json::json!({ "chunkIndex": 1, "ciphertextBytes": 5 })];
    world.ok(batch(&session, &body), world.gateway).await;
    let mut said = vec![format!("{:?}", world.ctx)];
    for fault in [Some("DisabledException"), Some("InvalidCiphertextException"), Some("KMSInternalException")]
    {
        world.cloud.state().kms_refuses = fault;
        said.push(world.refused(credentials(&session.id), world.gateway).await.1);
    }
    world.cloud.state().kms_refuses = None;
    for fault in [(403, "AccessDenied"), (403, "ExpiredToken"), (500, "InternalError"), (404, "NoSuchBucket")]
    {
        world.cloud.state().s3_refuses = Some(fault);
        said.push(world.refused(commit(&session, 0, CONTENT), world.gateway).await.1);
    }
    world.cloud.state().s3_refuses = None;
    for call in 1..=6 {
        fuse.arm(Fault::Fail(call));
        said.push(world.send(commit(&session, 0, CONTENT), world.gateway).await.1.to_string());
    }
    let log = watch();
    for secret in &secrets {
        assert!(!said.iter().any(|text| text.contains(secret)), "{secret} was said");
        assert!(!log.ours_has(secret), "{secret} was logged");
    }
    assert!(log.has(&session.id), "the watch was asleep");
}

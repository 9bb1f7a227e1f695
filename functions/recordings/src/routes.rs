//! What this function answers, and to whom.

use web::Access::{Caller, Open};
use web::Routes;

use crate::{Ctx, chunk, config, credentials, page, playback, recording};

/// The route table.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    Routes::new()
        .get(Caller, "/api/v1/pam/recording-storage-backends", config::backends::list)
        .get(Caller, "/api/v1/pam/projects/{projectId}/recording-config", config::get::get)
        .post(Caller, "/api/v1/pam/projects/{projectId}/recording-config", config::save::save)
        .delete(Caller, "/api/v1/pam/projects/{projectId}/recording-config", config::delete::delete)
        .post(Caller, "/api/v1/pam/projects/{projectId}/recording-config/test", config::test::test)
        .get(Caller, "/api/v1/pam/recordings", recording::list::list)
        .post(Caller, "/api/v1/pam/recordings", recording::create::create)
        .get(Caller, "/api/v1/pam/sessions/{sessionId}/credentials", credentials::credentials)
        .post(Caller, "/api/v1/pam/sessions/{sessionId}/chunks", chunk::commit::commit)
        .post(Caller, "/api/v1/pam/sessions/{sessionId}/chunks/presigned-put", chunk::presign::one)
        .post(
            Caller,
            "/api/v1/pam/sessions/{sessionId}/chunks/presigned-put-batch",
            chunk::presign_batch::many,
        )
        .get(Caller, "/api/v1/pam/sessions/{sessionId}/chunks/{chunkIndex}/ciphertext", playback::ciphertext)
        .get(Caller, "/api/v1/pam/sessions/{sessionId}/playback", playback::playback)
        .get(Open, "/recordings/{recordingId}", page::page)
        .get(Open, "/recordings/assets/{file}", page::asset)
}

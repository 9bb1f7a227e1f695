//! Chunks on their way into the bucket.

mod announce;
pub(crate) mod commit;
pub(crate) mod presign;
pub(crate) mod presign_batch;

use model::recording::{Deed, PresignPut, Recording};
use web::{Caller, Problem};

use crate::bucket::Bucket;
use crate::{Ctx, connection};

/// What every object of a recording is.
const CONTENT_TYPE: &str = "application/octet-stream";

/// The bucket of a recording's own time, opened for its uploads. One GetItem, and at most one AssumeRole.
async fn open(ctx: &Ctx, caller: &Caller, recording: &Recording) -> Result<Bucket, Problem> {
    let connection = connection::of(ctx, recording).await?;
    let deed = Deed::Upload(recording.project_id);
    ctx.buckets.open(&connection, &recording.place, deed, caller.now).await
}

/// The key of what is to be put.
fn object_key(recording: &Recording, put: &PresignPut) -> String {
    let (project, session) = (recording.project_id, recording.session_id);
    if put.is_keyframe {
        recording.place.keyframe_key(project, session, put.index)
    } else {
        recording.place.chunk_key(project, session, put.index)
    }
}

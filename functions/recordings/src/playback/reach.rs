//! Whether the bucket of a recording's own time still hands out what is in it.

use model::Timestamp;
use model::recording::{ChunkIndex, Deed, Recording};
use web::Problem;

use crate::bucket::{Bucket, Failure};
use crate::{Ctx, connection, error};

/// The bucket. What [`connection::of`] and [`crate::bucket::Buckets::open`] cost.
pub(super) async fn open(ctx: &Ctx, recording: &Recording, now: Timestamp) -> Result<Bucket, Problem> {
    let connection = connection::of(ctx, recording).await?;
    ctx.buckets.open(&connection, &recording.place, Deed::Play(recording.project_id), now).await
}

/// Reads one byte of the first chunk, as the browser will: a bucket that is gone and a policy that was narrowed are said in
/// words, once, and not by a browser that sees nothing but a failed request. A chunk that is not there is named by its own
/// number later, and what time mends is the browser's to try.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
pub(super) async fn prove(bucket: &Bucket, recording: &Recording) -> Result<(), Problem> {
    let place = bucket.place();
    let key = place.chunk_key(recording.project_id, recording.session_id, ChunkIndex::FIRST);
    let name = place.bucket.as_str();
    let read = bucket.client().get_object().bucket(name).key(&key).range("bytes=0-0").send().await;
    let Err(failure) = read else { return Ok(()) };
    match Failure::of(&failure, true) {
        Failure::NoObject | Failure::Passing(_) => Ok(()),
        // An empty object has no first byte.
        Failure::Refused(words) if words.starts_with("InvalidRange") => Ok(()),
        failure @ (Failure::Denied(_) | Failure::NoBucket | Failure::Elsewhere(_) | Failure::Refused(_)) => {
            let need = format!("s3:GetObject on {}", place.objects_arn("*"));
            Err(error::from_bucket(place, "reading the recording", &need, failure))
        }
    }
}

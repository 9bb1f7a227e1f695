//! Whether a bucket can be used: an object comes, is read and goes, and a browser is let in. Every failure says what to allow.

use aws_sdk_s3::primitives::ByteStream;
use model::id::ProjectId;
use model::recording::{Place, Sha256, cors_rules};
use serde::Serialize;
use web::Problem;

use crate::bucket::{Bucket, Failure};
use crate::cors::CorsError;
use crate::{Ctx, error};

/// What is put and read. Nothing secret, nothing that means anything.
const BODY: &[u8] = b"Drawbridge connection test";

/// How often the test's own object is tried to be removed.
const REMOVALS: u32 = 3;

/// How often the object is put, where it was gone before it was read.
const PUTS: u32 = 4;

/// One thing that must work.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// The action that is needed, or `CORS`.
    pub(crate) name: &'static str,
    pub(crate) passed: bool,
    /// What is wrong and how to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// Whether it may work the next time.
    #[serde(skip)]
    is_passing: bool,
}

impl Check {
    fn of(name: &'static str, result: Result<(), Fault>) -> Self {
        let is_passing = result.as_ref().is_err_and(|fault| fault.is_passing);
        let message = result.err().map(|fault| error::limited(fault.words));
        Self { name, passed: message.is_none(), message, is_passing }
    }
}

/// What is wrong, in words, and whether time mends it.
struct Fault {
    words: String,
    is_passing: bool,
}

impl Fault {
    /// Somebody must change something first.
    fn lasting(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_passing: false }
    }
}

/// Tries all that recordings need, and leaves nothing behind: that the object can be removed is tried before it is put. The
/// object of a project has one name: what a test leaves that dies in the middle is removed by the next one.
///
/// S3: HeadBucket, DeleteObject, PutObject, GetObject, DeleteObject, and a preflight request.
pub(crate) async fn checks(ctx: &Ctx, bucket: &Bucket, project: ProjectId, origin: &str) -> Vec<Check> {
    let test = Test { bucket, key: bucket.place().test_key(project.uuid()) };
    let (list, removal, cors) = tokio::join!(bucket.find(), test.remove(), preflight(ctx, bucket, origin));
    if let Err(failure @ (Failure::NoBucket | Failure::Elsewhere(_))) = &list {
        let words = test.words("HeadBucket", LIST, failure);
        return vec![Check::of("s3:ListBucket", Err(words))];
    }
    let can_look = list.is_ok();
    let (put, get, removal) = match removal {
        Ok(()) => test.come_and_go(can_look).await,
        Err(failure) => {
            let denied = "not tried: what it writes could not be removed again. Allow s3:DeleteObject first";
            (Err(Fault::lasting(denied)), test.read_nothing(can_look).await, Err(failure))
        }
    };
    vec![
        Check::of("s3:ListBucket", list.map_err(|failure| test.words("HeadBucket", LIST, &failure))),
        Check::of("s3:PutObject", put),
        Check::of("s3:GetObject", get),
        Check::of("s3:DeleteObject", removal.map_err(|failure| test.words("DeleteObject", DELETE, &failure))),
        Check::of("CORS", cors),
    ]
}

/// The checks as a refusal; nothing when all of them passed. Where some of it may pass by itself, whoever asks again hears the
/// rest.
pub(crate) fn refusal(checks: &[Check]) -> Option<Problem> {
    let failed: Vec<&str> = checks.iter().filter_map(|check| check.message.as_deref()).collect();
    if failed.is_empty() {
        return None;
    }
    let message = format!("The bucket cannot be used for recordings: {}", failed.join(". "));
    let details = serde_json::to_value(checks).unwrap_or_default();
    let message = error::limited(message);
    let refusal = match checks.iter().any(|check| check.is_passing) {
        true => Problem::unavailable(message),
        false => Problem::bad_request(message),
    };
    Some(refusal.with_details(details))
}

/// An action, and the pattern of the objects that it must be allowed on; the bucket itself when there is none.
#[derive(Clone, Copy)]
struct Need(&'static str, Option<&'static str>);

const LIST: Need = Need("s3:ListBucket", None);
const PUT: Need = Need("s3:PutObject", Some("*"));
const GET: Need = Need("s3:GetObject", Some("*"));
const DELETE: Need = Need("s3:DeleteObject", Some(".test/*"));

impl Need {
    fn on(self, place: &Place) -> String {
        let Self(action, objects) = self;
        let arn = objects.map_or_else(|| place.bucket_arn(), |pattern| place.objects_arn(pattern));
        format!("{action} on {arn}")
    }
}

struct Test<'a> {
    bucket: &'a Bucket,
    key: String,
}

impl Test<'_> {
    fn words(&self, operation: &str, need: Need, failure: &Failure) -> Fault {
        let place = self.bucket.place();
        let words = error::in_words(place, operation, &need.on(place), failure);
        Fault { words, is_passing: matches!(failure, Failure::Passing(_)) }
    }

    /// S3 removes what is not there as readily as what is, for whoever may.
    async fn remove(&self) -> Result<(), Failure> {
        let name = self.bucket.place().bucket.as_str();
        let removed = self.bucket.client().delete_object().bucket(name).key(&self.key).send().await;
        removed.map(drop).map_err(|error| Failure::of(&error, true))
    }

    async fn put(&self) -> Result<(), Failure> {
        let put =
            self.bucket.client().put_object().bucket(self.bucket.place().bucket.as_str()).key(&self.key);
        // A bucket that locks what comes in takes nothing without a digest.
        let put = put.checksum_sha256(Sha256::of(BODY).to_string());
        let put = put.content_type("application/octet-stream").body(ByteStream::from_static(BODY));
        put.send().await.map(drop).map_err(|error| Failure::of(&error, true))
    }

    /// Whether the object says what was put.
    async fn get(&self) -> Result<bool, Failure> {
        let name = self.bucket.place().bucket.as_str();
        let got = self.bucket.client().get_object().bucket(name).key(&self.key).send().await;
        let got = got.map_err(|error| Failure::of(&error, true))?;
        let body = got.body.collect().await;
        let body = body.map_err(|_| Failure::Passing("the object was not read to its end".to_owned()))?;
        Ok(body.into_bytes().as_ref() == BODY)
    }

    /// Puts the object, and reads it if it came. Another test of the project, at the same moment, may remove it in between: then
    /// it is put again.
    async fn come(&self) -> (Result<(), Failure>, Option<Result<bool, Failure>>) {
        let mut puts = 1;
        loop {
            if let Err(failure) = self.put().await {
                return (Err(failure), None);
            }
            match self.get().await {
                Err(Failure::NoObject) if puts < PUTS => puts += 1,
                got => return (Ok(()), Some(got)),
            }
        }
    }

    async fn come_and_go(
        &self,
        can_look: bool,
    ) -> (Result<(), Fault>, Result<(), Fault>, Result<(), Failure>) {
        let (put, got) = self.come().await;
        let get = match got {
            Some(Ok(true)) => Ok(()),
            Some(Ok(false)) => Err(Fault::lasting("GetObject answered something else than what was put")),
            Some(Err(failure)) => Err(self.words("GetObject", GET, &failure)),
            None => self.read_nothing(can_look).await,
        };
        let put_words = put.map_err(|failure| self.words("PutObject", PUT, &failure));
        // Also when the put seems to have failed: its answer may have been lost.
        let mut removed = Ok(());
        for _ in 0..REMOVALS {
            removed = self.remove().await;
            if !matches!(removed, Err(Failure::Passing(_))) {
                break;
            }
        }
        let left = |failure| match failure {
            Failure::Passing(words) => Failure::Passing(format!("{words}; remove {} yourself", self.key)),
            other @ (Failure::Denied(_)
            | Failure::NoBucket
            | Failure::NoObject
            | Failure::Elsewhere(_)
            | Failure::Refused(_)) => other,
        };
        (put_words, get, removed.map_err(left))
    }

    /// Whether reading is allowed where there is nothing to read. Whoever may not list the bucket hears "denied" either way.
    async fn read_nothing(&self, can_look: bool) -> Result<(), Fault> {
        if !can_look {
            return Err(Fault::lasting(format!(
                "GetObject was not tried: allow s3:ListBucket and s3:PutObject first, and {}",
                GET.on(self.bucket.place())
            )));
        }
        match self.get().await {
            Ok(_) | Err(Failure::NoObject) => Ok(()),
            Err(failure) => Err(self.words("GetObject", GET, &failure)),
        }
    }
}

async fn preflight(ctx: &Ctx, bucket: &Bucket, origin: &str) -> Result<(), Fault> {
    let place = bucket.place();
    let url = bucket.address(&place.cors_probe_key());
    let url = url.map_err(|problem| Fault::lasting(problem.text()))?;
    let asked = ctx.preflights.ask(url, origin).await;
    asked.map_err(|failure| match &failure {
        CorsError::NoRule { .. } => Fault::lasting(format!(
            "{failure}: add to the CORS configuration of {}: {}",
            place.bucket,
            cors_rules(origin)
        )),
        CorsError::Unreachable(cause) | CorsError::NoClient(cause) => {
            tracing::warn!(%cause, "no preflight");
            Fault { words: failure.to_string(), is_passing: true }
        }
    })
}

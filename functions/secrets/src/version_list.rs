//! What a secret says and said before.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use model::Timestamp;
use model::form::{Form, Read, rule};
use model::id::SecretId;
use model::permission::{Action, Scoped as _, Subject};
use serde::Serialize;
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::secret_get::{Identified, gone, identified};
use crate::secret_view::{RawSecret, Tags, View};

/// The longest page.
const MOST: u64 = 100;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Versions<'a> {
    secret_versions: Vec<Version<'a>>,
}

/// A version: the secret as it was then.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Version<'a> {
    #[serde(flatten)]
    secret: RawSecret<'a>,
    secret_id: SecretId,
    /// When this version was written.
    created_at: Timestamp,
    updated_at: Timestamp,
    actor: Actor<'a>,
}

/// Who wrote a version.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Actor<'a> {
    actor_id: &'a str,
    actor_type: &'a str,
    name: &'a str,
    membership_id: Option<()>,
    group_id: Option<()>,
}

/// The page that the query asks for.
pub(crate) struct Page {
    offset: u64,
    limit: u64,
}

impl Read for Page {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let offset = form.or("offset", rule::numeral(0, u64::from(u32::MAX)), 0);
        let limit = form.or("limit", rule::numeral(1, MOST), 20);
        Some(Self { offset: offset?, limit: limit? })
    }
}

/// `GET /api/v1/secret/{secretId}/secret-versions?offset&limit`: newest first, the present one among them.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query<Page>,
) -> Result<Response, Problem> {
    let Page { offset, limit } = query.read()?;
    let Identified { project, secret, permissions } = identified(&ctx, &caller, &id, Action::Read).await?;
    let values = permissions.allows(Action::ReadValue, Subject::Secrets, project.scope());
    let versions = ctx.vault.versions(&project, &secret, values).await.map_err(|error| gone(error, &id))?;
    let page = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let shown = || versions.iter().skip(page(offset)).take(page(limit));
    let tags = Tags::on(&ctx, project.id, shown()).await?;
    let view = View { project: &project, tags: &tags };
    let secret_versions = shown().map(|version| Version {
        // Its own times say when the version was written.
        secret: view.imported(version),
        secret_id: version.stored.id,
        created_at: version.stored.updated_at,
        updated_at: version.stored.updated_at,
        actor: Actor {
            actor_id: &version.stored.actor.id,
            actor_type: &version.stored.actor.kind,
            name: &version.stored.actor.name,
            membership_id: None,
            group_id: None,
        },
    });
    Ok(Json(Versions { secret_versions: secret_versions.collect() }).into_response())
}

//! The secrets of a folder.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use model::id::FolderId;
use model::permission::Action;
use model::secret::SecretPath;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use vault::{Listed, Listing, OpenSecret};
use web::{Caller, Problem, Query};

use crate::Ctx;
use crate::etag::ETag;
use crate::secret_filter::Filter;
use crate::secret_place::owner;
use crate::secret_query::{Family, ListQuery};
use crate::secret_view::{RawSecret, Tags, View};
use crate::vault_error::problem;

/// The answer of a list.
#[derive(Debug, Serialize)]
struct Many<'a> {
    secrets: Vec<RawSecret<'a>>,
    imports: Vec<Import<'a>>,
}

/// What one import brings.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Import<'a> {
    secret_path: &'a SecretPath,
    environment: &'a str,
    folder_id: FolderId,
    secrets: Vec<RawSecret<'a>>,
}

/// `GET /api/v3/secrets/raw`.
pub(crate) async fn v3(
    State(ctx): State<Ctx>,
    caller: Caller,
    headers: HeaderMap,
    query: Query<ListQuery>,
) -> Result<Response, Problem> {
    list(&ctx, &caller, &headers, &query, Family::V3).await
}

/// `GET /api/v4/secrets`.
pub(crate) async fn v4(
    State(ctx): State<Ctx>,
    caller: Caller,
    headers: HeaderMap,
    query: Query<ListQuery>,
) -> Result<Response, Problem> {
    list(&ctx, &caller, &headers, &query, Family::V4).await
}

/// Where the caller may see that secrets exist and not what they say, values are hidden.
async fn list(
    ctx: &Ctx,
    caller: &Caller,
    headers: &HeaderMap,
    query: &Query<ListQuery>,
    family: Family,
) -> Result<Response, Problem> {
    let ListQuery { place, sight, recursive, personal, filter } = query.read_with(family)?;
    let found = place.find(ctx, caller, Action::Read).await?;
    let owner = owner(caller).filter(|_| personal);
    let listing = Listing {
        values: sight.values && found.allows(Action::ReadValue),
        expand: sight.expanded,
        recursive,
        imports: sight.imports,
        personal: owner.as_ref(),
    };
    let Listed { secrets, imports, read } =
        ctx.vault.list(&found.place(), &listing).await.map_err(problem)?;

    let all = || secrets.iter().chain(imports.iter().flat_map(|import| &import.secrets));
    let tags = Tags::on(ctx, found.project.id, all()).await?;
    let view = View { project: &found.project, tags: &tags };
    let wanted: Vec<&OpenSecret> = secrets.iter().filter(|secret| passes(&filter, view, secret)).collect();

    let asked = format!("{listing:?} {filter:?}");
    let surroundings = all().flat_map(|secret| view.surroundings(secret));
    let etag = ETag(read.etag(surroundings.chain([asked.into()])));
    etag.answer(headers, || {
        written(&Many {
            secrets: wanted.into_iter().map(|secret| view.secret(secret)).collect(),
            imports: imports
                .iter()
                .map(|import| Import {
                    secret_path: &import.import.path,
                    environment: &import.environment_slug,
                    folder_id: import.folder_id,
                    secrets: import.secrets.iter().map(|secret| view.imported(secret)).collect(),
                })
                .collect(),
        })
    })
}

/// The most bytes of an answer that Lambda hands on: 6 MB, of which the answer's own frame needs little.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MOST_BYTES: usize = 6 * 1024 * 1024 - 16 * 1024;

/// The answer, when Lambda can hand it on. It travels as text within JSON, where quotation marks and backslashes take two
/// bytes.
fn written(many: &Many<'_>) -> Result<Response, Problem> {
    let body = serde_json::to_vec(many).map_err(|error| Problem::bug("write a list of secrets", error))?;
    let escapes = body.iter().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    if body.len() + escapes > MOST_BYTES {
        return Err(Problem::bad_request(
            "The secrets of this path are larger together than one answer may be (6 MB); list fewer folders at once, \
             without imports, or without values",
        ));
    }
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// What is encrypted of metadata is for reading, and not for looking for.
fn passes(filter: &Filter, view: View<'_>, secret: &OpenSecret) -> bool {
    let tags = view.tags.of(secret).map(|tag| tag.slug.as_str());
    let metadata = secret.metadata.iter().filter(|entry| !entry.is_encrypted);
    let metadata =
        metadata.filter_map(|entry| Some((entry.key.as_str(), entry.value.as_ref()?.expose_secret())));
    filter.wants(tags, metadata)
}

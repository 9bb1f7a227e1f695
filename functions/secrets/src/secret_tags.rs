//! Tags put on a secret and taken off, by their slugs.

use axum::extract::State;
use axum::response::Response;
use model::form::{Form, Read, rule};
use model::id::TagId;
use model::permission::Action;
use model::secret::MOST_TAGS;
use model::tag::LONGEST_SLUG;
use vault::{Absent, SecretChange, Write};
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::secret_form::personal;
use crate::secret_get::{existing, one};
use crate::secret_place::{SecretPlace, kind};
use crate::secret_view::Tags;
use crate::secret_write::carry_out_one;

/// Tags of a secret, by their slugs.
pub(crate) struct Retag {
    place: SecretPlace,
    personal: bool,
    slugs: Vec<String>,
}

impl Read for Retag {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let place = SecretPlace::body(form);
        let personal = personal(form);
        let slugs = form.required("tagSlugs", rule::list(1, MOST_TAGS, rule::trimmed(1, LONGEST_SLUG)));
        Some(Self { place: place?, personal: personal?, slugs: slugs? })
    }
}

/// `POST /api/v3/secrets/tags/{secretName}`. One that is on it already stays.
pub(crate) async fn attach(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody<Retag>,
) -> Result<Response, Problem> {
    let attach = |tags| SecretChange { attach: tags, ..SecretChange::default() };
    retag(&ctx, &caller, &name, &body, attach).await
}

/// `DELETE /api/v3/secrets/tags/{secretName}`. One that is not on it stays off.
pub(crate) async fn detach(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody<Retag>,
) -> Result<Response, Problem> {
    let detach = |tags| SecretChange { detach: tags, ..SecretChange::default() };
    retag(&ctx, &caller, &name, &body, detach).await
}

async fn retag(
    ctx: &Ctx,
    caller: &Caller,
    name: &str,
    body: &JsonBody<Retag>,
    change: impl FnOnce(Vec<TagId>) -> SecretChange,
) -> Result<Response, Problem> {
    let Retag { place, personal, slugs } = body.read()?;
    let found = place.find(ctx, caller, Action::Edit).await?;
    let (name, kind) = (existing(name)?, kind(caller, personal)?);
    let tags = Tags::all(ctx, found.project.id).await?;
    let absent = |slug: &str| Problem::not_found(format!("Tag with slug '{slug}' was not found"));
    let named = slugs.iter().map(|slug| tags.named(slug).map(|tag| tag.id).ok_or_else(|| absent(slug)));
    let change = change(named.collect::<Result<_, _>>()?);
    let write = Write::Update { name, change, absent: Absent::Refuse };
    let secret = carry_out_one(ctx, caller, &found, kind, write).await?;
    one(ctx, &found.project, &secret).await
}

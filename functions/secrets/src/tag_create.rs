//! A new tag.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::{ProjectId, TagId};
use model::permission::{Action, Scope, Subject};
use model::tag::{LONGEST_SLUG, LONGEST_TEXT, MOST, Tag};
use serde_json::Value;
use store::{Change, Conflict, Stored};
use web::{Caller, JsonBody, Path, Problem};

use crate::{Ctx, error, place, tag_view};

/// The fields of a tag; the name and the colour are as the client says, and `null` for none.
pub(crate) struct Create {
    slug: String,
    name: Option<String>,
    color: Option<String>,
}

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let slug = form.required("slug", rule::slug(1, LONGEST_SLUG));
        let name = form.nullish("name", rule::trimmed(0, LONGEST_TEXT));
        let color = form.nullish("color", rule::trimmed(0, LONGEST_TEXT));
        Some(Self { slug: slug?, name: name?.filter(|name| !name.is_empty()), color: color? })
    }
}

/// `POST …/{projectId}/tags`.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ProjectId>,
    body: JsonBody<Create>,
) -> Result<Json<Value>, Problem> {
    let Create { slug, name, color } = body.read()?;
    let tags = async { Ok(ctx.store.tags_of(id).await?) };
    let project = place::project(&ctx, &caller, id, Action::Create, Subject::Tags);
    let (project, tags) = tokio::try_join!(project, tags)?;
    if tags.len() >= MOST {
        return Err(Problem::bad_request(format!("A project has at most {MOST} tags")));
    }
    let tag = Tag { id: TagId::random(), project_id: id, slug, name, color };
    let audit = caller.audit("tag.create", tag.id, &tag.slug, Scope::Project(id));
    // The project must still be there: a tag of none would never go.
    let change = Change::new(caller.now).require(&project.value).create(&tag);
    match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
        Ok(()) => Ok(tag_view::one(&Stored::created(tag, caller.now))),
        Err(failed) => match failed.conflict() {
            Some(Conflict::NameTaken { .. }) => Err(error::slug_taken(&tag.slug)),
            Some(Conflict::Stale { .. }) => Err(error::absent_project(id)),
            Some(Conflict::Exists { .. } | Conflict::Unmet(_) | Conflict::Contended) | None => {
                Err(failed.into())
            }
        },
    }
}

//! Reading tags: one by id or slug, and all of a project.

use axum::Json;
use axum::extract::State;
use model::id::{ProjectId, TagId};
use model::permission::{Action, Subject};
use model::project::Project;
use model::tag::Tag;
use serde_json::Value;
use store::Stored;
use web::{Caller, Path, Problem};

use crate::{Ctx, place, tag_view};

type Answer = Result<Json<Value>, Problem>;

/// A project that the caller may do this in, and its tag. One round trip to the table.
pub(crate) async fn permitted(
    ctx: &Ctx,
    caller: &Caller,
    (project, id): (ProjectId, TagId),
    action: Action,
) -> Result<(Stored<Project>, Stored<Tag>), Problem> {
    let tag = async { Ok(ctx.store.tag(project, id).await?) };
    let project = place::project(ctx, caller, project, action, Subject::Tags);
    let (project, tag) = tokio::try_join!(project, tag)?;
    let tag = tag.ok_or_else(|| Problem::not_found(format!("Tag with ID '{id}' was not found")))?;
    Ok((project, tag))
}

/// `GET …/{projectId}/tags`: in the order in which they were made.
pub(crate) async fn list(State(ctx): State<Ctx>, caller: Caller, Path(project): Path<ProjectId>) -> Answer {
    let tags = async { Ok(ctx.store.tags_of(project).await?) };
    let project = place::project(&ctx, &caller, project, Action::Read, Subject::Tags);
    let (_, mut tags) = tokio::try_join!(project, tags)?;
    tags.sort_by(|one, other| (one.created_at, &one.slug).cmp(&(other.created_at, &other.slug)));
    Ok(tag_view::many(&tags))
}

/// `GET …/{projectId}/tags/{tagId}`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(ids): Path<(ProjectId, TagId)>,
) -> Answer {
    let (_, tag) = permitted(&ctx, &caller, ids, Action::Read).await?;
    Ok(tag_view::one(&tag))
}

/// `GET …/{projectId}/tags/slug/{slug}`: the CLI takes a 404 as the word to make the tag.
pub(crate) async fn by_slug(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, slug)): Path<(ProjectId, String)>,
) -> Answer {
    let tag = async { Ok(ctx.store.tag_by_slug(project, &slug).await?) };
    let project = place::project(&ctx, &caller, project, Action::Read, Subject::Tags);
    let (_, tag) = tokio::try_join!(project, tag)?;
    let tag = tag.ok_or_else(|| Problem::not_found(format!("Tag with slug '{slug}' was not found")))?;
    Ok(tag_view::one(&tag))
}

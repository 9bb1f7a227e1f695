//! Another slug, name or colour of a tag. Secrets carry its id, so none of them changes.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::{ProjectId, TagId};
use model::permission::{Action, Scope};
use model::tag::{LONGEST_SLUG, LONGEST_TEXT, Tag};
use serde_json::Value;
use store::{Change, Conflict};
use web::{Caller, JsonBody, Path, Problem};

use crate::tag_get::permitted;
use crate::{Ctx, error, tag_view};

/// The fields of a change; an absent field, and `null`, stays as it is.
pub(crate) struct Update {
    slug: Option<String>,
    name: Option<String>,
    color: Option<String>,
}

impl Update {
    fn apply(self, tag: &Tag) -> Tag {
        let name = match self.name {
            Some(name) => Some(name).filter(|name| !name.is_empty()),
            None => tag.name.clone(),
        };
        Tag {
            slug: self.slug.unwrap_or_else(|| tag.slug.clone()),
            name,
            color: self.color.or_else(|| tag.color.clone()),
            ..tag.clone()
        }
    }
}

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let slug = form.nullish("slug", rule::slug(1, LONGEST_SLUG));
        let name = form.nullish("name", rule::trimmed(0, LONGEST_TEXT));
        let color = form.nullish("color", rule::trimmed(0, LONGEST_TEXT));
        Some(Self { slug: slug?, name: name?, color: color? })
    }
}

/// `PATCH …/{projectId}/tags/{tagId}`.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, id)): Path<(ProjectId, TagId)>,
    body: JsonBody<Update>,
) -> Result<Json<Value>, Problem> {
    let update = body.read()?;
    let (project, read) = permitted(&ctx, &caller, (project, id), Action::Edit).await?;
    let next = update.apply(&read);
    if next == read.value {
        return Ok(tag_view::one(&read));
    }
    let mut audit = caller.audit("tag.update", id, &next.slug, Scope::Project(project.id));
    audit.details = differences(&read, &next);
    let change = Change::new(caller.now).replace(&read, &next);
    match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
        Ok(()) => Ok(tag_view::one(&read.replaced(next, caller.now))),
        Err(failed) if matches!(failed.conflict(), Some(Conflict::NameTaken { .. })) => {
            Err(error::slug_taken(&next.slug))
        }
        Err(failed) => Err(failed.into()),
    }
}

/// For the audit trail.
fn differences(before: &Tag, after: &Tag) -> Vec<String> {
    let mut words = Vec::new();
    if before.slug != after.slug {
        words.push(format!("slug: {} to {}", before.slug, after.slug));
    }
    if before.name != after.name {
        words.push("name".to_owned());
    }
    if before.color != after.color {
        words.push("color".to_owned());
    }
    words
}

//! Changing a project: `PATCH` by id or slug, and how long its audit trail is kept.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::ProjectId;
use model::permission::{Action, Subject};
use model::project::Project;
use serde_json::{Value, json};
use store::Stored;
use web::{Caller, JsonBody, Path, Problem};

use crate::which::{Deed, Edit, Which, amend};
use crate::{Ctx, form, view};

type Answer = Result<Json<Value>, Problem>;

/// The fields of a change; an absent field, and `null`, stays as it is.
pub(crate) struct Update {
    name: Option<String>,
    slug: Option<String>,
    description: Option<String>,
    auto_capitalization: Option<bool>,
    has_delete_protection: Option<bool>,
}

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.nullish("name", form::name());
        let slug = form::optional_slug(form, "slug");
        let description = form.nullish("description", form::description());
        let auto_capitalization = form.nullish("autoCapitalization", rule::boolean());
        let has_delete_protection = form.nullish("hasDeleteProtection", rule::boolean());
        Some(Self {
            name: name?,
            slug: slug?,
            description: description?,
            auto_capitalization: auto_capitalization?,
            has_delete_protection: has_delete_protection?,
        })
    }
}

impl Update {
    /// Applies the change, and names the fields that are different now.
    fn apply(&self, project: &mut Project) -> Vec<String> {
        let mut changed = Vec::new();
        set("name", &mut project.name, self.name.clone(), &mut changed);
        set("slug", &mut project.slug, self.slug.clone(), &mut changed);
        set("description", &mut project.description, self.description.clone().map(Some), &mut changed);
        set("autoCapitalization", &mut project.auto_capitalization, self.auto_capitalization, &mut changed);
        set(
            "hasDeleteProtection",
            &mut project.has_delete_protection,
            self.has_delete_protection,
            &mut changed,
        );
        changed
    }
}

fn set<T: PartialEq>(field: &str, value: &mut T, new: Option<T>, changed: &mut Vec<String>) {
    if let Some(new) = new.filter(|new| new != value) {
        *value = new;
        changed.push(field.to_owned());
    }
}

/// `PATCH /api/v1/projects/{projectId}`.
pub(crate) async fn project(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ProjectId>,
    body: JsonBody<Update>,
) -> Answer {
    update(&ctx, &caller, Which::Id(id), &body).await.map(|project| view::bare_and_wrapped(&project))
}

/// `PATCH /api/v1/workspace/{projectId}`.
pub(crate) async fn workspace(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ProjectId>,
    body: JsonBody<Update>,
) -> Answer {
    update(&ctx, &caller, Which::Id(id), &body).await.map(|project| view::workspace(&project))
}

/// `PATCH /api/v2/workspace/{slug}`.
pub(crate) async fn by_slug(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(slug): Path<String>,
    body: JsonBody<Update>,
) -> Answer {
    update(&ctx, &caller, Which::Slug(slug), &body).await.map(|project| view::bare(&project))
}

async fn update(
    ctx: &Ctx,
    caller: &Caller,
    which: Which,
    body: &JsonBody<Update>,
) -> Result<Stored<Project>, Problem> {
    let update = body.read()?;
    let edit = |project: &mut Project| {
        let details = update.apply(project);
        Ok(Edit {
            resource_id: project.id.to_string(),
            resource_name: project.name.clone(),
            details,
            outcome: (),
        })
    };
    let deed = Deed(Action::Edit, Subject::Project, "project.update");
    amend(ctx, caller, &which, deed, edit).await.map(|(project, ())| project)
}

/// For how many days the audit trail is kept; `None` means for ever.
pub(crate) struct Retention(Option<u32>);

impl Read for Retention {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        // As far as a DynamoDB TTL makes sense: ten years.
        let days = form.required("auditLogsRetentionDays", rule::integer(0, 3_650))?;
        Some(Self(u32::try_from(days).ok().filter(|days| *days > 0)))
    }
}

/// `PUT /api/v1/workspace/{slug}/audit-logs-retention`, and the same under `projects`.
pub(crate) async fn retention(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(slug): Path<String>,
    body: JsonBody<Retention>,
) -> Answer {
    let Retention(days) = body.read()?;
    let edit = |project: &mut Project| {
        project.audit_logs_retention_days = days;
        let details = vec!["auditLogsRetentionDays".to_owned()];
        Ok(Edit {
            resource_id: project.id.to_string(),
            resource_name: project.name.clone(),
            details,
            outcome: (),
        })
    };
    let deed = Deed(Action::Edit, Subject::Project, "project.update");
    let (project, ()) = amend(&ctx, &caller, &Which::Slug(slug), deed, edit).await?;
    let project = view::project(&project);
    let message = "Successfully updated project's audit logs retention period";
    Ok(Json(json!({ "message": message, "workspace": project, "project": project })))
}

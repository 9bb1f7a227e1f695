//! `POST /api/v2/workspace`, `POST /api/v1/projects`: a new project, with its creator as administrator.

use axum::Json;
use axum::extract::State;
use model::environment::Environments;
use model::form::{Fault, Form, Read, Rule, rule};
use model::id::{MembershipId, ProjectId};
use model::membership::{Membership, MembershipRole};
use model::permission::{Action, Role, Scope, Subject};
use model::project::{Project, ProjectType, default_slug};
use serde_json::{Value, json};
use store::{Change, CommitError, Conflict, Stored};
use web::{Caller, JsonBody, Problem};

use crate::{Ctx, error, form, view};

pub(crate) struct Create {
    name: String,
    description: Option<String>,
    slug: Option<String>,
    project_type: ProjectType,
    template: String,
    usual_environments: bool,
    has_delete_protection: bool,
}

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.required("projectName", form::name());
        let description = form.nullish("projectDescription", form::description());
        let slug = form::optional_slug(form, "slug");
        let kms_key = form.nullish("kmsKeyId", no_kms_key());
        let template = form.or("template", rule::slug(1, 64), "default".to_owned());
        let project_type = form.or("type", rule::one_of(ProjectType::NAMES), ProjectType::SecretManager);
        let usual_environments = form.or("shouldCreateDefaultEnvs", rule::boolean(), true);
        let has_delete_protection = form.or("hasDeleteProtection", rule::boolean(), false);
        kms_key?;
        Some(Self {
            name: name?,
            description: description?,
            slug: slug?,
            project_type: project_type?,
            template: template?,
            usual_environments: usual_environments?,
            has_delete_protection: has_delete_protection?,
        })
    }
}

/// Nothing, or the empty text.
fn no_kms_key() -> impl Rule<Output = ()> {
    rule::text(|key| match key.trim() {
        "" => Ok(()),
        _ => Err(vec![Fault::custom(
            "A project cannot choose a KMS key: one key of the stack seals everything",
        )]),
    })
}

pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<Create>,
) -> Result<Json<Value>, Problem> {
    let wanted = body.read()?;
    let permissions = caller.permissions(&ctx.store).await?;
    permissions.may(Action::Create, Subject::Project, Scope::Organization)?;
    if wanted.template != "default" {
        let message = format!("There is no project template '{}'; only 'default' exists", wanted.template);
        return Err(Problem::bad_request(message));
    }
    let project = store_new(&ctx, &caller, wanted).await?;
    Ok(Json(json!({ "project": view::project(&project) })))
}

/// Stores the project under the slug that was asked for, or under one made of its name.
async fn store_new(ctx: &Ctx, caller: &Caller, wanted: Create) -> Result<Stored<Project>, Problem> {
    let now = caller.now;
    let id = ProjectId::random();
    let slugs = match &wanted.slug {
        Some(slug) => vec![slug.clone()],
        None => [false, true].map(|taken| default_slug(&wanted.name, id, taken)).to_vec(),
    };
    let mut project = Project {
        id,
        organization_id: ctx.organization.id,
        name: wanted.name,
        slug: String::new(),
        description: wanted.description,
        project_type: wanted.project_type,
        auto_capitalization: false,
        has_delete_protection: wanted.has_delete_protection,
        audit_logs_retention_days: None,
        environments: if wanted.usual_environments {
            Environments::usual(now)
        } else {
            Environments::default()
        },
        connections: 0,
        pam_resources: 0,
        secret_syncs: 0,
        key_rotations: 0,
        certificate_objects: 0,
        recording_configs: 0,
    };
    let administrator = Membership {
        id: MembershipId::random(),
        organization_id: ctx.organization.id,
        project_id: id,
        actor_kind: caller.kind,
        actor_id: caller.id.clone(),
        actor_name: caller.email.clone().unwrap_or_else(|| caller.name.clone()),
        roles: vec![MembershipRole::permanent(Role::Admin)],
    };
    for slug in slugs {
        project.slug = slug;
        let change = Change::new(now).create(&project).create(&administrator);
        let audit = caller.audit("project.create", id, &project.name, Scope::Project(id));
        match ctx.store.commit(change, &audit).await {
            Ok(()) => return Ok(Stored::created(project, now)),
            Err(CommitError::Conflict(Conflict::NameTaken { .. })) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(error::slug_taken(&project.slug))
}

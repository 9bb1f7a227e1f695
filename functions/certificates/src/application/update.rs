//! A change of an application.

use axum::Json;
use axum::extract::State;
use model::application::body::Update;
use model::id::ApplicationId;
use model::permission::{Action, Scoped as _};
use store::{Change, Conflict};
use web::{Caller, JsonBody, Path, Problem};

use super::{ATTEMPTS, NOUN, One, one, open};
use crate::{Ctx, error};

/// `PATCH /api/v1/cert-manager/applications/{applicationId}`.
pub(super) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    body: JsonBody<Update>,
) -> Result<Json<One>, Problem> {
    let change = body.read()?;
    for _ in 0..ATTEMPTS {
        let read = open(&ctx, &caller, id, Action::Edit).await?;
        let next = change.onto(&read);
        let audit = caller.audit("certificate-application.update", id, &next.name, read.scope());
        match ctx.store.commit_in_project(Change::new(caller.now).replace(&read, &next), &audit).await {
            Ok(()) => return Ok(one(read.replaced(next, caller.now))),
            Err(refused) => match refused.conflict() {
                Some(Conflict::Stale { .. } | Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. }) => return Err(error::name_taken(NOUN, &next.name)),
                Some(Conflict::Exists { .. } | Conflict::Unmet(_)) | None => return Err(refused.into()),
            },
        }
    }
    Err(Problem::crowded(NOUN))
}

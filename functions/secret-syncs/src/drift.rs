//! What the last look at the destination found.

use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::id::SecretSyncId;
use model::permission::Action;
use model::secret_sync::{DriftReport, DriftedName, SecretSyncDrift};
use serde::Serialize;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::get::open;

/// The answer. Until the first look everything about it is `null`.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    drift: Drift,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Drift {
    check_interval_hours: u16,
    next_check_at: Option<Timestamp>,
    checked_at: Option<Timestamp>,
    /// Why the last look found nothing out.
    failure: Option<String>,
    compared: Option<u32>,
    differing: Option<u32>,
    /// At most 500 are named.
    secrets: Vec<Drifted>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Drifted {
    name: String,
    secret_key: Option<String>,
    difference: &'static str,
}

/// `GET …/{syncId}/drift`, ours alone.
pub(crate) async fn drift(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, SecretSyncId)>,
) -> Result<Json<Answer>, Problem> {
    let opened = open(&ctx, &caller, path, Action::Read).await?;
    let sync = &opened.found.sync;
    let drift = ctx.store.secret_sync_drift(sync.id).await?.map(|found| found.value);
    let drift = drift.unwrap_or_else(|| SecretSyncDrift::new(sync.id, sync.project_id, 0, caller.now));
    Ok(Json(Answer { drift: view(drift) }))
}

fn view(drift: SecretSyncDrift) -> Drift {
    let (checked_at, failure, compared, differing, drifted) = match drift.report {
        Some(DriftReport { checked_at, failure, compared, differing, drifted }) => {
            (Some(checked_at), failure, Some(compared), Some(differing), drifted)
        }
        None => (None, None, None, None, Vec::new()),
    };
    let secret = |DriftedName { name, secret_key, difference }| Drifted {
        name,
        secret_key,
        difference: difference.name(),
    };
    Drift {
        check_interval_hours: drift.every_hours,
        next_check_at: drift.due_at,
        checked_at,
        failure,
        compared,
        differing,
        secrets: drifted.into_iter().map(secret).collect(),
    }
}

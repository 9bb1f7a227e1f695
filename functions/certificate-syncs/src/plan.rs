//! What a run would do now, without doing any of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::Json;
use axum::extract::State;
use model::certificate::Certificate;
use model::certificate_sync::Slot;
use model::certificate_sync::plan::{self, Failure, Plan, Question};
use model::id::{CertificateId, CertificateSlotId, CertificateSyncId};
use model::permission::Action;
use serde::Serialize;
use web::{Caller, Path, Problem, Query};

use crate::asked::AllowDeletions;
use crate::get::{Opened, open_at};
use crate::{Ctx, aws, error};

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// Whether the deletion guard would stop a run before its first change, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<String>,
    /// What would be done, in order.
    steps: Vec<StepView>,
    /// What could not be done, and why.
    failures: Vec<Told>,
    /// What people should know of what is done all the same.
    notes: Vec<Told>,
    /// Certificates that are as they are wanted.
    unchanged: Vec<CertificateId>,
    /// Actions that the connection's role may not do, without which less can be known or done.
    missing_permissions: BTreeSet<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StepView {
    certificate_id: Option<CertificateId>,
    action: &'static str,
    description: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    certificate_id: Option<CertificateId>,
    message: String,
}

/// `POST …/{syncId}/plan`, ours alone: reads what the worker reads, and tells what it would do. Whoever may sync may see it;
/// `allowDeletions=true` asks what a run would do that is allowed to. AWS is only looked at.
pub(crate) async fn plan(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateSyncId)>,
    query: Query<AllowDeletions>,
) -> Result<Json<Answer>, Problem> {
    let AllowDeletions(allows_deletions) = query.read()?;
    let Opened { found, .. } = open_at(&ctx, &caller, &path, Action::SyncCertificates).await?;
    let sync = &found.sync.value;
    let (slots, connection, application) = tokio::try_join!(
        ctx.store.certificate_sync_slots(sync.id),
        ctx.store.connection(sync.connection_id),
        ctx.store.application(sync.application_id)
    )?;
    let connection = connection.ok_or_else(|| Problem::absent_connection(sync.connection_id))?;
    let slots: Vec<Slot> = slots.into_iter().map(|slot| slot.value).collect();
    let question = Question {
        sync,
        application_name: application.as_ref().map_or("", |application| application.name.as_str()),
        default: found.run.default_slot,
        slots: &slots,
        certificates: &certificates(&ctx, &slots).await?,
        removes: found.run.wants_removal.is_some(),
        allows_deletions,
        now: caller.now,
    };
    let survey = placement::survey(
        &ctx.placements,
        &connection,
        &question,
        BTreeSet::new(),
        aws::patiently(caller.now),
    );
    let survey =
        survey.await.map_err(|error| error::from_placement("Unable to look at the destination", error))?;
    let plan = plan::plan(&question, &survey.found);
    Ok(Json(Answer::new(plan, &slots, survey.denied)))
}

/// What is known of the certificates of slots.
async fn certificates(ctx: &Ctx, slots: &[Slot]) -> Result<BTreeMap<CertificateId, Certificate>, Problem> {
    let placed =
        slots.iter().filter_map(|slot| slot.held.placed.as_ref().map(|placed| placed.certificate_id));
    let ids: Vec<_> = slots.iter().map(|slot| slot.wanted.certificate_id).chain(placed).collect();
    let read = ctx.store.certificates(&ids).await?;
    Ok(read.into_iter().map(|read| (read.id, read.value)).collect())
}

impl Answer {
    fn new(plan: Plan, slots: &[Slot], missing_permissions: BTreeSet<String>) -> Self {
        let of: HashMap<CertificateSlotId, CertificateId> =
            slots.iter().map(|slot| (slot.id, slot.wanted.certificate_id)).collect();
        let told = |failures: Vec<Failure>| {
            let told = failures.iter().map(|failure| Told {
                certificate_id: of.get(&failure.slot).copied(),
                message: failure.rule.to_string(),
            });
            told.collect()
        };
        Self {
            blocked: plan.guard.stops().then(|| plan.guard.to_string()),
            steps: plan
                .steps
                .iter()
                // What is only written down here is nothing to AWS.
                .filter(|step| step.action.is_effect())
                .map(|step| StepView {
                    certificate_id: of.get(&step.slot).copied(),
                    action: step.action.verb(),
                    description: step.action.to_string(),
                })
                .collect(),
            failures: told(plan.failures),
            notes: told(plan.notes),
            unchanged: plan.unchanged.iter().filter_map(|slot| of.get(slot).copied()).collect(),
            missing_permissions,
        }
    }
}

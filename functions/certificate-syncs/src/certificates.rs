//! The certificates of a sync: listed, attached, detached.

pub(crate) mod attach;
mod detach;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use model::certificate::Certificate;
use model::form::{Form, Read, rule};
use model::id::{CertificateId, CertificateSyncId};
use model::permission::Action;
use serde::Serialize;
use store::{CertificateSyncAndRun, ReadError, Stored};
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::get::{Opened, open};
use crate::view::{CertificateView, Whose};

pub(crate) use attach::attach;
pub(crate) use detach::detach;

/// How many the clients get who do not say, and the most at once.
const USUAL: usize = 20;
const MOST: u64 = 100;

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    certificates: Vec<CertificateView>,
    total_count: usize,
}

/// The part of the list that the query asks for.
pub(crate) struct Page {
    offset: usize,
    limit: usize,
}

impl Read for Page {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let offset = form.optional("offset", rule::numeral(0, u64::from(u32::MAX)));
        let limit = form.optional("limit", rule::numeral(1, MOST));
        let number = |given: Option<u64>, usual| given.map_or(usual, |n| usize::try_from(n).unwrap_or(usual));
        Some(Self { offset: number(offset?, 0), limit: number(limit?, USUAL) })
    }
}

/// `GET …/{syncId}/certificates?offset&limit`: what is attached, first attached first. Permissions and sync, the slots, and then
/// the certificates of the page.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateSyncId>,
    query: Query<Page>,
) -> Result<Json<Many>, Problem> {
    let Page { offset, limit } = query.read()?;
    let Opened { found, .. } = open(&ctx, &caller, id, Action::Read).await?;
    let mut slots = ctx.store.certificate_sync_slots(id).await?;
    slots.retain(|slot| slot.wanted.is_attached());
    slots.sort_unstable_by_key(|slot| (slot.created_at, slot.id));
    let total_count = slots.len();
    let page: Vec<_> = slots.into_iter().skip(offset).take(limit).collect();
    let certificates = views(&ctx, &caller, &found, &page).await?;
    Ok(Json(Many { certificates, total_count }))
}

/// These slots with their certificates. One BatchGetItem for each hundred.
async fn views(
    ctx: &Ctx,
    caller: &Caller,
    found: &CertificateSyncAndRun,
    slots: &[Stored<model::certificate_sync::Slot>],
) -> Result<Vec<CertificateView>, ReadError> {
    let ids: Vec<_> = slots.iter().map(|slot| slot.wanted.certificate_id).collect();
    let read = ctx.store.certificates(&ids).await?;
    let certificates: HashMap<CertificateId, Certificate> =
        read.into_iter().map(|read| (read.id, read.value)).collect();
    let whose = Whose { sync: &found.sync, run: &found.run, now: caller.now };
    let view = |slot: &Stored<model::certificate_sync::Slot>| {
        CertificateView::new(whose, slot, certificates.get(&slot.wanted.certificate_id))
    };
    Ok(slots.iter().map(view).collect())
}

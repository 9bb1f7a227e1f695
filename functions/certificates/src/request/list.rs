//! The requests of a project.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::certificate::order::{Order, OrderStatus};
use model::certificate::view::RequestRow;
use model::form::{Form, Read, rule};
use model::id::CertificateProfileId;
use model::permission::{Action, Subject};
use model::project::Asked;
use serde::Serialize;
use store::Stored;
use web::{Caller, Problem, Query};

use crate::page::Page;
use crate::{Ctx, project};

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    certificate_requests: Vec<RequestRow>,
    total_count: usize,
}

/// Which requests.
pub(crate) struct Wanted {
    project: Asked,
    page: Page,
    /// `Some(None)`: a state that no request here ever has.
    status: Option<Option<OrderStatus>>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    profiles: Option<Vec<CertificateProfileId>>,
    by: By,
    ascending: bool,
}

/// By what they are sorted.
#[derive(Debug, Clone, Copy)]
enum By {
    CreatedAt,
    UpdatedAt,
    CommonName,
    Status,
}

const SORTS: &[(&str, By)] = &[
    ("createdAt", By::CreatedAt),
    ("updatedAt", By::UpdatedAt),
    ("commonName", By::CommonName),
    ("status", By::Status),
];

const STATUSES: &[(&str, Option<OrderStatus>)] = &[
    ("pending", Some(OrderStatus::Pending)),
    ("issued", Some(OrderStatus::Issued)),
    ("failed", Some(OrderStatus::Failed)),
    ("pending_approval", None),
    ("rejected", None),
];

impl Read for Wanted {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let (project, page) = (Asked::read(form), Page::read(form));
        let status = form.optional("status", rule::one_of(STATUSES));
        let (from, to) = (form.optional("fromDate", rule::parsed()), form.optional("toDate", rule::parsed()));
        let profiles = form.optional(
            "profileIds",
            rule::text(|text| {
                let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
                ids.map(|id| {
                    id.parse().map_err(|_| vec![model::form::Fault::invalid("uuid", "Invalid uuid")])
                })
                .collect()
            }),
        );
        let by = form.or("sortBy", rule::one_of(SORTS), By::CreatedAt);
        let ascending = form.or("sortOrder", rule::one_of(&[("asc", true), ("desc", false)]), false);
        Some(Self {
            project: project?,
            page: page?,
            status: status?,
            from: from?,
            to: to?,
            profiles: profiles?,
            by: by?,
            ascending: ascending?,
        })
    }
}

/// `GET /api/v1/cert-manager/certificates/certificate-requests?projectSlug=&offset=&limit=&search=&status=&fromDate=&toDate=
/// &profileIds=&sortBy=&sortOrder=`, the newest first. One Query for each MB of requests, and the profiles of the page.
pub(super) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Wanted>,
) -> Result<Json<Many>, Problem> {
    let wanted = query.read()?;
    let id = project::permitted(&ctx, &caller, &wanted.project, Action::Read, Subject::Certificates).await?;
    let mut found = ctx.store.certificate_orders_of(id).await?;
    found.retain(|order| wanted.fits(order));
    wanted.sort(&mut found);
    let searched = found.into_iter().map(|order| (text(&order), order)).collect();
    let (found, total_count) = wanted.page.cut(searched, |(text, _)| text);
    let mut profiles: Vec<_> = found.iter().filter_map(|(_, order)| order.profile_id).collect();
    profiles.sort_unstable();
    profiles.dedup();
    let profiles = ctx.store.certificate_profiles(&profiles).await?;
    let names: HashMap<_, _> = profiles.into_iter().map(|profile| (profile.id, profile.value.slug)).collect();
    let row = |order: Stored<Order>| {
        let name = order.profile_id.and_then(|id| names.get(&id).cloned());
        RequestRow::new(&order, name, (order.created_at, order.updated_at))
    };
    let certificate_requests = found.into_iter().map(|(_, order)| row(order)).collect();
    Ok(Json(Many { certificate_requests, total_count }))
}

impl Wanted {
    fn fits(&self, order: &Stored<Order>) -> bool {
        let at = order.progress.accepted_at;
        let profiles = |wanted: &Vec<_>| order.profile_id.is_some_and(|profile| wanted.contains(&profile));
        self.status.is_none_or(|status| status == Some(order.progress.status()))
            && self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at <= to)
            && self.profiles.as_ref().is_none_or(profiles)
    }

    fn sort(&self, orders: &mut [Stored<Order>]) {
        match self.by {
            By::CreatedAt => orders.sort_by_key(|order| (order.progress.accepted_at, order.id)),
            By::UpdatedAt => orders.sort_by_key(|order| (order.updated_at, order.id)),
            By::CommonName => orders.sort_by_cached_key(|order| order.spec.subject.common_name.clone()),
            By::Status => orders.sort_by_key(|order| (order.progress.status().name(), order.id)),
        }
        if !self.ascending {
            orders.reverse();
        }
    }
}

/// What a search looks through.
fn text(order: &Order) -> String {
    let names = order.spec.alt_names.iter().map(ToString::to_string);
    let id = order.id.to_string();
    order.spec.subject.common_name.iter().cloned().chain(names).chain([id]).collect::<Vec<_>>().join(" ")
}

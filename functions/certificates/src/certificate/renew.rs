//! Another certificate in the place of one.

use axum::Json;
use axum::extract::State;
use model::certificate::order::{NotRenewable, Order};
use model::certificate::{Certificate, CertificateStatus};
use model::certificate_authority::Status;
use model::form::{Form, Read, rule};
use model::id::{CertificateAuthorityId, CertificateId, CertificateRequestId};
use model::permission::{Action, Scoped as _};
use serde::Serialize;
use store::{Change, Stored};
use web::{Caller, JsonBody, Path, Problem};

use super::{NOUN, called, open};
use crate::Ctx;

/// Attempts against changes at the same moment, of which the worker makes some.
const ATTEMPTS: u32 = 5;

/// The answer: what the request is called, and nothing yet of what will come of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    certificate: &'static str,
    issuing_ca_certificate: &'static str,
    certificate_chain: &'static str,
    serial_number: &'static str,
    certificate_id: &'static str,
    certificate_request_id: CertificateRequestId,
}

impl Answer {
    const fn to(request: CertificateRequestId) -> Self {
        Self {
            certificate: "",
            issuing_ca_certificate: "",
            certificate_chain: "",
            serial_number: "",
            certificate_id: "",
            certificate_request_id: request,
        }
    }
}

/// Whether the roots of the chain are left out from now on.
pub(crate) struct RemovesRoots(Option<bool>);

impl Read for RemovesRoots {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.nullish("removeRootsFromChain", rule::boolean()).map(Self)
    }
}

/// `POST …/{certificateId}/renew` `{removeRootsFromChain?}`: stores the order of another certificate of the same kind, which the
/// worker carries through. While one is under way it is the answer again: a repeated request pays for nothing. Two GetItems
/// more than the certificate, one transaction, one message.
pub(super) async fn renew(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
    body: JsonBody<RemovesRoots>,
) -> Result<Json<Answer>, Problem> {
    let RemovesRoots(removes_roots) = body.read()?;
    for _ in 0..ATTEMPTS {
        let (read, _) = open(&ctx, &caller, id, Action::Renew).await?;
        let mut order = match read.renewable() {
            Ok((authority, request)) => order(&ctx, &caller, &read, authority, request).await?,
            Err(NotRenewable::Renewing(order)) => return Ok(Json(Answer::to(order))),
            Err(refused @ (NotRenewable::Imported | NotRenewable::Revoked | NotRenewable::Renewed(_))) => {
                return Err(Problem::bad_request(refused.to_string()));
            }
        };
        order.removes_roots = removes_roots.unwrap_or(order.removes_roots);
        let mut audit = caller.audit("certificate.renew", id, called(&read), read.scope());
        audit.details = vec![format!("certificate request: {}", order.id)];
        let change = Change::new(caller.now).create_order(&order, Some(&read));
        match ctx.store.commit_in_project(change, &audit).await {
            Ok(()) => {
                ctx.queue.wake([order.id]).await;
                return Ok(Json(Answer::to(order.id)));
            }
            Err(refused) if refused.is_outpaced() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Problem::crowded(NOUN))
}

/// The order, if authority and first order are still there.
async fn order(
    ctx: &Ctx,
    caller: &Caller,
    certificate: &Stored<Certificate>,
    authority: CertificateAuthorityId,
    request: CertificateRequestId,
) -> Result<Order, Problem> {
    if certificate.status(caller.now) == CertificateStatus::Expired {
        return Err(Problem::bad_request("The certificate has expired: request another one instead"));
    }
    let (authority, before) =
        tokio::try_join!(ctx.store.certificate_authority(authority), ctx.store.certificate_order(request))?;
    let authority = authority.ok_or_else(|| {
        Problem::bad_request("The certificate cannot be renewed: its certificate authority was deleted")
    })?;
    if authority.status != Status::Active {
        return Err(Problem::bad_request(format!(
            "The certificate authority \"{}\" is not active",
            authority.name
        )));
    }
    let before = before.ok_or_else(|| {
        Problem::bad_request(
            "The certificate cannot be renewed: the request that it came of is not there any more",
        )
    })?;
    let requested_by = format!("{}:{}", caller.kind.name(), caller.id);
    let order =
        Order::renewal(CertificateRequestId::random(), certificate, &before, requested_by, caller.now);
    order.map_err(|refused| Problem::bad_request(refused.to_string()))
}

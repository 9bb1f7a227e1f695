//! When a certificate is renewed by itself.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use model::certificate::Certificate;
use model::certificate::order::NotRenewable;
use model::form::{Form, Read, rule};
use model::id::CertificateId;
use model::permission::{Action, Scoped as _};
use serde::Serialize;
use web::{Caller, JsonBody, Path, Problem};

use super::{NOUN, called, open};
use crate::{Ctx, error};

/// The most days before the end.
const MOST_DAYS: u64 = 30;

const DAY: Duration = Duration::from_secs(86_400);

/// What the body says.
pub(crate) struct Wanted {
    renews: Option<bool>,
    renew_before_days: Option<u16>,
}

impl Read for Wanted {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let days = form.nullish("renewBeforeDays", rule::integer(1, MOST_DAYS));
        let renews = form.nullish("enableAutoRenewal", rule::boolean());
        let (days, renews) = (days?, renews?);
        if days.is_none() && renews.is_none() {
            return form
                .refuse("renewBeforeDays", "Either renewBeforeDays or enableAutoRenewal must be given");
        }
        if days.is_some() && renews == Some(false) {
            return form.refuse(
                "renewBeforeDays",
                "A certificate that is not renewed by itself has no days before its end",
            );
        }
        Some(Self { renews, renew_before_days: days.and_then(|days| u16::try_from(days).ok()) })
    }
}

impl Wanted {
    /// The certificate as wanted: days alone turn renewal on, renewal without days keeps those that it has.
    fn onto(&self, certificate: &Certificate) -> Certificate {
        let renews = self.renews.unwrap_or(true);
        let days = self.renew_before_days.or(certificate.life.renew_before_days);
        certificate.configured(renews, days.filter(|_| renews))
    }
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    message: &'static str,
    enable_auto_renewal: bool,
    renew_before_days: Option<u16>,
}

/// `PATCH …/{certificateId}/config` `{renewBeforeDays?, enableAutoRenewal?}`.
pub(super) async fn config(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
    body: JsonBody<Wanted>,
) -> Result<Json<Answer>, Problem> {
    let (certificate, _) = open(&ctx, &caller, id, Action::Edit).await?;
    let wanted = body.read()?;
    let turns_on = wanted.renews != Some(false);
    if turns_on {
        renewable(&certificate, wanted.renew_before_days)?;
    }
    let mut audit = caller.audit("certificate.configure", id, called(&certificate), certificate.scope());
    let next = wanted.onto(&certificate);
    audit.details = vec![described(&next)];
    let stored = ctx.store.amend_certificate(id, caller.now, Some(&audit), |read| {
        let next = wanted.onto(read);
        let said = (next.life.renews, next.life.renew_before_days);
        (Some(next), said)
    });
    let (renews, days) = stored.await?.ok_or_else(|| error::absent(NOUN, id))?;
    Ok(Json(Answer {
        message: "Successfully updated the renewal settings of the certificate",
        enable_auto_renewal: renews,
        renew_before_days: days,
    }))
}

/// Whether a certificate can be renewed by itself, so many days before its end.
fn renewable(certificate: &Certificate, days: Option<u16>) -> Result<(), Problem> {
    match certificate.renewable() {
        // One that is being renewed may still be told how often.
        Ok(_) | Err(NotRenewable::Renewing(_)) => {}
        Err(refused @ (NotRenewable::Imported | NotRenewable::Revoked | NotRenewable::Renewed(_))) => {
            return Err(Problem::bad_request(refused.to_string()));
        }
    }
    let life = certificate.facts.not_after.since(certificate.facts.not_before);
    match days {
        Some(days) if DAY * u32::from(days) >= life => Err(Problem::bad_request(format!(
            "The certificate holds for {} days only: it cannot be renewed {days} days before its end",
            life.as_secs() / DAY.as_secs()
        ))),
        Some(_) | None => Ok(()),
    }
}

fn described(next: &Certificate) -> String {
    match (next.life.renews, next.life.renew_before_days) {
        (false, _) => "not renewed by itself".to_owned(),
        (true, Some(days)) => format!("renewed {days} days before its end"),
        (true, None) => "renewed when a third of its life is left".to_owned(),
    }
}

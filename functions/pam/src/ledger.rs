//! What the records say of a termination.

use model::Timestamp;
use model::pam::{PamSession, SessionDuration};
use model::permission::Scoped as _;
use store::{Change, Conflict, Stored};
use web::{Caller, Problem};

use crate::Ctx;

/// How many sessions a Query takes: about 800 KB.
const PAGE: u16 = 500;

/// Whose doing goes into the records, and for how long the project keeps the trail of it.
#[derive(Debug)]
pub(crate) struct Ledger<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) caller: &'a Caller,
    pub(crate) days_kept: Option<u32>,
}

impl Ledger<'_> {
    /// The session's next record, with its line of the audit trail. One transaction.
    pub(crate) async fn write(
        &self,
        action: &str,
        read: Stored<PamSession>,
        next: PamSession,
        details: Vec<String>,
    ) -> Result<Stored<PamSession>, Problem> {
        let now = self.caller.now;
        let path = format!("{}/{}", next.resource_name, next.account_name);
        let mut audit = self.caller.audit(action, next.id, path, next.scope());
        audit.details = details;
        audit.details.push(format!("of: {}", next.session_name));
        let change = Change::new(now).replace(&read, &next);
        match self.ctx.store.commit_kept(change, &audit, self.days_kept).await {
            Ok(()) => Ok(read.replaced(next, now)),
            Err(error) if matches!(error.conflict(), Some(Conflict::Stale { .. })) => {
                Err(Problem::bad_request(
                    "The session was changed by somebody else at the same moment; please try again",
                ))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The same person's other sessions in the role whose credentials AWS gave until `until` have ended with this one, and
    /// their records say so. What comes after that moment is another story.
    pub(crate) async fn also_ended(&self, ended: &PamSession, until: Timestamp) {
        let now = self.caller.now;
        let since = now.minus(SessionDuration::LONGEST.span() + SessionDuration::SHORTEST.span());
        let mut from = None;
        loop {
            let page = match self.ctx.store.pam_sessions(ended.project_id, from, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    return tracing::warn!(session.id = %ended.id, %error, "sessions that ended as well were not read");
                }
            };
            let is_over = page.sessions.last().is_none_or(|oldest| oldest.requested_at < since);
            for read in page.sessions {
                let same =
                    read.session_name == ended.session_name && read.target_role_arn == ended.target_role_arn;
                let denied = read.issued_at().is_some_and(|issued_at| issued_at <= until);
                if same && denied && read.id != ended.id && read.is_live(now) {
                    self.mark(read, ended).await;
                }
            }
            match page.next {
                Some(next) if !is_over => from = Some(next),
                Some(_) | None => return,
            }
        }
    }

    async fn mark(&self, read: Stored<PamSession>, ended: &PamSession) {
        let (id, details) = (read.id, vec![format!("with session {}", ended.id)]);
        let Ok(next) = read.terminated(self.caller.now, &self.caller.name) else { return };
        if let Err(problem) = self.write("pam-session.terminated", read, next, details).await {
            tracing::warn!(session.id = %id, problem = problem.text(), "a session that ended as well was not marked");
        }
    }
}

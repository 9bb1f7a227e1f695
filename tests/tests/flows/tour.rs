//! A tour of every route: before each call that works, the calls that must not, with the same body.
//!
//! Without a token: 401. From another project's caller: as if it were not there, or a denial. With ids that nothing has:
//! 404. With ids that are none: 422. What these had changed would break the call that works, or one after it.

mod connections;
mod identities;
mod projects;
mod step;

use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, ensure};
use futures::future::join_all;
use http::Method;
use serde_json::Value;
use tests::api::{Answer, Api};
use tests::guard::Call;
use tests::system::{System, unique};
use tokio::sync::OnceCell;
use web::Access;

pub(crate) use step::{Outsider, Step, delete, get, patch, post, put};

/// What the tour has seen.
#[derive(Debug)]
pub(crate) struct Tour {
    /// The routes that answered 200, in order.
    pub(crate) visited: Vec<(Method, &'static str)>,
    /// What should be in the audit trail: the `User-Agent` and the action.
    pub(crate) audited: Vec<(String, &'static str)>,
    /// Answers that are not the contract's.
    pub(crate) faults: Vec<String>,
    /// What reached AWS.
    pub(crate) calls: Vec<Call>,
    system: &'static System,
    person: Api,
    outsider: Api,
    outside_person: Api,
}

/// Every route of every function: method, path, and who may call it.
pub(crate) fn routes() -> Vec<(Method, &'static str, Access)> {
    let (identities, projects, connections) =
        (::identities::routes(), ::projects::routes(), ::connections::routes());
    let lists = [identities.list(), projects.list(), connections.list()];
    lists.into_iter().flatten().map(|route| (route.method.clone(), route.path, route.access)).collect()
}

/// The tour of this process, taken once.
pub(crate) async fn tour(system: &'static System) -> Result<&'static Tour> {
    static TOUR: OnceCell<Result<Tour, String>> = OnceCell::const_new();
    let taken =
        TOUR.get_or_init(|| async { Tour::take(system).await.map_err(|failure| format!("{failure:#}")) });
    taken.await.as_ref().map_err(|failure| anyhow!("{failure}"))
}

impl Tour {
    async fn take(system: &'static System) -> Result<Self> {
        let outsider = system.machine(&unique("outsider"), "no-access").await?;
        let (elsewhere, _) = system.project(&unique("elsewhere")).await?;
        system.join(&elsewhere, &outsider, "admin").await?;
        let mark = system.guard.mark().await?;
        let mut tour = Self {
            visited: Vec::new(),
            audited: Vec::new(),
            faults: Vec::new(),
            calls: Vec::new(),
            system,
            person: system.person(&system.ready.admin_email).await?,
            outsider: outsider.api,
            outside_person: system.person("outsider@example.com").await?,
        };
        let taken = tour.walk().await;
        let faults = tour.faults.join("\n");
        taken.with_context(|| format!("the tour broke off; until then:\n{faults}"))?;
        tour.calls = system.guard.calls_after(mark).await?;
        Ok(tour)
    }

    async fn walk(&mut self) -> Result<()> {
        identities::walk(self).await?;
        projects::walk(self).await?;
        connections::walk(self).await
    }

    /// The calls that must not work, and then the one that must: its answer.
    async fn step(&mut self, step: Step) -> Result<Value> {
        let access = access(&step)?;
        for (attempt, fault) in join_all(self.attempts(&step, access)).await.into_iter().flatten() {
            self.faults.push(format!("{attempt}: {fault:#}"));
        }
        let agent = format!("tour {} {}", self.visited.len(), step.question());
        let caller = self.caller(access).with_agent(&agent);
        let answer = caller.send(step.method.clone(), &step.path(), step.body.as_ref()).await?;
        let body = match step.refused {
            None => answer.ok()?,
            Some((status, error)) => Value::String(answer.refused(status, error)?),
        };
        self.visited.push((step.method.clone(), step.template));
        if let Some(action) = step.audited {
            self.audited.push((agent, action));
        }
        Ok(body)
    }

    fn caller(&self, access: Access) -> &Api {
        match access {
            Access::Person => &self.person,
            Access::Open | Access::Caller | Access::Machine => &self.system.admin,
        }
    }

    /// Everything that must not work, each as what was tried and, if it did, what is wrong.
    fn attempts<'a>(
        &'a self,
        step: &'a Step,
        access: Access,
    ) -> Vec<std::pin::Pin<Box<dyn Future<Output = Option<(String, anyhow::Error)>> + 'a>>> {
        let mut attempts: Vec<std::pin::Pin<Box<dyn Future<Output = _> + 'a>>> = Vec::new();
        if access != Access::Open {
            attempts.push(Box::pin(self.attempt(
                step,
                "no token",
                self.system.admin.anonymous(),
                step.path(),
                |answer| {
                    let message = answer.refused(401, "UnauthorizedError")?;
                    ensure!(message == "Token missing", "the message is {message}");
                    Ok(())
                },
            )));
            let outsider = if access == Access::Person { &self.outside_person } else { &self.outsider };
            attempts.push(Box::pin(self.attempt(
                step,
                "an outsider",
                outsider.clone(),
                step.path(),
                |answer| step.outsider.check(&answer),
            )));
        }
        match access {
            Access::Person => {
                attempts.push(Box::pin(self.attempt(
                    step,
                    "a machine",
                    self.system.admin.clone(),
                    step.path(),
                    forbidden,
                )));
            }
            Access::Machine => {
                attempts.push(Box::pin(self.attempt(
                    step,
                    "a person",
                    self.person.clone(),
                    step.path(),
                    forbidden,
                )));
            }
            Access::Open | Access::Caller => {}
        }
        for path in step.paths_to_nothing() {
            attempts.push(Box::pin(self.attempt(
                step,
                "nothing's id",
                self.caller(access).clone(),
                path,
                |answer| answer.refused(404, "NotFound").map(drop),
            )));
        }
        for path in step.paths_with_malformed_ids() {
            attempts.push(Box::pin(self.attempt(
                step,
                "no id",
                self.caller(access).clone(),
                path,
                |answer| answer.refused(422, "ValidationFailure").map(drop),
            )));
        }
        attempts
    }

    async fn attempt(
        &self,
        step: &Step,
        what: &str,
        caller: Api,
        path: String,
        check: impl FnOnce(Answer) -> Result<()>,
    ) -> Option<(String, anyhow::Error)> {
        let answered = caller.send(step.method.clone(), &path, step.body.as_ref()).await;
        let fault = answered.and_then(check).err()?;
        Some((format!("{} with {what}", step.question()), fault))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that a check has")]
fn forbidden(answer: Answer) -> Result<()> {
    answer.refused(403, "ForbiddenError").map(drop)
}

/// Who may call the step's route.
fn access(step: &Step) -> Result<Access> {
    static ROUTES: OnceLock<Vec<(Method, &'static str, Access)>> = OnceLock::new();
    let routes = ROUTES.get_or_init(routes);
    let route = routes.iter().find(|(method, path, _)| *method == step.method && *path == step.template);
    route.map(|(_, _, access)| *access).with_context(|| format!("there is no route {}", step.question()))
}

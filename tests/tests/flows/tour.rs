//! A tour of every route: before each call that works, the calls that must not, with the same body.
//!
//! Without a token: 401. From another project's caller: as if it were not there, or a denial. With ids that nothing has:
//! 404. With ids that are none: 422. What these had changed would break the call that works, or one after it.

mod certificate_syncs;
mod certificates;
mod connections;
mod identities;
mod key_rotations;
mod pam;
mod projects;
mod recordings;
mod secret_syncs;
mod secrets;
mod step;

use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, ensure};
use futures::future::join_all;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};
use tests::api::{Answer, Api};
use tests::guard::Call;
use tests::system::{System, unique};
use tokio::sync::OnceCell;
use web::Access;

pub(crate) use step::{Outsider, Step, delete, get, patch, post, put};

/// So many chapters are walked at once.
const AT_ONCE: usize = 4;

/// What the tour has seen.
#[derive(Clone, Debug)]
pub(crate) struct Tour {
    /// The routes that answered 200, in the order of their chapter.
    pub(crate) visited: Vec<(Method, &'static str)>,
    /// What should be in the audit trail: the `User-Agent` and the action.
    pub(crate) audited: Vec<(String, &'static str)>,
    /// Answers that are not the contract's.
    pub(crate) faults: Vec<String>,
    /// What reached AWS.
    pub(crate) calls: Vec<Call>,
    system: &'static System,
    chapter: usize,
    person: Api,
    outsider: Api,
    outside_person: Api,
}

/// Every route of every function: method, path, and who may call it.
pub(crate) fn routes() -> Vec<(Method, &'static str, Access)> {
    let (identities, projects, connections, pam) =
        (::identities::routes(), ::projects::routes(), ::connections::routes(), ::pam::routes());
    let (secrets, syncs, rotations) =
        (::secrets::routes(), ::secret_syncs::routes(), ::key_rotations::routes());
    let (certificates, certificate_syncs) = (::certificates::routes(), ::certificate_syncs::routes());
    let recordings = ::recordings::routes();
    let lists = [
        recordings.list(),
        identities.list(),
        projects.list(),
        connections.list(),
        pam.list(),
        secrets.list(),
        syncs.list(),
        rotations.list(),
        certificates.list(),
        certificate_syncs.list(),
    ];
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
        let part = Self {
            visited: Vec::new(),
            audited: Vec::new(),
            faults: Vec::new(),
            calls: Vec::new(),
            system,
            chapter: 0,
            person: system.person(&system.ready.admin_email).await?,
            outsider: outsider.api,
            outside_person: system.person("outsider@example.com").await?,
        };
        let mut parts: [Self; 10] = std::array::from_fn(|chapter| Self { chapter, ..part.clone() });
        let walked = Self::walk(&mut parts).await;
        let mut tour = parts.into_iter().fold(part, Self::and);
        let faults = tour.faults.join("\n");
        walked.with_context(|| format!("the tour broke off; until then:\n{faults}"))?;
        tour.calls = system.guard.calls_after(mark).await?;
        Ok(tour)
    }

    /// Each chapter by itself: they have nothing in common, and wait for most of their time.
    async fn walk(parts: &mut [Self; 10]) -> Result<()> {
        let [one, two, three, four, five, six, seven, eight, nine, ten] = parts;
        let walks = [
            certificate_syncs::walk(one).boxed_local(),
            certificates::walk(two).boxed_local(),
            recordings::walk(three).boxed_local(),
            key_rotations::walk(four).boxed_local(),
            secret_syncs::walk(five).boxed_local(),
            secrets::walk(six).boxed_local(),
            pam::walk(seven).boxed_local(),
            connections::walk(eight).boxed_local(),
            projects::walk(nine).boxed_local(),
            identities::walk(ten).boxed_local(),
        ];
        stream::iter(walks).buffer_unordered(AT_ONCE).try_collect().await
    }

    fn and(mut self, other: Self) -> Self {
        self.visited.extend(other.visited);
        self.audited.extend(other.audited);
        self.faults.extend(other.faults);
        self
    }

    /// The calls that must not work, and then the one that must: its answer.
    async fn step(&mut self, step: Step) -> Result<Value> {
        let access = access(&step)?;
        let attempts = self.attempts(&step, access).into_iter().map(|attempt| self.attempt(&step, attempt));
        let faults: Vec<String> = join_all(attempts).await.into_iter().flatten().collect();
        self.faults.extend(faults);
        let agent = format!("tour {}.{} {}", self.chapter, self.visited.len(), step.question());
        let caller = step.by(self.caller(access)).with_agent(&agent);
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

    /// A process that has just started has in its memory neither names nor the key that opens what is sealed. Held up in
    /// the table, the requests cannot all be answered by the process that has both.
    async fn by_processes_that_know_nothing(&self, role: &str, paths: &[&str]) -> Result<()> {
        for action in ["GetItem", "Query"] {
            let slow = json!({ "kind": "latency", "milliseconds": 400 });
            let fault = json!({ "service": "dynamodb", "action": action, "principal": role,
                "times": 8, "effect": slow });
            self.system.guard.fault(&fault).await?;
        }
        for path in paths {
            for answer in join_all((0..4).map(|_| self.person.get(path))).await {
                answer?.ok()?;
            }
        }
        Ok(())
    }

    fn caller(&self, access: Access) -> &Api {
        match access {
            Access::Person => &self.person,
            Access::Open | Access::Caller | Access::Machine => &self.system.admin,
        }
    }

    /// Everything that must not work.
    fn attempts<'a>(&self, step: &'a Step, access: Access) -> Vec<Attempt<'a>> {
        let (caller, own) = (self.caller(access), step.path());
        let attempt = |what, caller: &Api, path: &str, expected| Attempt {
            what,
            caller: step.by(caller),
            path: path.to_owned(),
            expected,
        };
        let mut attempts = Vec::new();
        if access != Access::Open {
            let outsider = if access == Access::Person { &self.outside_person } else { &self.outsider };
            attempts.push(attempt("no token", &caller.anonymous(), &own, Expected::TokenMissing));
            attempts.push(attempt("an outsider", outsider, &own, Expected::Of(&step.outsider)));
        }
        match access {
            Access::Person => {
                attempts.push(attempt("a machine", &self.system.admin, &own, Expected::Forbidden));
            }
            Access::Machine => attempts.push(attempt("a person", &self.person, &own, Expected::Forbidden)),
            Access::Open | Access::Caller => {}
        }
        let nothing = step.paths_to_nothing().into_iter();
        attempts.extend(nothing.map(|path| attempt("nothing's id", caller, &path, Expected::Absent)));
        let malformed = step.paths_with_malformed_ids().into_iter();
        attempts.extend(malformed.map(|path| attempt("no id", caller, &path, Expected::Malformed)));
        attempts
    }

    /// What is wrong with the answer, if anything.
    async fn attempt(&self, step: &Step, attempt: Attempt<'_>) -> Option<String> {
        let Attempt { what, caller, path, expected } = attempt;
        let answered = caller.send(step.method.clone(), &path, step.body.as_ref()).await;
        let fault = answered.and_then(|answer| expected.check(&answer)).err()?;
        Some(format!("{} with {what}: {fault:#}", step.question()))
    }
}

/// A call that must not work.
struct Attempt<'a> {
    what: &'static str,
    caller: Api,
    path: String,
    expected: Expected<'a>,
}

/// How it must be refused.
enum Expected<'a> {
    TokenMissing,
    Of(&'a Outsider),
    Forbidden,
    Absent,
    Malformed,
}

impl Expected<'_> {
    fn check(&self, answer: &Answer) -> Result<()> {
        match self {
            Self::TokenMissing => {
                let message = answer.refused(401, "UnauthorizedError")?;
                ensure!(message == "Token missing", "the message is {message}");
                Ok(())
            }
            Self::Of(outsider) => outsider.check(answer),
            Self::Forbidden => answer.refused(403, "ForbiddenError").map(drop),
            Self::Absent => answer.refused(404, "NotFound").map(drop),
            Self::Malformed => answer.refused(422, "ValidationFailure").map(drop),
        }
    }
}

/// Who may call the step's route.
fn access(step: &Step) -> Result<Access> {
    static ROUTES: OnceLock<Vec<(Method, &'static str, Access)>> = OnceLock::new();
    let routes = ROUTES.get_or_init(routes);
    let route = routes.iter().find(|(method, path, _)| *method == step.method && *path == step.template);
    route.map(|(_, _, access)| *access).with_context(|| format!("there is no route {}", step.question()))
}

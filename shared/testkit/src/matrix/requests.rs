//! Dying in a request, at every call of it, and the same request again: what of a function's routes every client relies on.
//!
//! Each row arranges what it needs anew, lets the process die in the middle, looks at the whole table, sends the same request
//! to a new process, lets the workers do what is left to them, and looks again.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use model::Timestamp;
use serde_json::Value;

use super::{moments, sample, tell};
use crate::Trail;
use crate::books::Books;
use crate::event::Event;
use crate::fuse::{Fault, Fuse};

/// Rows that go on at the same time, each in tables of its own.
const AT_ONCE: usize = 4;

/// A client that heard nothing asks again so long after,
const REPEAT: Duration = Duration::from_secs(5);
/// and the workers look so long after that.
const WORKERS: Duration = Duration::from_secs(60);

/// Written by requests that are refused in the end, and by none but the first of a scope: no deed of anybody's.
const NO_DEEDS: &[&str] = &["data key"];

/// One function over tables of its own, whose calls all go through one fuse.
pub trait Deployment {
    /// The fuse.
    fn fuse(&self) -> &Fuse;

    /// The way to the tables, past the fuse.
    fn trail(&self) -> &Trail;

    /// Whether each death comes upon a table as it was opened, so that looking at everything does not take longer from case to
    /// case. Not for who keeps anything of an earlier case outside the table.
    fn forgets(&self) -> bool {
        false
    }

    /// What time it is: the same for all, unless something here takes its time.
    fn now(&self) -> Timestamp {
        crate::now()
    }

    /// What a new process answers, which knows nothing that another one kept in memory.
    fn send(&self, event: &Event, now: Timestamp) -> impl Future<Output = (u16, Value)>;

    /// What the workers do about whatever is due by now, until nothing is. Whether they did anything.
    fn settle(&self, _now: Timestamp) -> impl Future<Output = bool> {
        async { false }
    }

    /// What is wrong outside the tables, in words, after the workers.
    fn beyond(&self, _now: Timestamp) -> impl Future<Output = Vec<String>> {
        async { Vec::new() }
    }
}

/// A mutating route.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its method and path, as in the route table: `DELETE /api/v1/folders/{folderId}`.
    pub operation: &'static str,
    /// What the same request is answered when the first got through, and nobody heard of it.
    pub again: Again,
    /// Whether a change leaves a line in the audit trail.
    pub audited: bool,
}

/// What the same request is answered when the first got through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// 200, and nothing is there twice.
    Done,
    /// Refused with this status, in these words among others; nothing changes.
    Refused(u16, &'static str),
    /// Of a request that does several things one after the other: 200 where some of them were left, and where none was,
    /// refused with this status, in these words among others.
    Either(u16, &'static str),
    /// 200, and once more: a login, or a thing that has no name of its own.
    Another,
}

impl Row {
    /// A route of which every change is in the audit trail.
    #[must_use]
    pub const fn new(operation: &'static str, again: Again) -> Self {
        Self { operation, again, audited: true }
    }

    /// A route that only keeps count: logins, and what workers are told.
    #[must_use]
    pub const fn unaudited(operation: &'static str, again: Again) -> Self {
        Self { operation, again, audited: false }
    }
}

/// Every mutating route of a function must be a row, or among those that change nothing, each with its reason.
///
/// # Panics
/// When one is missing, or a row or an exception is of no route.
pub fn fence<'a>(
    routes: impl IntoIterator<Item = (&'a str, &'a str)>,
    rows: &[Row],
    changes_nothing: &[(&str, &str)],
) {
    let mut open: Vec<String> = routes
        .into_iter()
        .filter(|(method, _)| !["GET", "HEAD", "OPTIONS"].contains(method))
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let told =
        rows.iter().map(|row| row.operation).chain(changes_nothing.iter().map(|(operation, _)| *operation));
    for operation in told {
        let place = open.iter().position(|open| open == operation);
        assert!(place.is_some(), "{operation} is no mutating route, or is told twice");
        if let Some(place) = place {
            open.swap_remove(place);
        }
    }
    assert!(open.is_empty(), "routes without a row: {open:#?}");
}

/// Dies in every request, everywhere, and tells a row for each whose promises held.
///
/// `open` makes a deployment for one row; `arrange` makes whatever one request is about, under new names each time, and
/// the request.
///
/// # Panics
/// When a promise did not hold, with all that did not.
pub async fn requests<D: Deployment>(
    rows: &[Row],
    open: impl AsyncFn(&Fuse) -> D,
    arrange: impl AsyncFn(&D, &'static str) -> Event,
) {
    let tries = rows.iter().map(|row| attempt(row, &open, &arrange));
    let failures: Vec<String> = futures::stream::iter(tries)
        .buffer_unordered(AT_ONCE)
        .filter_map(|outcome| std::future::ready(outcome.err()))
        .collect()
        .await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn attempt<D: Deployment>(
    row: &Row,
    open: &impl AsyncFn(&Fuse) -> D,
    arrange: &impl AsyncFn(&D, &'static str) -> Event,
) -> Result<(), String> {
    let fuse = Fuse::default();
    let world = open(&fuse).await;
    let base = Look::at(&world).await;
    // The first of a scope makes its data key; the second is the usual one.
    let (first, _) = undisturbed(row, &world, arrange).await?;
    let (usual, growth) = undisturbed(row, &world, arrange).await?;
    let calls = first.max(usual);
    let mut cases = 0;
    for fault in sample(moments(calls)) {
        let event = arrange(&world, row.operation).await;
        let case = Case { row, world: &world, event, growth: &growth };
        case.survives(fault).await.map_err(|reason| format!("{} {fault:?}: {reason}", row.operation))?;
        cases += 1;
        if world.forgets() {
            base.restore(&world).await;
        }
    }
    let verdict = match row.again {
        Again::Done => "nothing or all; the repeat does it or finds it done".to_owned(),
        Again::Refused(status, _) => format!("nothing or all; the repeat does it or is told {status}"),
        Again::Either(status, _) => format!("the repeat does what is left of it, or is told {status}"),
        Again::Another => "nothing or all; the repeat does one more".to_owned(),
    };
    tell(row.operation, calls, cases, &verdict);
    Ok(())
}

/// How many calls a request makes, and how many things of each kind it leaves behind.
async fn undisturbed<D: Deployment>(
    row: &Row,
    world: &D,
    arrange: &impl AsyncFn(&D, &'static str) -> Event,
) -> Result<(u32, BTreeMap<String, i64>), String> {
    let event = arrange(world, row.operation).await;
    let before = Look::at(world).await;
    world.fuse().arm(Fault::None);
    let (status, answer) = world.send(&event, world.now()).await;
    let calls = world.fuse().calls();
    if status != 200 || calls == 0 {
        return Err(format!("{}: {status} after {calls} calls, undisturbed: {answer}", row.operation));
    }
    world.settle(world.now().plus(WORKERS)).await;
    let after = Look::at(world).await;
    after.is_sound(&before, "undisturbed").map_err(|reason| format!("{}: {reason}", row.operation))?;
    if row.audited && after.lines == before.lines {
        return Err(format!("{}: it leaves no line in the audit trail", row.operation));
    }
    Ok((calls, growth(&after.books, &before.books)))
}

struct Case<'a, D> {
    row: &'a Row,
    world: &'a D,
    event: Event,
    growth: &'a BTreeMap<String, i64>,
}

impl<D: Deployment> Case<'_, D> {
    async fn survives(&self, fault: Fault) -> Result<(), String> {
        let world = self.world;
        let before = Look::at(world).await;
        world.fuse().arm(fault);
        let (status, answer) = world.send(&self.event, world.now()).await;
        world.fuse().arm(Fault::None);
        // 400: that the customer's AWS cannot be reached is told so, for clients that try again then.
        if ![200, 400, 500, 502, 503].contains(&status) {
            return Err(format!("whoever hears of it is told {status} {answer}"));
        }
        let dead = before.again(world).await;
        dead.is_sound(&before, "when the process was dead")?;
        self.is_told(&before, &dead)?;
        let got_through = !dead.deeds_since(&before).is_empty() || dead.lines > before.lines;

        let (status, answer) = world.send(&self.event, world.now().plus(REPEAT)).await;
        let mut after = dead.again(world).await;
        after.is_sound(&before, "after the repeat")?;
        self.is_told(&dead, &after)?;
        if world.settle(world.now().plus(WORKERS)).await {
            after = after.again(world).await;
            after.is_sound(&before, "when the workers were there")?;
        }
        let beyond = world.beyond(world.now().plus(WORKERS)).await;
        if !beyond.is_empty() {
            return Err(format!("outside the tables: {beyond:?}"));
        }
        let expected = if got_through { self.row.again } else { Again::Done };
        match expected {
            Again::Done | Again::Another | Again::Either(..) if status == 200 => {}
            Again::Refused(refused, words) | Again::Either(refused, words)
                if status == refused && answer["message"].to_string().contains(words) => {}
            Again::Done | Again::Another | Again::Refused(..) | Again::Either(..) => {
                return Err(format!("the repeat is answered {status} {answer}, not {expected:?}"));
            }
        }
        let times = if expected == Again::Another { 2 } else { 1 };
        let wanted: BTreeMap<_, _> =
            self.growth.iter().map(|(kind, more)| (kind.clone(), more * times)).collect();
        let grown = growth(&after.books, &before.books);
        if grown != wanted {
            return Err(format!("in the end there are {grown:?} more, not {wanted:?}"));
        }
        Ok(())
    }

    /// What took effect is in the audit trail, and nothing else.
    fn is_told(&self, before: &Look, after: &Look) -> Result<(), String> {
        if !self.row.audited {
            return Ok(());
        }
        let (deeds, lines) = (after.deeds_since(before), after.lines - before.lines);
        if !deeds.is_empty() && lines == 0 {
            return Err(format!("no line in the audit trail tells of {deeds:?}"));
        }
        if lines > 0 && !after.books.was_written_since(&before.books) {
            return Err(format!("{lines} lines in the audit trail tell of nothing"));
        }
        Ok(())
    }
}

/// Both tables at one moment.
#[derive(Default)]
struct Look {
    books: Books,
    lines: usize,
    faults: Vec<String>,
}

impl Look {
    async fn at<D: Deployment>(world: &D) -> Self {
        Self::default().again(world).await
    }

    /// The same tables a moment later.
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    async fn again<D: Deployment>(&self, world: &D) -> Self {
        let trail = world.trail();
        let (books, lines) = tokio::try_join!(trail.books(), trail.count()).expect("tables that can be read");
        let faults = if books == self.books { self.faults.clone() } else { books.faults(world.now()) };
        Self { books, lines, faults }
    }

    /// Puts the table back to what it was.
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    async fn restore<D: Deployment>(&self, world: &D) {
        world.trail().restore(&self.books, NO_DEEDS).await.expect("a table that can be written");
    }

    /// Nothing is wrong that was not wrong before.
    fn is_sound(&self, before: &Self, when: &str) -> Result<(), String> {
        let new: Vec<_> = self.faults.iter().filter(|fault| !before.faults.contains(fault)).collect();
        if new.is_empty() {
            Ok(())
        } else {
            Err(format!("{when}: {} faults: {:#?}", new.len(), &new[..new.len().min(5)]))
        }
    }

    fn deeds_since(&self, before: &Self) -> Vec<String> {
        let mut changes = self.books.changes_since(&before.books);
        changes.retain(|change| !NO_DEEDS.iter().any(|kind| change.starts_with(kind)));
        changes
    }
}

/// How many more there are of each kind, of those that are more or fewer.
fn growth(after: &Books, before: &Books) -> BTreeMap<String, i64> {
    let mut kinds = after.kinds();
    for (kind, count) in before.kinds() {
        *kinds.entry(kind).or_insert(0) -= count;
    }
    kinds.retain(|kind, more| *more != 0 && !NO_DEEDS.contains(&kind.as_str()));
    kinds
}

/// What a worker's ticks do about deleted folders and environments, until nothing is left of them.
///
/// Whether there was anything.
///
/// # Panics
/// When something cannot be removed.
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn clean_up(store: &store::Store, now: Timestamp) -> bool {
    let environments = store.environments_to_purge(100).await.expect("a table that can be read");
    for environment in &environments {
        store.purge_folders(*environment, now, 100).await.expect("folders that can be removed");
    }
    !environments.is_empty()
}

//! A capability's life without one of its permissions: what breaks, in which words, and that it heals.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::FutureExt as _;
use futures::future::join_all;
use tests::system::System;
use tokio::sync::Semaphore;

use super::life::{Attempt, Beside, Capability, Lack, Level, Life as _, Told, actions, deeds};
use super::table::Row;

/// What is expected of a life without something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Without {
    /// What is taken away.
    pub(super) lack: Lack,
    /// The level whose policy it is taken from.
    pub(super) level: Level,
    /// What then fails.
    pub(super) breaks: &'static [&'static str],
    /// What is done all the same and says that the action is missing.
    pub(super) tells: &'static [&'static str],
    /// So long the product goes by what AWS said while it was given back; nothing is done meanwhile.
    pub(super) rest: Duration,
    /// In the short form, too.
    pub(super) is_short: bool,
}

impl Without {
    /// Without this documented action these fail.
    pub(super) const fn action(action: &'static str, breaks: &'static [&'static str]) -> Self {
        Self::lacking(Lack::Action(action), breaks)
    }

    /// Without this resource of a statement these fail.
    pub(super) const fn resource(
        sid: &'static str,
        end: &'static str,
        breaks: &'static [&'static str],
    ) -> Self {
        Self::lacking(Lack::Resource(sid, end), breaks)
    }

    const fn lacking(lack: Lack, breaks: &'static [&'static str]) -> Self {
        Self { lack, level: Level::Minimal, breaks, tells: &[], rest: Duration::ZERO, is_short: false }
    }

    /// The same of what only the full level has.
    pub(super) const fn full(self) -> Self {
        Self { level: Level::Full, ..self }
    }

    /// And these say so.
    pub(super) const fn telling(self, tells: &'static [&'static str]) -> Self {
        Self { tells, ..self }
    }

    /// What AWS said while it was given back is believed so long.
    pub(super) const fn believed(self, rest: Duration) -> Self {
        Self { rest, ..self }
    }

    /// In the short form, too.
    pub(super) const fn short(self) -> Self {
        Self { is_short: true, ..self }
    }
}

/// Where lives are tried, and how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<'a> {
    pub(super) system: &'static System,
    /// Only what is in the short form.
    pub(super) is_short: bool,
    /// Who may begin.
    pub(super) turns: &'a Semaphore,
}

impl Trial<'_> {
    /// Every life of a capability: with all that is printed, and without each part of it in turn.
    pub(super) async fn lives<C: Capability>(
        self,
        elsewhere: &'static [&'static str],
        expected: &'static [Without],
    ) -> Vec<Row> {
        let Self { system, is_short, turns } = self;
        let levels = [Level::Minimal, Level::Full];
        let levels =
            levels.into_iter().filter(|level| !is_short && expected.iter().any(|one| one.level == *level));
        let whole = levels.map(|level| whole::<C>(system, level, elsewhere, expected).boxed_local());
        let chosen = expected.iter().filter(|one| one.is_short || !is_short);
        let lives = chosen.map(|without| one_or_fault::<C>(system, without).boxed_local());
        let in_turn = whole.chain(lives).map(|life| async move {
            // Never closed.
            let _turn = turns.acquire().await;
            life.await
        });
        join_all(in_turn).await
    }
}

async fn one_or_fault<C: Capability>(system: &'static System, without: &Without) -> Row {
    let row = one::<C>(system, without).await;
    let row = row.unwrap_or_else(|fault| Row::fault(C::NAME, &without.lack.to_string(), &fault));
    row.tell();
    row
}

/// With everything that is printed, everything works; and every action that is printed is tried, or documented alone.
async fn whole<C: Capability>(
    system: &'static System,
    level: Level,
    elsewhere: &[&str],
    expected: &[Without],
) -> Row {
    let attempt = async {
        let mut life = C::begin(system, level).await?;
        let deeds = deeds::<C>(level);
        for deed in deeds {
            if let Told::Failed(words) = life.deed(deed, Attempt::First).await? {
                bail!("with all that is printed, {deed} fails: {words}");
            }
        }
        let is_store = C::NAME.starts_with("parameter-store");
        let beside = if is_store { "secretsmanager:" } else { "ssm:" };
        let printed = actions(life.printed());
        let tried: BTreeSet<&str> = expected.iter().filter_map(|one| one.lack.named()).collect();
        let untried: Vec<_> = printed
            .iter()
            .filter(|action| !action.starts_with(beside))
            .filter(|action| !tried.contains(action.as_str()) && !is_known(elsewhere, action))
            .collect();
        ensure!(untried.is_empty(), "printed, and nobody knows what for: {untried:?}");
        Ok(deeds.len())
    };
    let row = match attempt.await {
        Ok(deeds) => Row::whole(C::NAME, level, deeds),
        Err(fault) => Row::fault(C::NAME, &Row::nothing_of(level), &fault),
    };
    row.tell();
    row
}

/// Whether an action is one of these, or of one of these services.
fn is_known(elsewhere: &[&str], action: &str) -> bool {
    elsewhere.iter().any(|known| *known == action || known.ends_with(':') && action.starts_with(known))
}

async fn one<C: Capability>(system: &'static System, without: &Without) -> Result<Row> {
    let mut life = C::begin(system, without.level).await?;
    let beside = Beside::begin(life.stage(), C::NAME).await?;
    let whole = life.printed().clone();
    let less = without.lack.of(&whole)?;
    life.stage().allow_exactly(&less).await?;
    let (mut broke, mut told) = (Vec::new(), Vec::new());
    for deed in deeds::<C>(without.level) {
        let before = life.there().await?;
        let ended = life.deed(deed, Attempt::First).await.with_context(|| (*deed).to_owned())?;
        match ended {
            Told::Done(words) => {
                if without.lack.named().is_some_and(|action| words.contains(action)) {
                    told.push((*deed, words));
                }
            }
            Told::Failed(words) => {
                let after = life.there().await?;
                let is_whole = C::STEPWISE.contains(deed) || before == after;
                ensure!(is_whole, "{deed} is half done: {before} became {after}; {words}");
                beside.goes_on(life.stage(), &format!("beside-while-{deed}-fails")).await?;
                life.stage().allow_exactly(&whole).await?;
                if let Told::Failed(words) = life.deed(deed, Attempt::Again).await? {
                    bail!("allowed again, {deed} fails still: {words}");
                }
                life.stage().allow_exactly(&less).await?;
                tokio::time::sleep(without.rest).await;
                broke.push((*deed, words));
            }
        }
    }
    beside.goes_on(life.stage(), "beside-in-the-end").await?;
    Ok(judged(C::NAME, without, &broke, &told))
}

/// Exactly what the action is for broke, and said so.
fn judged(
    capability: &'static str,
    without: &Without,
    broke: &[(&'static str, String)],
    told: &[(&'static str, String)],
) -> Row {
    let mut faults = Vec::new();
    let names = |all: &[(&'static str, String)]| all.iter().map(|(deed, _)| *deed).collect::<Vec<_>>();
    if names(broke) != without.breaks {
        faults.push(format!("{:?} fail, and should: {:?}", names(broke), without.breaks));
    }
    if names(told) != without.tells {
        faults.push(format!("{:?} tell of it, and should: {:?}", names(told), without.tells));
    }
    if let Some(action) = without.lack.named() {
        let unnamed = broke.iter().filter(|(_, words)| !words.contains(action));
        faults.extend(unnamed.map(|(deed, words)| format!("{deed} does not name it: {words}")));
    }
    let words = broke.iter().chain(told).next().map_or("", |(_, words)| words.as_str());
    Row::without(capability, without, &names(broke), &names(told), words, faults)
}

//! A capability's life without one of its permissions: what breaks, in which words, and that it heals.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use futures::{FutureExt as _, StreamExt as _, stream};
use tests::system::System;

use super::life::{Attempt, Beside, Lack, Level, Life, Told, actions, deeds};
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
    /// In the short form, too.
    pub(super) is_short: bool,
}

impl Without {
    /// Without this documented action these fail.
    pub(super) const fn action(action: &'static str, breaks: &'static [&'static str]) -> Self {
        Self { lack: Lack::Action(action), level: Level::Minimal, breaks, tells: &[], is_short: false }
    }

    /// Without this resource of a statement these fail.
    pub(super) const fn resource(
        sid: &'static str,
        end: &'static str,
        breaks: &'static [&'static str],
    ) -> Self {
        Self { lack: Lack::Resource(sid, end), level: Level::Minimal, breaks, tells: &[], is_short: false }
    }

    /// The same of what only the full level has.
    pub(super) const fn full(self) -> Self {
        Self { level: Level::Full, ..self }
    }

    /// And these say so.
    pub(super) const fn telling(self, tells: &'static [&'static str]) -> Self {
        Self { tells, ..self }
    }

    /// In the short form, too.
    pub(super) const fn short(self) -> Self {
        Self { is_short: true, ..self }
    }
}

/// So many lives go on at once: each waits for queues most of the time.
const AT_ONCE: usize = 4;

/// Where lives are tried, and how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub(super) system: &'static System,
    /// Only what is in the short form.
    pub(super) is_short: bool,
}

impl Trial {
    /// Every life of a capability: with all that is printed, and without each part of it in turn.
    pub(super) async fn lives<L: Life>(
        self,
        elsewhere: &'static [&'static str],
        expected: &'static [Without],
    ) -> Vec<Row> {
        let Self { system, is_short } = self;
        let levels = [Level::Minimal, Level::Full];
        let levels = levels.into_iter().filter(|level| match level {
            Level::Minimal => !is_short,
            Level::Full => !is_short && expected.iter().any(|one| one.level == Level::Full),
        });
        let whole = levels.map(|level| whole::<L>(system, level, elsewhere, expected).boxed_local());
        let chosen = expected.iter().filter(|one| one.is_short || !is_short);
        let lives = chosen.map(|without| one_or_fault::<L>(system, without).boxed_local());
        stream::iter(whole.chain(lives)).buffered(AT_ONCE).collect().await
    }
}

async fn one_or_fault<L: Life>(system: &'static System, without: &Without) -> Row {
    let row = one::<L>(system, without).await;
    let row = row.unwrap_or_else(|fault| Row::fault(L::CAPABILITY, &without.lack.to_string(), &fault));
    row.tell();
    row
}

/// With everything that is printed, everything works; and every action that is printed is tried, or documented alone.
async fn whole<L: Life>(
    system: &'static System,
    level: Level,
    elsewhere: &[&str],
    expected: &[Without],
) -> Row {
    let attempt = async {
        let mut life = L::begin(system, level).await?;
        let deeds = deeds::<L>(level);
        for deed in &deeds {
            if let Told::Failed(words) = life.deed(deed, Attempt::First).await? {
                bail!("with all that is printed, {deed} fails: {words}");
            }
        }
        let beside = if L::CAPABILITY == "parameter-store" { "secretsmanager:" } else { "ssm:" };
        let printed = actions(life.printed());
        let tried: BTreeSet<&str> = expected.iter().filter_map(|one| one.lack.named()).collect();
        let untried: Vec<_> = printed
            .iter()
            .filter(|action| !action.starts_with(beside))
            .filter(|action| !tried.contains(action.as_str()) && !elsewhere.contains(&action.as_str()))
            .collect();
        ensure!(untried.is_empty(), "printed, and nobody knows what for: {untried:?}");
        Ok(deeds.len())
    };
    let row = match attempt.await {
        Ok(deeds) => Row::whole(L::CAPABILITY, level, deeds),
        Err(fault) => Row::fault(L::CAPABILITY, &Row::nothing_of(level), &fault),
    };
    row.tell();
    row
}

async fn one<L: Life>(system: &'static System, without: &Without) -> Result<Row> {
    let mut life = L::begin(system, without.level).await?;
    let beside = Beside::begin(life.stage(), L::CAPABILITY).await?;
    let whole = life.printed().clone();
    let less = without.lack.of(&whole)?;
    life.stage().allow_exactly(&less).await?;
    let (mut broke, mut told) = (Vec::new(), Vec::new());
    for deed in &deeds::<L>(without.level) {
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
                let is_whole = L::STEPWISE.contains(deed) || before == after;
                ensure!(is_whole, "{deed} is half done: {before} became {after}; {words}");
                beside.goes_on(life.stage(), &format!("beside-while-{deed}-fails")).await?;
                life.stage().allow_exactly(&whole).await?;
                if let Told::Failed(words) = life.deed(deed, Attempt::Again).await? {
                    bail!("allowed again, {deed} fails still: {words}");
                }
                life.stage().allow_exactly(&less).await?;
                broke.push((*deed, words));
            }
        }
    }
    beside.goes_on(life.stage(), "beside-in-the-end").await?;
    Ok(judged(L::CAPABILITY, without, &broke, &told))
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

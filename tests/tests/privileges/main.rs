//! The printed policies suffice and are minimal: with them every capability works, and without any part of them exactly that
//! fails which the part is for, in words that name it; it heals when the part is given back.
//!
//! Each life has an account, a role and a connection of its own, and a sync of another capability beside it that goes on. What
//! a capability's printed policy does not name it does not need: it works under that policy alone, whatever is taken from others.

mod authorities;
mod console;
mod life;
mod placements;
mod recordings;
mod rotation;
mod secrets;
mod syncs;
mod table;
mod trial;

use anyhow::Result;
use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, join_all};
use tests::system::{System, run};
use tokio::sync::Semaphore;

use self::authorities::{PrivateCa, PublicCa};
use self::console::Console;
use self::life::Capability;
use self::placements::{CertificateManager, Listeners};
use self::recordings::Recordings;
use self::rotation::KeyRotation;
use self::secrets::{ParameterStore, ParameterStoreKey, SecretsManager, SecretsManagerKey};
use self::table::Row;
use self::trial::Trial;

/// So many lives go on at once: each waits for queues most of the time.
const AT_ONCE: usize = 12;
/// So many of those whose runs take a minute, of which the worker of certificate syncs does five at once.
const SLOW_AT_ONCE: usize = 4;

/// Every capability in the order of the table, or the ones that `PRIVILEGES_OF` names.
async fn every_capability(system: &'static System, is_short: bool) -> Vec<Row> {
    let (turns, slow_turns) = (Semaphore::new(AT_ONCE), Semaphore::new(SLOW_AT_ONCE));
    let trial = Trial { system, is_short, turns: &turns };
    let slow = Trial { turns: &slow_turns, ..trial };
    let all: Vec<(&str, LocalBoxFuture<'_, Vec<Row>>)> = vec![
        (SecretsManager::NAME, trial.lives::<SecretsManager>(&[], SecretsManager::WITHOUT).boxed_local()),
        (ParameterStore::NAME, trial.lives::<ParameterStore>(&[], ParameterStore::WITHOUT).boxed_local()),
        (
            SecretsManagerKey::NAME,
            trial.lives::<SecretsManagerKey>(&["secretsmanager:"], SecretsManagerKey::WITHOUT).boxed_local(),
        ),
        (
            ParameterStoreKey::NAME,
            trial.lives::<ParameterStoreKey>(&["ssm:"], ParameterStoreKey::WITHOUT).boxed_local(),
        ),
        (KeyRotation::NAME, trial.lives::<KeyRotation>(&[], KeyRotation::WITHOUT).boxed_local()),
        (
            CertificateManager::NAME,
            trial
                .lives::<CertificateManager>(CertificateManager::ELSEWHERE, CertificateManager::WITHOUT)
                .boxed_local(),
        ),
        (Listeners::NAME, slow.lives::<Listeners>(&[], Listeners::WITHOUT).boxed_local()),
        (PrivateCa::NAME, trial.lives::<PrivateCa>(PrivateCa::ELSEWHERE, PrivateCa::WITHOUT).boxed_local()),
        (PublicCa::NAME, trial.lives::<PublicCa>(&[], PublicCa::WITHOUT).boxed_local()),
        (Recordings::NAME, trial.lives::<Recordings>(&[], Recordings::WITHOUT).boxed_local()),
        (Console::NAME, trial.lives::<Console>(&[], Console::WITHOUT).boxed_local()),
    ];
    #[expect(clippy::disallowed_methods, reason = "which part of a test is wanted, by whoever runs it")]
    let wanted = std::env::var("PRIVILEGES_OF").ok();
    let chosen = all.into_iter().filter(|(name, _)| {
        wanted.as_deref().is_none_or(|wanted| wanted.split(',').any(|wanted| wanted == *name))
    });
    join_all(chosen.map(|(_, rows)| rows)).await.concat()
}

#[test]
#[ignore = "minutes, and a system of its own"]
fn one_action_of_a_capability_taken_away_breaks_what_it_is_for_and_nothing_else() -> Result<()> {
    run(|system| async move { table::print(&every_capability(system, true).await) })
}

#[test]
#[ignore = "minutes: every printed action of every capability; the one before has one of each"]
fn every_printed_action_taken_away_breaks_what_it_is_for_and_nothing_else() -> Result<()> {
    run(|system| async move { table::print(&every_capability(system, false).await) })
}

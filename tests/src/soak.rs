//! A soak: several actors do random things across all capabilities for a while, by HTTP as clients do, while a share of all
//! calls of the functions goes wrong and now and then a function's process dies. Afterwards everything must be what was
//! asked for.
//!
//! Each actor keeps a model of what it asked for. What nobody answered is looked up, and must be as before or as asked.

mod afterwards;
mod canary;
mod certificate_syncs;
mod certificates;
mod client;
mod connections;
mod console;
mod deaths;
mod folders;
mod hurry;
mod members;
mod recordings;
mod report;
mod rotations;
mod secret_syncs;
mod secrets;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::future::{BoxFuture, join_all};
use serde_json::Value;

use crate::stage::Stage;
use crate::system::System;
use canary::Canaries;
use client::Client;
use report::Tally;

/// How long, and how much goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long operations are made.
    pub span: Duration,
    /// Of a hundred calls of the functions to AWS, so many go wrong.
    pub percent: f64,
    /// What all dice begin with.
    pub seed: u64,
    /// How often a function's process is killed.
    pub deaths_every: Option<Duration>,
    /// Whether what the dead hold is free after seconds instead of minutes.
    pub hurries: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// All of it, to be read.
    pub text: String,
    /// What does not hold.
    pub findings: Vec<String>,
    /// How many operations were done.
    pub done: u32,
    /// How many faults were injected.
    pub faults: u64,
}

/// Something that an actor does, and knows the outcome of.
trait Capability: Send {
    /// One random operation, and its place in the model. An error is something that does not hold.
    fn act(&mut self) -> BoxFuture<'_, Result<()>>;
    /// Waits until all is at rest, and compares it with the model. What does not hold is told to the tally.
    fn verify(&mut self) -> BoxFuture<'_, Result<()>>;
}

/// What one actor does, one thing after the other, each as often as its weight says.
struct Actor {
    capabilities: Vec<(u32, Box<dyn Capability>)>,
    dice: fastrand::Rng,
    tally: Arc<Tally>,
}

impl Actor {
    async fn run(&mut self, until: Instant) {
        let sum: u32 = self.capabilities.iter().map(|(weight, _)| weight).sum();
        while Instant::now() < until {
            let mut drawn = self.dice.u32(..sum);
            for (weight, capability) in &mut self.capabilities {
                if drawn < *weight {
                    if let Err(failure) = capability.act().await {
                        self.tally.finding(format!("{failure:#}"));
                    }
                    break;
                }
                drawn -= *weight;
            }
        }
    }

    async fn verify(&mut self) {
        for (_, capability) in &mut self.capabilities {
            if let Err(failure) = capability.verify().await {
                self.tally.finding(format!("cannot verify: {failure:#}"));
            }
        }
    }
}

/// Soaks a system.
///
/// # Errors
/// When the soak cannot be set up, or what it left cannot be read. What does not hold is in the report instead.
pub async fn run(system: &'static System, options: Options) -> Result<Report> {
    let tally = Arc::new(Tally::default());
    let canaries = Canaries::new(options.seed);
    let mut actors = actors(system, &options, &canaries, &tally).await.context("set the soak up")?;
    if options.hurries {
        hurry::hide_for_less(system).await.context("shorten the queues' visibility timeouts")?;
    }
    system.guard.chaos(options.percent, options.seed).await?;
    eprintln!("soaking for {:?}, seed {}", options.span, options.seed);
    let until = Instant::now() + options.span;
    let dying = kill(options, until, &tally);
    futures::join!(join_all(actors.iter_mut().map(|actor| actor.run(until))), dying);
    let injected = system.guard.calm().await?;
    eprintln!("verifying");
    let verifying = async {
        join_all(actors.iter_mut().map(Actor::verify)).await;
        afterwards::look(system, canaries.stem(), &tally).await
    };
    if options.hurries {
        tokio::select! {
            verified = verifying => verified?,
            failed = hurry::keep_going(system) => failed.context("hurry")?,
        }
    } else {
        verifying.await?;
    }
    let faults = injected["injected"].as_object().into_iter().flatten();
    let faults = faults.flat_map(|(_, kinds)| kinds.as_object().into_iter().flatten());
    let faults = faults.filter_map(|(_, times)| times.as_u64()).sum();
    let head = format!("soak of {:?}, {} % faults, seed {}\n", options.span, options.percent, options.seed);
    let text = head + &tally.text(&injected);
    Ok(Report { text, findings: tally.findings(), done: tally.done(), faults })
}

async fn actors(
    system: &'static System,
    options: &Options,
    canaries: &Canaries,
    tally: &Arc<Tally>,
) -> Result<Vec<Actor>> {
    let mut dice = fastrand::Rng::with_seed(options.seed);
    let client = || Client { api: system.admin.clone(), tally: Arc::clone(tally) };
    let shared = Stage::new(system).await?;
    shared.allow(&[&shared.documented()[..], &["secretsmanager:RestoreSecret"]].concat()).await?;
    let one = secrets::Secrets::new(&shared, client(), "ada", canaries.clone(), dice.fork()).await?;
    let two = secrets::Secrets::new(&shared, client(), "bob", canaries.clone(), dice.fork()).await?;
    let members = members::Members::new(system, client(), dice.fork());
    let rotations = rotations::Rotations::new(Stage::new(system).await?, client(), dice.fork()).await?;
    let console = console::Console::new(system, client(), dice.fork()).await?;
    let connections = connections::Connections::new(system, client(), dice.fork()).await?;
    let certificates =
        certificates::Certificates::new(Stage::new(system).await?, client(), dice.fork()).await?;
    let recorded = Stage::new(system).await?;
    let recordings = recordings::Recordings::new(recorded, client(), canaries.clone(), dice.fork()).await?;
    let mut actor = |capabilities| Actor { capabilities, dice: dice.fork(), tally: Arc::clone(tally) };
    Ok(vec![
        actor(vec![(1, Box::new(one))]),
        actor(vec![(2, Box::new(two)), (1, Box::new(members))]),
        actor(vec![(3, Box::new(rotations)), (3, Box::new(console)), (2, Box::new(connections))]),
        actor(vec![(3, Box::new(certificates)), (1, Box::new(recordings))]),
    ])
}

/// Kills a function's process now and then.
async fn kill(options: Options, until: Instant, tally: &Tally) {
    let Some(every) = options.deaths_every else { return };
    let mut dice = fastrand::Rng::with_seed(options.seed ^ 0xdead);
    while Instant::now() + every < until {
        tokio::time::sleep(every).await;
        if let Some(process) = dice.choice(deaths::running())
            && process.kill()
        {
            tally.death(process.function.split('-').nth(1).unwrap_or(&process.function));
        }
    }
}

/// Whether a status says that something is still wanted or done.
fn still_busy(status: &Value) -> bool {
    matches!(status.as_str(), Some("pending" | "running" | "syncing"))
}

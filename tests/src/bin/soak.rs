//! `cargo run -p tests --bin soak -- --minutes 30 --faults 5 --seed 1`: random operations under faults, and then everything
//! must be what was asked for. Ends with 1 and the list of what does not hold.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::Parser;
use tests::soak::{self, Options};

#[derive(Debug, Parser)]
#[command(about = "Random operations across all capabilities under injected faults")]
struct Flags {
    /// How long operations are made; the verification comes on top.
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,

    /// Of a hundred calls of the functions to AWS, so many go wrong.
    #[arg(long, default_value_t = 5.0)]
    faults: f64,

    /// What all dice begin with; by default another one each time, which is printed.
    #[arg(long)]
    seed: Option<u64>,

    /// A function's process is killed every so many seconds; 0 never.
    #[arg(long, default_value_t = 45)]
    deaths_every: u64,

    /// What the dead hold is free after seconds instead of minutes, as in the short form.
    #[arg(long)]
    hurry: bool,
}

fn main() -> Result<ExitCode> {
    let flags = Flags::parse();
    let seed = flags.seed.unwrap_or_else(of_today);
    let options = Options {
        span: Duration::from_secs_f64(flags.minutes * 60.0),
        percent: flags.faults,
        seed,
        deaths_every: (flags.deaths_every > 0).then(|| Duration::from_secs(flags.deaths_every)),
        hurries: flags.hurry,
    };
    let holds = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&holds);
    tests::system::run(|system| async move {
        let report = soak::run(system, options).await?;
        println!("{}", report.text);
        told.store(report.findings.is_empty(), Ordering::Relaxed);
        Ok(())
    })?;
    let holds = holds.load(Ordering::Relaxed);
    println!("{}", if holds { "everything holds" } else { "not everything holds" });
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::disallowed_methods, reason = "the edge: a seed that is another one each time")]
fn of_today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs())
}

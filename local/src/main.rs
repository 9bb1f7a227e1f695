//! `cargo run -p local`: the deployed system on one machine. `-- --help` lists the flags.

use std::process::ExitCode;

use clap::Parser as _;
use local::flags::{Flags, Subcommands};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,local=info")),
        )
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
    let flags = Flags::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(failure) => {
            eprintln!("local: start the runtime: {failure}");
            return ExitCode::FAILURE;
        }
    };
    let ended = match flags.command {
        Some(Subcommands::Down) => {
            runtime.block_on(local::run::down(flags.aws_port)).map(|()| ExitCode::SUCCESS)
        }
        Some(Subcommands::Record(options)) => runtime.block_on(local::record::record(options)),
        Some(Subcommands::VerifyRecording(options)) => local::verify::verify(&options),
        None => runtime.block_on(local::run::run(flags)).map(|()| ExitCode::SUCCESS),
    };
    // Not waiting for a build that is under way when the run is stopped.
    runtime.shutdown_background();
    match ended {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("local: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

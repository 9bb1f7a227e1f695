//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Runs Drawbridge on this machine: the real template and functions, with stand-ins for AWS.
#[derive(Clone, Debug, Parser)]
#[command(name = "local", version)]
pub struct Flags {
    /// The port of the HTTP API on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8787)]
    pub port: u16,

    /// The port of AWS on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4566, global = true)]
    pub aws_port: u16,

    /// A file to write, in JSON, when everything answers: addresses, ids and credentials.
    #[arg(long, value_name = "PATH")]
    pub ready_file: Option<PathBuf>,

    /// Deploy only: no project, no customer account.
    #[arg(long)]
    pub empty: bool,

    /// Keep the state of AWS in this directory between runs.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Stop when standard input ends: for a test, whose death then leaves nothing behind.
    #[arg(long)]
    pub stop_on_stdin_eof: bool,

    /// An AWS-compatible endpoint to use instead of starting one.
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub aws_endpoint_url: Option<String>,

    /// Instead of running.
    #[command(subcommand)]
    pub command: Option<Subcommands>,
}

/// What to do instead of running.
#[derive(Clone, Debug, Subcommand)]
pub enum Subcommands {
    /// Stop the run whose AWS port is --aws-port.
    Down,
    /// Record a command's terminal session: seal it and upload it as a gateway does.
    Record(crate::record::Options),
    /// Verify a recording offline: a saved playback answer and a copy of the bucket.
    VerifyRecording(crate::verify::Options),
}

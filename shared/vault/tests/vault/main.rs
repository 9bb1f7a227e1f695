//! The vault over a real DynamoDB engine and a KMS that answers as AWS documents it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else fails the test")]

mod crash_matrix;
mod figures;
mod folders;
mod overrides;
mod overtaken;
mod personal;
mod purge;
mod races;
mod reading;
mod references;
mod sealing;
mod source;
mod watch;
mod world;
mod writing;

//! Development only: runs the deployed system on one machine.
//!
//! Owns the stand-ins for AWS and their Python environments, the guard in front of them, the
//! functions' packages, the deployment of `template.yaml` and the demonstration in it; and the two ends of a session recording
//! that are no function's: the uploader and the offline verifier.
//!
//! Not here: anything that a deployed function needs; nothing but tests depends on this crate.

mod commands;
pub mod flags;
pub mod front;
pub mod guard;
pub mod http;
pub mod logs;
pub mod packages;
pub mod paths;
pub mod ready;
pub mod record;
pub mod root;
pub mod run;
mod script;
pub mod standins;
pub mod verify;

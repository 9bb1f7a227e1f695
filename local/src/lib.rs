//! Development only: runs the deployed system on one machine.
//!
//! Owns the stand-ins for AWS and their Python environments, and the guard in front of them.
//!
//! Not here: anything that a deployed function needs; nothing but tests depends on this crate.

pub mod guard;
pub mod http;
pub mod logs;
pub mod paths;
pub mod root;
pub mod standins;

//! Development only: runs the deployed system on one machine.
//!
//! Owns the stand-ins for AWS and their Python environments.
//!
//! Not here: anything that a deployed function needs; nothing but tests depends on this crate.

pub mod paths;
pub mod standins;

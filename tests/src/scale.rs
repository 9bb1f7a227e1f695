//! What happens at 10, 1,000 and 100,000 projects: a simulated day, with the constants of the code and the quotas of AWS.
//!
//! Pure arithmetic: no clock, no chance, no network, so that the same numbers come out everywhere and the README can be held
//! to them. What is assumed of a project stands in [`load`], what is read from the code and `template.yaml` in
//! [`constants`], what AWS allows in [`quotas`].

pub mod constants;
pub mod lane;
pub mod load;
pub mod quotas;
mod report;

pub use report::report;

/// The sizes that are simulated, in projects.
pub const SIZES: [u64; 3] = [10, 1_000, 100_000];

//! The worker of key rotations: takes the steps that are due.
//!
//! A tick sends the ids of what is due to the queue; a message makes this worker look at one rotation and take its steps until
//! there is something to wait for. What the steps are and how they are carried out is elsewhere: a process that dies between
//! any two calls leaves a lease that ends, a record that says how far it got, and an index that names it.
//!
//! Depends on `job` (events), `queue`, `store` (what is due) and `rotation` (the steps); it calls no AWS of its own besides
//! theirs.
//!
//! **Not here**: what the next step is (`model::key_rotation`), how it is taken (`rotation`), what people ask for
//! (`key-rotations`).

mod worker;

pub use worker::{Fault, KeyRotationWorker};

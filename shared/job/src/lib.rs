//! The worker edge: from an event of the schedule or of the queue to a worker's `tick` or `work`, and back.
//!
//! A worker is a [`Worker`]; [`serve`] hands it what comes. The schedule's event is a tick: look for what is due. A
//! message of its queue carries an id and never data: look at this thing. Messages of one group are looked at one
//! after the other, in their order; groups side by side, [`AT_ONCE`] at most. What could not be looked at goes back to
//! the queue, and nothing else does.
//!
//! Around it: the [`Deadline`] of an invocation, the wait before another attempt ([`backoff()`]), and how clients of a
//! worker reach AWS ([`aws_config()`]).
//!
//! Depends on `model`, `pace` and the Lambda runtime.
//!
//! **Not here**: any noun, the sending of messages (`queue`), leases and due items (`store`), what is to be done (`model`'s
//! state machines).

mod backoff;
mod config;
mod deadline;
mod event;
mod serve;
#[cfg(test)]
mod tests;

pub use backoff::{LONGEST_WAIT, SHORTEST_WAIT, backoff, jitter};
pub use config::aws_config;
pub use deadline::Deadline;
pub use event::{Event, Message, Unreadable};
pub use serve::{AT_ONCE, Answer, BatchItemFailure, Clock, Report, Worker, handle, serve};

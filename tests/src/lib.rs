//! What no single function can promise: the deployed shape, fences, real clients.

use std::time::Duration;

/// What is not there after this will not come. By itself it takes seconds, a minute for a schedule's tick, two until AWS lets
/// go of what it used, six when a worker was killed and its message waits in the queue; behind the work of many other tests,
/// more. How fast it comes is the benchmarks' to say.
pub const LONGEST_WAIT: Duration = Duration::from_secs(600);

pub mod account;
pub mod api;
pub mod canaries;
pub mod certificate_sync;
pub mod certificates;
pub mod clients;
pub mod forge;
pub mod gateway;
pub mod guard;
pub mod keys;
pub mod load_balancers;
pub mod openapi;
pub mod pem;
pub mod recordings;
pub mod rotation;
pub mod scale;
pub mod soak;
pub mod source;
pub mod stage;
pub mod start;
pub mod state;
pub mod stores;
pub mod system;
pub mod template;

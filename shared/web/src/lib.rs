//! The HTTP edge: from API Gateway's event to a handler's arguments, and from a handler's answer to the wire.
//!
//! A function lists its [`Routes`], each with who may call it ([`Access`]), and [`serve`]s them. On the way in a request
//! gets an id, its trailing slash is dropped, and a caller who is not who the route wants is refused before any
//! handler runs. On the way out a [`Problem`] becomes the wire's error body, and one line is logged.
//!
//! Depends on `model`, and on `store` for what a caller belongs to.
//!
//! **Not here**: any noun, any AWS call, any rule about values (those are `model::form`).

mod caller;
mod edge;
mod exposed;
#[cfg(debug_assertions)]
pub mod openapi;
mod problem;
mod refusals;
mod request;
mod routes;
mod signature;
pub mod start;

pub use caller::{Caller, Permissions};
pub use edge::{Clock, answer, serve};
pub use exposed::Exposed;
pub use problem::{Message, Problem};
pub use refusals::limited;
pub use request::{JsonBody, Now, Path, Query};
pub use routes::{Access, Route, Routes};
pub use signature::{Answer, Argument, Signature};

//! What no single function can promise: the deployed shape, fences, real clients.

pub mod source;
pub mod template;

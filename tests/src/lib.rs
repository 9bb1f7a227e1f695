//! What no single function can promise: the deployed shape, fences, real clients.

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

//! What must hold for any bytes that strangers send.
//!
//! Each target takes arbitrary bytes and panics when a promise does not hold. Two things drive them: libFuzzer, which looks
//! for bytes that break one (`tests/fuzz/run`), and an ordinary test, which tries the bytes that it kept
//! (`tests/fuzz/corpus`). Bytes that are no input of a target's are passed over, so that any file may be tried.

mod arn;
mod key_schema;
mod keys;
mod name_schema;
mod pem;
mod references;
mod request;
mod signed_request;

pub use arn::arn;
pub use key_schema::key_schema;
pub use name_schema::name_schema;
pub use pem::pem;
pub use references::references;
pub use request::request;
pub use signed_request::signed_request;

/// One target: it panics when a promise does not hold for these bytes.
pub type Target = fn(&[u8]);

/// Each target by its name, which is also that of its folder of the corpus.
pub const TARGETS: [(&str, Target); 7] = [
    ("arn", arn),
    ("key_schema", key_schema),
    ("references", references),
    ("signed_request", signed_request),
    ("request", request),
    ("pem", pem),
    ("name_schema", name_schema),
];

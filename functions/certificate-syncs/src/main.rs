//! Certificate syncs over HTTP.
//! The Lambda function `certificate-syncs`.

fn main() {}

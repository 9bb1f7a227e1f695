//! The Lambda function `certificate-sync-worker`.

fn main() {}

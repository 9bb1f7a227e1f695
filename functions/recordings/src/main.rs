//! The Lambda function `recordings`.

fn main() {}

//! What a thousand requests in flight cost the customer's quotas, on simulated time beside a real table:
//! `cargo bench -p certificate-worker --bench figures`. Fails when a second has more than half a quota, or a certificate is
//! paid for twice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark fails by panicking")]

#[path = "../tests/worker/clock.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod clock;
#[path = "../tests/worker/figures.rs"]
mod figures;
#[path = "../tests/worker/sim.rs"]
mod sim;
#[path = "../tests/worker/world.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod world;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    figures::crowd(1_000).await;
}

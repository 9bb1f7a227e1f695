//! The short form of the soak: a minute of random operations under faults. The long one is
//! `cargo run -p tests --bin soak -- --minutes 30`.

use std::time::Duration;

use anyhow::{Result, ensure};
use tests::soak::{Options, run};

#[test]
#[ignore = "minutes, and a system of its own"]
fn after_a_minute_of_operations_under_faults_everything_is_what_was_asked_for() -> Result<()> {
    tests::system::run(|system| async move {
        let options = Options {
            span: Duration::from_secs(45),
            percent: 5.0,
            seed: 1,
            deaths_every: Some(Duration::from_secs(10)),
            hurries: true,
        };
        let report = run(system, options).await?;
        println!("{}", report.text);
        ensure!(report.done > 50, "only {} operations were done", report.done);
        ensure!(report.faults > 10, "only {} faults were injected", report.faults);
        ensure!(
            report.findings.is_empty(),
            "{} findings:\n{}",
            report.findings.len(),
            report.findings.join("\n")
        );
        Ok(())
    })
}

//! What somebody changes at the destination is told, and not written over by the look.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::stage::{Stage, Sync, eventually};
use tests::system::{System, run};

/// The report of a look that the schedule makes now.
async fn looked_at(system: &'static System, sync: &Sync) -> Result<Value> {
    let checked_at = |told: &Value| told["drift"]["checkedAt"].clone();
    let before = checked_at(&sync.drift().await?);
    system.state.bring_forward(&format!("SECRET_SYNC#{}", sync.id), "DRIFT").await?;
    system.invoke("SecretSyncWorkerFunction", &json!({ "tick": true })).await?;
    let asked = || async { Ok(checked_at(&sync.drift().await?) != before) };
    eventually("the destination is looked at", asked).await?;
    sync.drift().await
}

#[test]
fn what_somebody_changed_at_the_destination_is_reported_on_schedule_and_left_as_it_is() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        for name in ["STAYS", "CHANGES", "VANISHES"] {
            stage.put("/api", name, &format!("{name}-before-canary")).await?;
        }
        let sync = stage.to_parameter_store("/api", "/drifting/", json!({})).await?;
        sync.succeeded().await?;
        let clean = looked_at(system, &sync).await?;
        ensure!(!clean.to_string().contains("/drifting/"), "nothing has changed: {clean}");

        stage.account.make_parameter("/drifting/CHANGES", "changed behind our back").await?;
        let gone = json!({ "Names": ["/drifting/VANISHES"] });
        stage.account.parameter_store("DeleteParameters", &gone).await?;
        let mark = system.guard.mark().await?;
        let report = looked_at(system, &sync).await?;
        let told = report.to_string();
        ensure!(
            !told.contains("canary") && !told.contains("behind our back"),
            "a value is in the report: {told}"
        );
        ensure!(told.contains("/drifting/CHANGES") && told.contains("/drifting/VANISHES"), "{told}");
        ensure!(!told.contains("/drifting/STAYS"), "{told}");
        let calls = system.guard.calls_after(mark).await?;
        let number = &stage.account.number;
        let writes = calls.iter().filter(|call| {
            let theirs = call.principal.as_ref().is_some_and(|principal| principal.arn.contains(number));
            theirs
                && call.role().is_some()
                && ["PutParameter", "DeleteParameters"].contains(&call.action.as_str())
        });
        let writes: Vec<_> = writes.map(|call| &call.action).collect();
        ensure!(writes.is_empty(), "a look wrote: {writes:?}");

        // A run mends it.
        sync.trigger("sync-secrets").await?;
        sync.succeeded().await?;
        let found = stage.account.parameters("/drifting/").await?;
        ensure!(
            found.len() == 3 && found["/drifting/CHANGES"] == "CHANGES-before-canary",
            "{:?}",
            found.keys()
        );
        let clean = looked_at(system, &sync).await?;
        ensure!(!clean.to_string().contains("/drifting/"), "mended and still reported: {clean}");
        Ok(())
    })
}

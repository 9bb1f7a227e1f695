//! What must hold after a tour of every route. By their names these come last: each waits for the tour.

mod functions;
mod seldom;

use anyhow::{Result, ensure};
use serde_json::json;
use tests::canaries::Places;
use tests::guard::Call;
use tests::system::{run, unique};

use crate::tour::tour;

#[test]
fn every_route_refuses_who_has_no_token_who_is_an_outsider_and_what_is_not_there() -> Result<()> {
    run(|system| async move {
        let faults = &tour(system).await?.faults;
        ensure!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        Ok(())
    })
}

#[test]
fn every_change_is_in_the_audit_trail_with_who_what_and_from_where() -> Result<()> {
    run(|system| async move {
        let tour = tour(system).await?;
        let trail = system.state.audit().await?;
        ensure!(tour.audited.len() > 40, "the tour changed only {} things", tour.audited.len());
        let mut missing = Vec::new();
        for (agent, action) in &tour.audited {
            let lines: Vec<_> = trail.iter().filter(|line| line["user_agent"] == *agent).collect();
            let found = lines.iter().find(|line| line["action"] == *action);
            let sound = found.is_some_and(|line| {
                let by = line["actor"]["id"].as_str().is_some_and(|id| !id.is_empty());
                let from = line["source_ip"].as_str().is_some_and(|ip| !ip.is_empty());
                let request = line["request_id"].as_str().is_some_and(|id| id.starts_with("req-"));
                by && from && request && line["at"].is_string() && line["resource_id"].is_string()
            });
            if !sound {
                missing.push(format!("{agent}: {action} is expected, found {lines:?}"));
            }
        }
        ensure!(missing.is_empty(), "{}", missing.join("\n"));
        Ok(())
    })
}

#[test]
fn every_assume_role_but_the_probes_presents_an_external_id() -> Result<()> {
    run(|system| async move {
        tour(system).await?;
        let calls = system.guard.calls_after(0).await?;
        // The last is the customer's: the tour's way into the console goes through it.
        for (caller, is_ours) in [
            ("-CertificatesRole-", true),
            ("-CertificateWorkerRole-", true),
            ("-ConnectionsRole-", true),
            ("-PamRole-", true),
            ("-PamWorkerRole-", true),
            ("resource", false),
        ] {
            let by_caller = |call: &&Call| {
                call.action == "AssumeRole" && call.role().is_some_and(|role| role.contains(caller))
            };
            let mut uses = 0;
            for call in calls.iter().filter(by_caller) {
                let probing = call.details["roleSessionName"] == "drawbridge-trust-probe";
                uses += usize::from(!probing);
                ensure!(
                    probing || call.details["externalIdSent"] == true,
                    "without an External ID: {call:?}"
                );
                // A person's own session may do all that the role may.
                let confined = call.details["sessionPolicy"].is_string();
                ensure!(confined || !is_ours, "without a session policy: {call:?}");
            }
            ensure!(uses > 0, "{caller} assumed no role");
        }
        Ok(())
    })
}

#[test]
fn no_secret_is_in_a_log_a_refusal_the_call_log_or_the_tables() -> Result<()> {
    run(|system| async move {
        tour(system).await?;
        // A refusal with a policy, whose External ID is for its caller alone.
        let body = json!({ "name": unique("logged"), "method": "assume-role", "projectId": system.ready.seeded("projectId"),
            "credentials": { "roleArn": system.ready.seeded("unprotectedRoleArn") } });
        let refused = system.admin.post("/api/v1/app-connections/aws", &body).await?;
        ensure!(refused.refused(400, "BadRequest")?.contains("sts:ExternalId"), "{}", refused.body);
        // A secret where none belongs.
        let canary = "canary-5f0c9c2b7d1e4a3f";
        system.keep_secret(canary);
        let elsewhere =
            json!({ "clientId": canary, "clientSecret": canary, "accessToken": canary, "jwt": canary });
        for path in
            ["universal-auth/login", "aws-auth/login", "oidc-auth/login", "token/renew", "token/revoke"]
        {
            system.admin.anonymous().post(&format!("/api/v1/auth/{path}"), &elsewhere).await?;
        }
        let key = json!({ "name": "canary", "method": "access-key",
            "credentials": { "accessKeyId": "AKIAEXAMPLE000000000", "secretAccessKey": canary } });
        system.admin.post("/api/v1/app-connections/aws", &key).await?.refused(400, "BadRequest")?;
        system.admin.with_token(canary).get("/api/v1/projects").await?.refused(403, "TokenError")?;

        let places = Places::read(system).await?;
        let told = places.logs.iter().filter(|line| line.contains("answered")).count();
        ensure!(told > 100, "the logs are not there");
        let secrets = system.secrets();
        ensure!(secrets.len() > 10, "only {} canaries", secrets.len());
        places.hold_none_of(&secrets)?;
        // An External ID is an id like any other in a log; in a policy it would be told what it is for.
        let policy = "sts:ExternalId\\\":";
        for forbidden in [policy, "SessionToken", "X-Amz-Security-Token", "AWS4-HMAC-SHA256", "Bearer ey"] {
            let found = places.logs.iter().find(|line| line.contains(forbidden));
            ensure!(found.is_none(), "{forbidden} is in the logs: {found:?}");
        }
        Ok(())
    })
}

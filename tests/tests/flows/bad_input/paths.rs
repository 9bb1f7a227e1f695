//! Paths: what is not there, and what clients write otherwise than we do.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::system::{run, unique};

#[test]
fn a_route_that_is_not_there_is_a_404_in_the_contracts_words() -> Result<()> {
    run(|system| async move {
        for path in [
            "/api/v1/app-connections/gcp/x",
            "/api/v1/identities/a/b/c",
            "/api/v1/projects/a/b/c",
            "/api/v9/nothing",
        ] {
            system.admin.get(path).await?.refused(404, "NotFound")?;
        }
        // A method that a path does not have is no route either.
        system.admin.delete("/api/status").await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn a_slash_at_the_end_means_the_same() -> Result<()> {
    run(|system| async move {
        let anonymous = system.admin.anonymous();
        anonymous.get("/api/status/").await?.ok()?;
        // The CLI logs in like this.
        let body = json!({ "clientId": system.ready.seeded("adminClientId"),
            "clientSecret": system.ready.seeded("adminClientSecret") });
        let login = anonymous.post("/api/v1/auth/universal-auth/login/", &body).await?.ok()?;
        system.keep_secret(login["accessToken"].as_str().unwrap_or_default());
        let listed = system.admin.get("/api/v1/app-connections/aws/").await?.ok()?;
        ensure!(listed["appConnections"].is_array(), "{listed}");
        Ok(())
    })
}

#[test]
fn percent_encoded_segments_are_read_as_what_they_mean() -> Result<()> {
    run(|system| async move {
        let (project, slug) = system.project(&unique("encoded")).await?;
        let encoded: String = slug.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let read = system.admin.get(&format!("/api/v2/workspace/{encoded}")).await?.ok()?;
        ensure!(read["id"] == project, "{read}");
        for name in ["a%2Fb", "%00", "%ff", "%F0%9F%94%92"] {
            let answer =
                system.admin.get(&format!("/api/v1/app-connections/aws/connection-name/{name}")).await?;
            ensure!(
                answer.status == 404 || answer.status == 422 || answer.status == 400,
                "{name}: {}",
                answer.body
            );
            ensure!(answer.body["reqId"].is_string(), "{name}: {}", answer.body);
        }
        Ok(())
    })
}

#[test]
fn query_strings_that_cannot_be_read_are_refused_and_unknown_ones_ignored() -> Result<()> {
    run(|system| async move {
        let list = "/api/v1/app-connections/aws";
        system.admin.get(&format!("{list}?unknown=1&projectId=")).await?.ok()?;
        system.admin.get(&format!("{list}?projectId=not-a-uuid")).await?.issues()?;
        system.admin.get("/api/v1/projects?type=nonsense").await?.issues().map(drop)
    })
}

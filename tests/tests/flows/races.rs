//! Two at once, where only one may win.

use anyhow::{Result, ensure};
use futures::future::join_all;
use serde_json::{Value, json};
use tests::account::trust;
use tests::api::Answer;
use tests::system::{System, run, unique};

const AT_ONCE: usize = 6;
const CONNECTIONS: &str = "/api/v1/app-connections/aws";

async fn role(system: &System, project: &str) -> Result<String> {
    let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
    system.account().role("raced", &trust("arn:aws:iam::111111111111:root", &condition)).await
}

/// One answer is a success and all others say that the name is taken; the body of the one.
fn one_wins(answers: Vec<Answer>, error: &str) -> Result<Value> {
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    ensure!(won.len() == 1, "{} of {} won", won.len(), won.len() + lost.len());
    for answer in lost {
        answer.refused(400, error)?;
    }
    Ok(won[0].body.clone())
}

#[test]
fn of_several_projects_with_one_slug_one_is_made() -> Result<()> {
    run(|system| async move {
        let slug = unique("raced");
        let body = |n: usize| json!({ "projectName": format!("Project {n}"), "slug": slug });
        let bodies: Vec<Value> = (0..AT_ONCE).map(body).collect();
        let answers = join_all(bodies.iter().map(|body| system.admin.post("/api/v2/workspace", body))).await;
        let won = one_wins(answers.into_iter().collect::<Result<_>>()?, "BadRequest")?;
        let found = system.admin.get(&format!("/api/v2/workspace/{slug}")).await?.ok()?;
        ensure!(found["id"] == won["project"]["id"], "another project has the slug: {found}");
        Ok(())
    })
}

#[test]
fn of_several_environments_with_one_slug_one_is_made_and_positions_stay_whole() -> Result<()> {
    run(|system| async move {
        let (project, _) = system.project(&unique("raced")).await?;
        let path = format!("/api/v1/workspace/{project}/environments");
        let bodies: Vec<Value> =
            (0..4).map(|n| json!({ "name": format!("QA {n}"), "slug": "qa", "position": 2 })).collect();
        let answers = join_all(bodies.iter().map(|body| system.admin.post(&path, body))).await;
        one_wins(answers.into_iter().collect::<Result<_>>()?, "CreateEnvironment")?;
        let read = system.admin.get(&format!("/api/v1/workspace/{project}")).await?.ok()?;
        let environments = read["workspace"]["environments"].as_array().cloned().unwrap_or_default();
        let slugs: Vec<&str> = environments.iter().filter_map(|one| one["slug"].as_str()).collect();
        ensure!(slugs == ["dev", "qa", "staging", "prod"], "{slugs:?}");
        Ok(())
    })
}

#[test]
fn of_several_callers_connections_with_one_name_one_is_made() -> Result<()> {
    run(|system| async move {
        let (project, _) = system.project(&unique("raced")).await?;
        let role_arn = role(system, &project).await?;
        let body = json!({ "name": unique("raced"), "method": "assume-role", "projectId": project,
            "credentials": { "roleArn": role_arn } });
        let mut callers = Vec::new();
        for _ in 0..3 {
            let machine = system.machine(&unique("racer"), "no-access").await?;
            system.join(&project, &machine, "admin").await?;
            callers.push(machine.api);
        }
        let answers = join_all(callers.iter().map(|caller| caller.post(CONNECTIONS, &body))).await;
        one_wins(answers.into_iter().collect::<Result<_>>()?, "BadRequest")?;
        let listed = system.admin.get(&format!("{CONNECTIONS}?projectId={project}")).await?.ok()?;
        ensure!(listed["appConnections"].as_array().map(Vec::len) == Some(1), "{listed}");
        Ok(())
    })
}

#[test]
fn a_create_that_is_sent_again_is_the_same_create() -> Result<()> {
    run(|system| async move {
        let (project, _) = system.project(&unique("repeated")).await?;
        let role_arn = role(system, &project).await?;
        let body = json!({ "name": unique("repeated"), "method": "assume-role", "projectId": project,
            "credentials": { "roleArn": role_arn } });
        let answers = join_all((0..4).map(|_| system.admin.post(CONNECTIONS, &body))).await;
        let mut ids = Vec::new();
        for answer in answers {
            ids.push(answer?.ok()?["appConnection"]["id"].clone());
        }
        ids.push(system.admin.post(CONNECTIONS, &body).await?.ok()?["appConnection"]["id"].clone());
        ensure!(ids.iter().all(|id| *id == ids[0]), "several connections: {ids:?}");
        let mut other = body.clone();
        other["description"] = json!("another one");
        let message = system.admin.post(CONNECTIONS, &other).await?.refused(400, "BadRequest")?;
        ensure!(
            message.contains("already exists") && message.contains(body["name"].as_str().unwrap_or("?")),
            "{message}"
        );
        Ok(())
    })
}

#[test]
fn a_signed_request_of_an_aws_identity_logs_in_once_even_when_it_is_sent_several_times_at_once() -> Result<()>
{
    run(|system| async move {
        let body = crate::sdk::signed_login(system).await?;
        let answers = join_all((0..4).map(|_| system.admin.post("/api/v1/auth/aws-auth/login", &body))).await;
        let answers: Vec<Answer> = answers.into_iter().collect::<Result<_>>()?;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        ensure!(won.len() == 1, "{} logins of one signed request", won.len());
        system.keep_secret(won[0].body["accessToken"].as_str().unwrap_or_default());
        for answer in lost {
            answer.refused(401, "UnauthorizedError")?;
        }
        Ok(())
    })
}

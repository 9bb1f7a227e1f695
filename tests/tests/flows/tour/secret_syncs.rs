//! The routes of secret syncs, for both destinations.

use anyhow::{Context as _, Result};
use http::Method;
use serde_json::json;
use tests::stage::Stage;
use tests::system::{text, unique};

use super::{Outsider, Tour, delete, get, patch, post};

const ALL: &str = "/api/v1/secret-syncs/{destination}";
const ONE: &str = "/api/v1/secret-syncs/{destination}/{syncId}";

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let stage = Stage::new(tour.system).await?;
    stage.folder("tour").await?;
    stage.put("/tour", "TOUR", &unique("tour-canary-in-step")).await?;
    let of_project = format!("projectId={}", stage.project);
    for (destination, config) in [
        ("aws-secrets-manager", json!({ "region": "us-east-1", "mappingBehavior": "one-to-one" })),
        ("aws-parameter-store", json!({ "region": "us-east-1", "path": "/tour/" })),
    ] {
        let name = unique("tour");
        let options =
            json!({ "initialSyncBehavior": "overwrite-destination", "keySchema": "tour_{{secretKey}}" });
        let body = json!({
            "name": name, "projectId": stage.project, "connectionId": stage.connection, "environment": "dev",
            "secretPath": "/tour", "syncOptions": options, "destinationConfig": config,
        });
        let create = post(ALL, &[destination], body).fixed(0).outsider(Outsider::Denied);
        let made = tour.step(create.audited("secret-sync.create")).await?;
        let sync = text(&made["secretSync"]["id"])?;
        let at = [destination, sync.as_str()];
        let listed = get(ALL, &[destination]).fixed(0).query(&of_project);
        tour.step(listed.outsider(Outsider::Denied)).await?;
        let named = get("/api/v1/secret-syncs/{destination}/sync-name/{name}", &[destination, &name]);
        tour.step(named.fixed(0).query(&of_project).outsider(Outsider::Denied)).await?;
        tour.step(get(ONE, &at).fixed(0)).await?;
        let check = json!({ "projectId": stage.project, "destinationConfig": config });
        let check = post("/api/v1/secret-syncs/{destination}/check-destination", &[destination], check);
        tour.step(check.fixed(0).outsider(Outsider::Denied)).await?;
        settled(tour, &at).await?;
        // A change that the sync sees wakes it.
        stage.change("/tour", "TOUR", &unique("tour-canary-in-step")).await?;
        settled(tour, &at).await?;
        tour.step(post("/api/v1/secret-syncs/{destination}/{syncId}/plan", &at, json!({})).fixed(0)).await?;
        tour.step(get("/api/v1/secret-syncs/{destination}/{syncId}/drift", &at).fixed(0)).await?;
        let change = json!({ "description": "changed" });
        tour.step(patch(ONE, &at, change).fixed(0).audited("secret-sync.update")).await?;
        for (what, action, query) in [
            ("/api/v1/secret-syncs/{destination}/{syncId}/sync-secrets", "secret-sync.sync", ""),
            (
                "/api/v1/secret-syncs/{destination}/{syncId}/import-secrets",
                "secret-sync.import",
                "importBehavior=prioritize-source",
            ),
            ("/api/v1/secret-syncs/{destination}/{syncId}/remove-secrets", "secret-sync.remove", ""),
        ] {
            settled(tour, &at).await?;
            let trigger = post(what, &at, json!({})).fixed(0);
            let trigger = if query.is_empty() { trigger } else { trigger.query(query) };
            tour.step(trigger.audited(action)).await?;
        }
        settled(tour, &at).await?;
        tour.step(delete(ONE, &at).fixed(0).audited("secret-sync.delete")).await?;
    }
    into_an_empty_project(tour).await?;
    let listed = get("/api/v1/secret-syncs", &[]).query(&of_project);
    tour.step(listed.outsider(Outsider::Denied)).await?;
    tour.step(get("/api/v1/secret-syncs/options", &[]).outsider(Outsider::Anything)).await?;
    Ok(())
}

/// The first value of a project needs the project's data key, and here it is the worker that seals it.
async fn into_an_empty_project(tour: &Tour) -> Result<()> {
    let stage = Stage::new(tour.system).await?;
    stage.folder("empty").await?;
    let there = unique("tour-canary-from-there");
    tour.system.keep_secret(&there);
    stage.account.make_parameter("/empty/KEY", &there).await?;
    let options = json!({ "initialSyncBehavior": "import-prioritize-source" });
    let sync = stage.to_parameter_store("/empty", "/empty/", options).await?;
    let before = sync.succeeded().await?;
    // An environment's slug can be part of the names that a sync gives: who follows looks again.
    let read = stage.api.get(&format!("/api/v1/workspace/{}", stage.project)).await?.ok()?;
    let mut environments = read["workspace"]["environments"].as_array().into_iter().flatten();
    let staging = environments.find(|one| one["slug"] == "staging").context("no environment for staging")?;
    let staging = text(&staging["id"])?;
    let staging = format!("/api/v1/workspace/{}/environments/{staging}", stage.project);
    stage.api.patch(&staging, &json!({ "slug": "stage" })).await?.ok()?;
    stage.ticked(&sync, &before).await
}

/// Until the sync has nothing to do, so that the next wish is not one too many.
async fn settled(tour: &Tour, at: &[&str; 2]) -> Result<()> {
    let [destination, id] = at;
    let path = format!("/api/v1/secret-syncs/{destination}/{id}");
    let idle = || async {
        let sync = tour.system.admin.send(Method::GET, &path, None).await?.ok()?["secretSync"].take();
        let busy = |field: &str| matches!(sync[field].as_str(), Some("pending" | "running"));
        Ok(!["syncStatus", "importStatus", "removeStatus"].into_iter().any(busy))
    };
    tests::stage::eventually("the sync is idle", idle).await
}

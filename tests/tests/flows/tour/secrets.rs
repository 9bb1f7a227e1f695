//! The routes of folders, tags, secrets and imports.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::system::{text, unique};

use super::{Tour, delete, get, patch, post};

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let (project, slug) = tour.system.project(&unique("secrets")).await?;
    folders(tour, &project).await?;
    let tag = tags(tour, &project).await?;
    imports(tour, &project).await?;
    for version in VERSIONS {
        secrets(tour, &project, version, &tag).await?;
    }
    attached_tags(tour, &project, &slug).await?;
    versions(tour, &project).await
}

/// The routes of folders that both versions have, and how each calls the project.
struct Folders {
    all: &'static str,
    one: &'static str,
    batch: &'static str,
    project: &'static str,
}

const FOLDERS: &[Folders] = &[
    Folders {
        all: "/api/v1/folders",
        one: "/api/v1/folders/{folderId}",
        batch: "/api/v1/folders/batch",
        project: "workspaceId",
    },
    Folders {
        all: "/api/v2/folders",
        one: "/api/v2/folders/{folderId}",
        batch: "/api/v2/folders/batch",
        project: "projectId",
    },
];

async fn folders(tour: &mut Tour, project: &str) -> Result<()> {
    for base in FOLDERS {
        let body = json!({ base.project: project, "environment": "dev", "name": "tour", "path": "/" });
        let made = tour.step(post(base.all, &[], body.clone()).audited("folder.create")).await?;
        let id = text(&made["folder"]["id"])?;
        let place = format!("{}={project}&environment=dev&path=%2F", base.project);
        let listed = tour.step(get(base.all, &[]).query(&place)).await?;
        ensure!(listed["folders"][0]["id"] == id.as_str(), "{listed}");
        tour.step(get(base.one, &[&id])).await?;
        let mut change = body.clone();
        change["name"] = json!("renamed");
        tour.step(patch(base.one, &[&id], change).or_by_name().audited("folder.update")).await?;
        let change = json!({ "id": id, "environment": "dev", "name": "again", "path": "/" });
        let change = json!({ base.project: project, "folders": [change] });
        tour.step(patch(base.batch, &[], change).audited("folder.update")).await?;
        if base.project == "workspaceId" {
            tour.step(get("/api/v1/folders/{projectId}/{environment}", &[project, "dev"])).await?;
            let by_path =
                get("/api/v1/folders/{projectId}/{environment}/{*path}", &[project, "dev", "again"]);
            tour.step(by_path).await?;
        }
        let body = json!({ base.project: project, "environment": "dev", "path": "/" });
        let gone = delete(base.one, &[&id]).body(body).or_by_name();
        tour.step(gone.audited("folder.delete")).await?;
    }
    Ok(())
}

/// The routes of tags, under both names of a project.
struct Tags {
    all: &'static str,
    one: &'static str,
    by_slug: &'static str,
}

const TAGS: &[Tags] = &[
    Tags {
        all: "/api/v1/workspace/{projectId}/tags",
        one: "/api/v1/workspace/{projectId}/tags/{tagId}",
        by_slug: "/api/v1/workspace/{projectId}/tags/slug/{slug}",
    },
    Tags {
        all: "/api/v1/projects/{projectId}/tags",
        one: "/api/v1/projects/{projectId}/tags/{tagId}",
        by_slug: "/api/v1/projects/{projectId}/tags/slug/{slug}",
    },
];

/// The id of a tag that stays.
async fn tags(tour: &mut Tour, project: &str) -> Result<String> {
    for base in TAGS {
        let body = json!({ "slug": "tour", "color": "#123456", "name": "Tour" });
        let made = tour.step(post(base.all, &[project], body).audited("tag.create")).await?;
        let id = text(&made["tag"]["id"])?;
        tour.step(get(base.all, &[project])).await?;
        tour.step(get(base.one, &[project, &id])).await?;
        tour.step(get(base.by_slug, &[project, "tour"])).await?;
        let change = json!({ "color": "#654321" });
        tour.step(patch(base.one, &[project, &id], change).audited("tag.update")).await?;
        tour.step(delete(base.one, &[project, &id]).audited("tag.delete")).await?;
    }
    let body = json!({ "slug": "stays", "color": "#123456", "name": "Stays" });
    let made = tour.system.admin.post(&format!("/api/v1/projects/{project}/tags"), &body).await?.ok()?;
    text(&made["tag"]["id"])
}

async fn imports(tour: &mut Tour, project: &str) -> Result<()> {
    for (all, one, name) in [
        ("/api/v1/secret-imports", "/api/v1/secret-imports/{secretImportId}", "workspaceId"),
        ("/api/v2/secret-imports", "/api/v2/secret-imports/{secretImportId}", "projectId"),
    ] {
        let place = json!({ name: project, "environment": "dev", "path": "/" });
        let with = |more: Value| {
            let mut body = place.clone();
            for (field, value) in more.as_object().into_iter().flatten() {
                body[field] = value.clone();
            }
            body
        };
        let body = with(json!({ "import": { "environment": "prod", "path": "/" }, "isReplication": false }));
        let made = tour.step(post(all, &[], body).audited("secret-import.create")).await?;
        let id = text(&made["secretImport"]["id"])?;
        let query = format!("{name}={project}&environment=dev&path=%2F");
        tour.step(get(all, &[]).query(&query)).await?;
        tour.step(get(one, &[&id])).await?;
        let change = with(json!({ "import": { "environment": "staging", "path": "/" } }));
        tour.step(patch(one, &[&id], change).audited("secret-import.update")).await?;
        tour.step(delete(one, &[&id]).body(place.clone()).audited("secret-import.delete")).await?;
    }
    Ok(())
}

/// The routes of secrets in one version of the API.
struct Version {
    all: &'static str,
    one: &'static str,
    by_id: &'static str,
    batch: &'static str,
    project: &'static str,
}

const VERSIONS: &[Version] = &[
    Version {
        all: "/api/v3/secrets/raw",
        one: "/api/v3/secrets/raw/{secretName}",
        by_id: "/api/v3/secrets/raw/id/{secretId}",
        batch: "/api/v3/secrets/batch/raw",
        project: "workspaceId",
    },
    Version {
        all: "/api/v4/secrets",
        one: "/api/v4/secrets/{secretName}",
        by_id: "/api/v4/secrets/id/{secretId}",
        batch: "/api/v4/secrets/batch",
        project: "projectId",
    },
];

async fn secrets(tour: &mut Tour, project: &str, version: &'static Version, tag: &str) -> Result<()> {
    let body = |more: Value| {
        let mut body = json!({ version.project: project, "environment": "dev", "secretPath": "/" });
        for (field, value) in more.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        body
    };
    let query = format!("{}={project}&environment=dev&secretPath=%2F", version.project);
    let (value, later) = (unique("tour-canary-at-first"), unique("tour-canary-later-on"));
    tour.system.keep_secret(&value);
    tour.system.keep_secret(&later);
    let create = body(json!({ "secretValue": value, "tagIds": [tag] }));
    // To make what is not there yet is no question of its absence.
    let made = tour.step(post(version.one, &["TOUR"], create).makes_names().audited("secret.create")).await?;
    let id = text(&made["secret"]["id"])?;
    let read = tour.step(get(version.one, &["TOUR"]).query(&query)).await?;
    ensure!(read["secret"]["secretValue"] == value.as_str(), "read back");
    // As at the peer, any text may be asked for as an id.
    tour.step(get(version.by_id, &[&id]).or_by_name()).await?;
    let listed = tour.step(get(version.all, &[]).query(&query)).await?;
    ensure!(listed["secrets"].as_array().is_some_and(|all| all.len() == 1), "not listed");
    let change = body(json!({ "secretValue": later, "newSecretName": "RENAMED" }));
    tour.step(patch(version.one, &["TOUR"], change).audited("secret.update")).await?;
    tour.step(delete(version.one, &["RENAMED"]).body(body(json!({}))).audited("secret.delete")).await?;

    let several = body(json!({ "secrets": [{ "secretKey": "ONE", "secretValue": value }] }));
    tour.step(post(version.batch, &[], several).audited("secret.create")).await?;
    if version.project == "projectId" {
        // As the peer has it, a secret may be called batch; here it is not there.
        let named = get(version.batch, &[]).query(&query);
        tour.step(named.refused(404, "NotFound")).await?;
    }
    let several = body(json!({ "secrets": [{ "secretKey": "ONE", "secretValue": later }] }));
    tour.step(patch(version.batch, &[], several).audited("secret.update")).await?;
    let several = body(json!({ "secrets": [{ "secretKey": "ONE" }] }));
    tour.step(delete(version.batch, &[]).body(several).audited("secret.delete")).await?;
    Ok(())
}

async fn attached_tags(tour: &mut Tour, project: &str, slug: &str) -> Result<()> {
    let body =
        json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "secretValue": "tagged" });
    tour.system.admin.post("/api/v3/secrets/raw/TAGGED", &body).await?.ok()?;
    let at = "/api/v3/secrets/tags/{secretName}";
    let body = json!({ "projectSlug": slug, "environment": "dev", "secretPath": "/", "type": "shared", "tagSlugs": ["stays"] });
    tour.step(post(at, &["TAGGED"], body.clone()).audited("secret.update")).await?;
    tour.step(delete(at, &["TAGGED"]).body(body).audited("secret.update")).await?;
    Ok(())
}

async fn versions(tour: &mut Tour, project: &str) -> Result<()> {
    let first = unique("tour-canary-version-one");
    tour.system.keep_secret(&first);
    let body = |value: &str| json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "secretValue": value });
    let at = "/api/v3/secrets/raw/VERSIONED";
    let made = tour.system.admin.post(at, &body(&first)).await?.ok()?;
    tour.system.admin.patch(at, &body("another value")).await?.ok()?;
    let id = text(&made["secret"]["id"])?;
    let listed = tour.step(get("/api/v1/secret/{secretId}/secret-versions", &[&id]).or_by_name()).await?;
    ensure!(listed.to_string().contains("\"version\":1"), "{listed}");
    let back = post("/api/v1/secret/{secretId}/rollback", &[&id], json!({ "version": 1 })).or_by_name();
    tour.step(back.audited("secret.update")).await?;
    let read = format!("{at}?workspaceId={project}&environment=dev&secretPath=%2F");
    let read = tour.system.admin.get(&read).await?.ok()?;
    ensure!(read["secret"]["secretValue"] == first.as_str(), "not rolled back");
    let all = format!("/api/v3/secrets/raw?workspaceId={project}&environment=dev&secretPath=%2F");
    tour.by_processes_that_know_nothing("SecretsRole", &[&all]).await?;
    Ok(())
}

//! The routes of projects: themselves, their environments, who belongs to them.

use anyhow::Result;
use serde_json::json;
use tests::system::{text, unique};

use super::{Outsider, Tour, delete, get, patch, post, put};

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let (id, slug) = project(tour).await?;
    for base in BASES {
        environments(tour, &id, base).await?;
        people(tour, &id, base).await?;
    }
    people_at_once(tour, &id).await?;
    machines(tour, &id).await?;
    tour.step(delete("/api/v2/workspace/{slug}", &[&slug]).audited("project.delete")).await?;
    Ok(())
}

async fn project(tour: &mut Tour) -> Result<(String, String)> {
    for (create, delete_at) in [
        ("/api/v1/projects", "/api/v1/projects/{projectId}"),
        ("/api/v2/workspace", "/api/v1/workspace/{projectId}"),
    ] {
        let body = json!({ "projectName": unique("passing") });
        let made =
            tour.step(post(create, &[], body).outsider(Outsider::Denied).audited("project.create")).await?;
        let id = text(&made["project"]["id"])?;
        tour.step(delete(delete_at, &[&id]).audited("project.delete")).await?;
    }
    let name = unique("tour");
    let body = json!({ "projectName": name, "slug": name });
    let made = tour.system.admin.post("/api/v2/workspace", &body).await?.ok()?;
    let id = text(&made["project"]["id"])?;

    for list in ["/api/v1/projects", "/api/v1/workspace"] {
        tour.step(get(list, &[]).outsider(Outsider::ListWithout(id.clone()))).await?;
    }
    for (path, value) in [
        ("/api/v1/projects/{projectId}", &id),
        ("/api/v1/projects/slug/{slug}", &name),
        ("/api/v1/workspace/{projectId}", &id),
        ("/api/v2/workspace/{slug}", &name),
    ] {
        tour.step(get(path, &[value])).await?;
    }
    for (path, value) in [
        ("/api/v1/projects/{projectId}", &id),
        ("/api/v1/workspace/{projectId}", &id),
        ("/api/v2/workspace/{slug}", &name),
    ] {
        let change = json!({ "description": unique("changed") });
        tour.step(patch(path, &[value], change).audited("project.update")).await?;
    }
    for (path, days) in [
        ("/api/v1/workspace/{slug}/audit-logs-retention", 30),
        ("/api/v1/projects/{slug}/audit-logs-retention", 60),
    ] {
        let days = json!({ "auditLogsRetentionDays": days });
        tour.step(put(path, &[&name], days).audited("project.update")).await?;
    }
    Ok((id, name))
}

/// The routes that the older and the newer name of a project share.
struct Base {
    environments: &'static str,
    environment: &'static str,
    environment_alone: &'static str,
    environment_by_slug: &'static str,
    people: &'static str,
    person: &'static str,
    person_by_name: &'static str,
}

const BASES: &[Base] = &[
    Base {
        environments: "/api/v1/workspace/{projectId}/environments",
        environment: "/api/v1/workspace/{projectId}/environments/{environmentId}",
        environment_alone: "/api/v1/workspace/environments/{environmentId}",
        environment_by_slug: "/api/v1/workspace/{projectId}/environments/slug/{slug}",
        people: "/api/v1/workspace/{projectId}/memberships",
        person: "/api/v1/workspace/{projectId}/memberships/{membershipId}",
        person_by_name: "/api/v1/workspace/{projectId}/memberships/details",
    },
    Base {
        environments: "/api/v1/projects/{projectId}/environments",
        environment: "/api/v1/projects/{projectId}/environments/{environmentId}",
        environment_alone: "/api/v1/projects/environments/{environmentId}",
        environment_by_slug: "/api/v1/projects/{projectId}/environments/slug/{slug}",
        people: "/api/v1/projects/{projectId}/memberships",
        person: "/api/v1/projects/{projectId}/memberships/{membershipId}",
        person_by_name: "/api/v1/projects/{projectId}/memberships/details",
    },
];

async fn environments(tour: &mut Tour, project: &str, base: &'static Base) -> Result<()> {
    let slug = unique("qa");
    let body = json!({ "name": "Quality", "slug": slug, "workspaceId": project });
    let made = tour.step(post(base.environments, &[project], body).audited("environment.create")).await?;
    let id = text(&made["environment"]["id"])?;
    tour.step(get(base.environment, &[project, &id])).await?;
    tour.step(get(base.environment_alone, &[&id])).await?;
    tour.step(get(base.environment_by_slug, &[project, &slug])).await?;
    let change = json!({ "name": "Acceptance", "position": 1 });
    tour.step(patch(base.environment, &[project, &id], change).audited("environment.update")).await?;
    tour.step(delete(base.environment, &[project, &id]).audited("environment.delete")).await?;
    Ok(())
}

async fn people(tour: &mut Tour, project: &str, base: &'static Base) -> Result<()> {
    let email = format!("{}@example.com", unique("someone"));
    let path = format!("/api/v2/workspace/{project}/memberships");
    let made = tour.system.admin.post(&path, &json!({ "emails": [email] })).await?.ok()?;
    let id = text(&made["memberships"][0]["id"])?;
    tour.step(get(base.people, &[project])).await?;
    tour.step(post(base.person_by_name, &[project], json!({ "username": email }))).await?;
    tour.step(get(base.person, &[project, &id])).await?;
    let change = json!({ "roles": [{ "role": "viewer", "isTemporary": false }] });
    tour.step(patch(base.person, &[project, &id], change).audited("membership.update")).await?;
    tour.step(delete(base.person, &[project, &id]).audited("membership.delete")).await?;
    Ok(())
}

async fn people_at_once(tour: &mut Tour, project: &str) -> Result<()> {
    for path in ["/api/v2/workspace/{projectId}/memberships", "/api/v1/projects/{projectId}/memberships"] {
        let body =
            json!({ "emails": [format!("{}@example.com", unique("invited"))], "roleSlugs": ["viewer"] });
        tour.step(post(path, &[project], body.clone()).audited("membership.create")).await?;
        if path.contains("v2") {
            tour.step(get(path, &[project])).await?;
        }
        tour.step(delete(path, &[project]).body(body).audited("membership.delete")).await?;
    }
    Ok(())
}

async fn machines(tour: &mut Tour, project: &str) -> Result<()> {
    let machine = tour.system.machine(&unique("colleague"), "no-access").await?;
    for (all, one) in [
        (
            "/api/v2/workspace/{projectId}/identity-memberships",
            "/api/v2/workspace/{projectId}/identity-memberships/{identityId}",
        ),
        (
            "/api/v1/projects/{projectId}/memberships/identities",
            "/api/v1/projects/{projectId}/memberships/identities/{identityId}",
        ),
    ] {
        let at = [project, machine.id.as_str()];
        tour.step(post(one, &at, json!({ "role": "member" })).audited("membership.create")).await?;
        tour.step(get(all, &[project])).await?;
        tour.step(get(one, &at)).await?;
        let change = json!({ "roles": [{ "role": "viewer" }] });
        tour.step(patch(one, &at, change).audited("membership.update")).await?;
        tour.step(delete(one, &at).audited("membership.delete")).await?;
    }
    Ok(())
}

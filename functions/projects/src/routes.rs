//! The routes of this function, and nothing else.

use web::{Access, Routes};

use crate::{Ctx, create, delete, environment, get, identity_membership, person_membership, update};

/// Every route, each for whoever has a valid token.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    let caller = Access::Caller;
    let routes = Routes::new()
        .post(caller, "/api/v2/workspace", create::create)
        .get(caller, "/api/v2/workspace/{slug}", get::by_slug)
        .patch(caller, "/api/v2/workspace/{slug}", update::by_slug)
        .delete(caller, "/api/v2/workspace/{slug}", delete::by_slug)
        .get(caller, "/api/v1/workspace", get::all_workspaces)
        .get(caller, "/api/v1/workspace/{projectId}", get::workspace)
        .patch(caller, "/api/v1/workspace/{projectId}", update::workspace)
        .delete(caller, "/api/v1/workspace/{projectId}", delete::workspace)
        .put(caller, "/api/v1/workspace/{slug}/audit-logs-retention", update::retention)
        .post(caller, "/api/v1/projects", create::create)
        .get(caller, "/api/v1/projects", get::all_projects)
        .get(caller, "/api/v1/projects/{projectId}", get::project)
        .get(caller, "/api/v1/projects/slug/{slug}", get::project_by_slug)
        .patch(caller, "/api/v1/projects/{projectId}", update::project)
        .delete(caller, "/api/v1/projects/{projectId}", delete::project)
        .put(caller, "/api/v1/projects/{slug}/audit-logs-retention", update::retention);
    identity_memberships(person_memberships(environments(routes)))
}

fn environments(routes: Routes<Ctx>) -> Routes<Ctx> {
    let caller = Access::Caller;
    routes
        .post(caller, "/api/v1/workspace/{projectId}/environments", environment::create)
        .get(caller, "/api/v1/workspace/environments/{environmentId}", environment::get_by_own_id)
        .get(caller, "/api/v1/workspace/{projectId}/environments/{environmentId}", environment::get)
        .get(caller, "/api/v1/workspace/{projectId}/environments/slug/{slug}", environment::get_by_slug)
        .patch(caller, "/api/v1/workspace/{projectId}/environments/{environmentId}", environment::update)
        .delete(caller, "/api/v1/workspace/{projectId}/environments/{environmentId}", environment::delete)
        .post(caller, "/api/v1/projects/{projectId}/environments", environment::create)
        .get(caller, "/api/v1/projects/environments/{environmentId}", environment::get_by_own_id)
        .get(caller, "/api/v1/projects/{projectId}/environments/{environmentId}", environment::get)
        .get(caller, "/api/v1/projects/{projectId}/environments/slug/{slug}", environment::get_by_slug)
        .patch(caller, "/api/v1/projects/{projectId}/environments/{environmentId}", environment::update)
        .delete(caller, "/api/v1/projects/{projectId}/environments/{environmentId}", environment::delete)
}

fn person_memberships(routes: Routes<Ctx>) -> Routes<Ctx> {
    let caller = Access::Caller;
    routes
        .post(caller, "/api/v2/workspace/{projectId}/memberships", person_membership::create)
        .get(caller, "/api/v2/workspace/{projectId}/memberships", person_membership::list)
        .delete(caller, "/api/v2/workspace/{projectId}/memberships", person_membership::delete_several)
        .get(caller, "/api/v1/workspace/{projectId}/memberships", person_membership::list)
        .post(caller, "/api/v1/workspace/{projectId}/memberships/details", person_membership::get_by_name)
        .get(caller, "/api/v1/workspace/{projectId}/memberships/{membershipId}", person_membership::get)
        .patch(caller, "/api/v1/workspace/{projectId}/memberships/{membershipId}", person_membership::update)
        .delete(caller, "/api/v1/workspace/{projectId}/memberships/{membershipId}", person_membership::delete)
        .post(caller, "/api/v1/projects/{projectId}/memberships", person_membership::create)
        .get(caller, "/api/v1/projects/{projectId}/memberships", person_membership::list)
        .delete(caller, "/api/v1/projects/{projectId}/memberships", person_membership::delete_several)
        .post(caller, "/api/v1/projects/{projectId}/memberships/details", person_membership::get_by_name)
        .get(caller, "/api/v1/projects/{projectId}/memberships/{membershipId}", person_membership::get)
        .patch(caller, "/api/v1/projects/{projectId}/memberships/{membershipId}", person_membership::update)
        .delete(caller, "/api/v1/projects/{projectId}/memberships/{membershipId}", person_membership::delete)
}

fn identity_memberships(routes: Routes<Ctx>) -> Routes<Ctx> {
    const WORKSPACE: &str = "/api/v2/workspace/{projectId}/identity-memberships";
    const WORKSPACE_ONE: &str = "/api/v2/workspace/{projectId}/identity-memberships/{identityId}";
    const PROJECT: &str = "/api/v1/projects/{projectId}/memberships/identities";
    const PROJECT_ONE: &str = "/api/v1/projects/{projectId}/memberships/identities/{identityId}";
    let caller = Access::Caller;
    routes
        .get(caller, WORKSPACE, identity_membership::list)
        .post(caller, WORKSPACE_ONE, identity_membership::create)
        .get(caller, WORKSPACE_ONE, identity_membership::get)
        .patch(caller, WORKSPACE_ONE, identity_membership::update)
        .delete(caller, WORKSPACE_ONE, identity_membership::delete)
        .get(caller, PROJECT, identity_membership::list)
        .post(caller, PROJECT_ONE, identity_membership::create)
        .get(caller, PROJECT_ONE, identity_membership::get)
        .patch(caller, PROJECT_ONE, identity_membership::update)
        .delete(caller, PROJECT_ONE, identity_membership::delete)
}

//! The routes of this function, and nothing else.

use web::{Access, Routes};

use crate::{Ctx, folder_get, tag_create, tag_delete, tag_get, tag_update};

/// Every route, each for whoever has a valid token.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    tags(folders(Routes::new()))
}

fn folders(routes: Routes<Ctx>) -> Routes<Ctx> {
    let caller = Access::Caller;
    routes
        .get(caller, "/api/v1/folders", folder_get::list)
        .get(caller, "/api/v1/folders/{folderId}", folder_get::by_id)
        .get(caller, "/api/v1/folders/{projectId}/{environment}", folder_get::root)
        .get(caller, "/api/v1/folders/{projectId}/{environment}/{*path}", folder_get::by_path)
        .get(caller, "/api/v2/folders", folder_get::list)
        .get(caller, "/api/v2/folders/{folderId}", folder_get::by_id)
}

fn tags(routes: Routes<Ctx>) -> Routes<Ctx> {
    let caller = Access::Caller;
    routes
        .get(caller, "/api/v1/workspace/{projectId}/tags", tag_get::list)
        .post(caller, "/api/v1/workspace/{projectId}/tags", tag_create::create)
        .get(caller, "/api/v1/workspace/{projectId}/tags/slug/{slug}", tag_get::by_slug)
        .get(caller, "/api/v1/workspace/{projectId}/tags/{tagId}", tag_get::by_id)
        .patch(caller, "/api/v1/workspace/{projectId}/tags/{tagId}", tag_update::update)
        .delete(caller, "/api/v1/workspace/{projectId}/tags/{tagId}", tag_delete::delete)
        .get(caller, "/api/v1/projects/{projectId}/tags", tag_get::list)
        .post(caller, "/api/v1/projects/{projectId}/tags", tag_create::create)
        .get(caller, "/api/v1/projects/{projectId}/tags/slug/{slug}", tag_get::by_slug)
        .get(caller, "/api/v1/projects/{projectId}/tags/{tagId}", tag_get::by_id)
        .patch(caller, "/api/v1/projects/{projectId}/tags/{tagId}", tag_update::update)
        .delete(caller, "/api/v1/projects/{projectId}/tags/{tagId}", tag_delete::delete)
}

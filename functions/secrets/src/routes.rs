//! The routes of this function, and nothing else.

use web::{Access, Routes};

use crate::{
    Ctx, batch, folder_batch, folder_create, folder_delete, folder_get, folder_update, import_create,
    import_delete, import_get, import_update, secret_create, secret_delete, secret_get, secret_list,
    secret_tags, secret_update, tag_create, tag_delete, tag_get, tag_update, version_list, version_rollback,
};

/// Every route, each for whoever has a valid token.
#[must_use]
pub fn routes() -> Routes<Ctx> {
    secrets(imports(tags(folders(Routes::new()))))
}

fn folders(routes: Routes<Ctx>) -> Routes<Ctx> {
    let caller = Access::Caller;
    routes
        .post(caller, "/api/v1/folders", folder_create::create)
        .get(caller, "/api/v1/folders", folder_get::list)
        .patch(caller, "/api/v1/folders/batch", folder_batch::update)
        .get(caller, "/api/v1/folders/{folderId}", folder_get::by_id)
        .patch(caller, "/api/v1/folders/{folderId}", folder_update::update)
        .delete(caller, "/api/v1/folders/{folderId}", folder_delete::delete)
        .get(caller, "/api/v1/folders/{projectId}/{environment}", folder_get::root)
        .get(caller, "/api/v1/folders/{projectId}/{environment}/{*path}", folder_get::by_path)
        .post(caller, "/api/v2/folders", folder_create::create)
        .get(caller, "/api/v2/folders", folder_get::list)
        .patch(caller, "/api/v2/folders/batch", folder_batch::update)
        .get(caller, "/api/v2/folders/{folderId}", folder_get::by_id)
        .patch(caller, "/api/v2/folders/{folderId}", folder_update::update)
        .delete(caller, "/api/v2/folders/{folderId}", folder_delete::delete)
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

fn imports(routes: Routes<Ctx>) -> Routes<Ctx> {
    let caller = Access::Caller;
    routes
        .post(caller, "/api/v1/secret-imports", import_create::create)
        .get(caller, "/api/v1/secret-imports", import_get::list)
        .get(caller, "/api/v1/secret-imports/{secretImportId}", import_get::by_id)
        .patch(caller, "/api/v1/secret-imports/{secretImportId}", import_update::update)
        .delete(caller, "/api/v1/secret-imports/{secretImportId}", import_delete::delete)
        .post(caller, "/api/v2/secret-imports", import_create::create)
        .get(caller, "/api/v2/secret-imports", import_get::list)
        .get(caller, "/api/v2/secret-imports/{secretImportId}", import_get::by_id)
        .patch(caller, "/api/v2/secret-imports/{secretImportId}", import_update::update)
        .delete(caller, "/api/v2/secret-imports/{secretImportId}", import_delete::delete)
}

fn secrets(routes: Routes<Ctx>) -> Routes<Ctx> {
    let caller = Access::Caller;
    routes
        .get(caller, "/api/v3/secrets/raw", secret_list::v3)
        .get(caller, "/api/v3/secrets/raw/id/{secretId}", secret_get::by_id)
        .get(caller, "/api/v3/secrets/raw/{secretName}", secret_get::v3)
        .post(caller, "/api/v3/secrets/raw/{secretName}", secret_create::create)
        .patch(caller, "/api/v3/secrets/raw/{secretName}", secret_update::update)
        .delete(caller, "/api/v3/secrets/raw/{secretName}", secret_delete::delete)
        .post(caller, "/api/v3/secrets/batch/raw", batch::create)
        .patch(caller, "/api/v3/secrets/batch/raw", batch::update)
        .delete(caller, "/api/v3/secrets/batch/raw", batch::delete)
        .post(caller, "/api/v3/secrets/tags/{secretName}", secret_tags::attach)
        .delete(caller, "/api/v3/secrets/tags/{secretName}", secret_tags::detach)
        .get(caller, "/api/v4/secrets", secret_list::v4)
        .get(caller, "/api/v4/secrets/batch", secret_get::v4_batch)
        .post(caller, "/api/v4/secrets/batch", batch::create)
        .patch(caller, "/api/v4/secrets/batch", batch::update)
        .delete(caller, "/api/v4/secrets/batch", batch::delete)
        .get(caller, "/api/v4/secrets/id/{secretId}", secret_get::by_id)
        .get(caller, "/api/v4/secrets/{secretName}", secret_get::v4)
        .post(caller, "/api/v4/secrets/{secretName}", secret_create::create)
        .patch(caller, "/api/v4/secrets/{secretName}", secret_update::update)
        .delete(caller, "/api/v4/secrets/{secretName}", secret_delete::delete)
        .get(caller, "/api/v1/secret/{secretId}/secret-versions", version_list::list)
        .post(caller, "/api/v1/secret/{secretId}/rollback", version_rollback::rollback)
}

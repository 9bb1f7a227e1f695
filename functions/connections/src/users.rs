//! The IAM users of a connection's account, for choosing whose keys to rotate.

use aws_sdk_iam::config::Builder;
use axum::Json;
use axum::extract::State;
use model::id::ConnectionId;
use model::permission::Action;
use model::policy::SessionPolicy;
use serde::Serialize;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::error::from_aws;
use crate::get::permitted;
use crate::secret::session;

/// An account has at most 5,000 users, and a page of IAM at most 1,000
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>).
const PAGES: usize = 5;
const PAGE: i32 = 1_000;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct User {
    user_name: String,
    arn: String,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    iam_users: Vec<User>,
}

/// `GET /api/v1/app-connections/aws/{connectionId}/users`.
pub(crate) async fn users(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Answer>, Problem> {
    let connection = permitted(&ctx, &caller, id, Action::Connect).await?;
    let session = session(&ctx, &connection, None, &SessionPolicy::users(), caller.now).await?;
    let (mut iam_users, mut marker) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = ctx.iam.list_users().max_items(PAGE).set_marker(marker).customize();
        let page = request
            .config_override(Builder::new().credentials_provider(session.provider()))
            .send()
            .await
            .map_err(|error| from_aws("Unable to list IAM users", access::Error::of("ListUsers", error)))?;
        iam_users
            .extend(page.users.into_iter().map(|user| User { user_name: user.user_name, arn: user.arn }));
        marker = page.marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            break;
        }
    }
    Ok(Json(Answer { iam_users }))
}

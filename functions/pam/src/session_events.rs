//! What was done in a session, as CloudTrail tells it.

use std::time::Duration;

use ::access::{ConnectionRole, ConsoleChain, Door, Purpose, SHORTEST_SESSION, Session as AwsSession, Stay};
use aws_sdk_cloudtrail::config::{Builder, Region as SdkRegion};
use aws_sdk_cloudtrail::types::{Event as TrailEvent, LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::form::{Form, Issues, Read, rule};
use model::id::{ConnectionId, PamSessionId};
use model::pam::{PamSession, lookup_policy, session_arn};
use model::permission::{Action, Subject};
use model::region::Region;
use serde::Serialize;
use serde_json::Value;
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::error::{from_aws, from_chain};
use crate::session_get::permitted;

/// CloudTrail answers 50 events a page, and two requests a second
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
const PAGE: i32 = 50;
const PAGES: usize = 3;

/// Events arrive up to a quarter of an hour late, and clocks differ.
const LATE: Duration = Duration::from_secs(900);

const ATTEMPT: &str = "Could not look up the session's events";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    id: Option<String>,
    time: Option<Timestamp>,
    name: Option<String>,
    source: Option<String>,
    region: Value,
    source_ip: Value,
    user_agent: Value,
    read_only: Value,
    error_code: Value,
    error_message: Value,
    resources: Vec<Resource>,
}

#[derive(Debug, Serialize)]
struct Resource {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
}

/// The answer: one region's events, newest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    session_arn: String,
    region: Region,
    events: Vec<Event>,
    /// For `cursor` of the next request; `null` when that was all.
    next_cursor: Option<String>,
}

/// Where to look for a session's events, and from where on.
pub(crate) struct Asked {
    connection: Option<ConnectionId>,
    region: Option<Region>,
    cursor: Option<String>,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let connection = form.optional("connectionId", rule::id());
        let region = form.optional("region", rule::parsed());
        let cursor = form.optional("cursor", rule::string(1, 4_096));
        Some(Self { connection: connection?, region: region?, cursor: cursor? })
    }
}

/// `GET /api/v1/pam/sessions/{sessionId}/events?connectionId=…&region=…&cursor=…`: with a connection to the session's account
/// that may call `cloudtrail:LookupEvents`; without one, by the resource's own role where that may.
pub(crate) async fn events(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamSessionId>,
    query: Query<Asked>,
) -> Result<Json<Answer>, Problem> {
    let Asked { connection, region, cursor } = query.read()?;
    let session = permitted(&ctx, &caller, id, Action::Read).await?;
    let partition = session.target_role_arn.partition();
    let region = region.or_else(|| session.region.clone()).unwrap_or_else(|| partition.default_region());
    if region.partition() != partition {
        let message = "The region belongs to another AWS partition than the session";
        return Err(Problem::validation(Issues::custom("region", message)));
    }
    let arn = session_arn(&session.target_role_arn, &session.session_name);
    let Some((started_at, expires_at)) = session.credentials() else {
        return Ok(Json(Answer { session_arn: arn, region, events: Vec::new(), next_cursor: None }));
    };
    let entered = match connection {
        Some(connection) => by_connection(&ctx, &caller, &session, connection, &region).await?,
        None => by_resource_role(&ctx, &session, caller.now).await?,
    };
    let found = look_up(&ctx, &entered, &session, &region, (started_at, expires_at), cursor).await;
    let (found, next_cursor) = found.map_err(|error| missing_permission(&session, connection, error))?;
    let events = found.into_iter().filter_map(|event| of_session(event, &arn)).collect();
    Ok(Json(Answer { session_arn: arn, region, events, next_cursor }))
}

async fn by_connection(
    ctx: &Ctx,
    caller: &Caller,
    session: &PamSession,
    id: ConnectionId,
    region: &Region,
) -> Result<AwsSession, Problem> {
    let (permissions, connection) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.connection(id))?;
    let absent = || Problem::absent_connection(id);
    let connection = permissions.open(Action::Connect, Subject::Connections, connection, absent)?;
    if connection.account_id != *session.target_role_arn.account() {
        return Err(Problem::bad_request(format!(
            "The connection \"{}\" leads to account {}, the session was in {}",
            connection.name,
            connection.account_id,
            session.target_role_arn.account()
        )));
    }
    let role = ConnectionRole::of(&connection).ok_or_else(|| {
        Problem::bad_request(format!(
            "The connection \"{}\" uses an access key; events are looked up through a connection that assumes a role",
            connection.name
        ))
    })?;
    let purpose = Purpose { region: Some(region), policy: &lookup_policy(), duration: SHORTEST_SESSION };
    let entered = ctx.access.session(&role, &purpose, caller.now).await;
    entered.map_err(|error| {
        let attempt = format!(
            "{ATTEMPT}: the connection's role must also trust this function, whose role is under {}",
            ctx.trusted.role_path
        );
        from_aws(&attempt, error)
    })
}

/// Through the resource's role when it is in the same account, else through the role that was entered.
async fn by_resource_role(ctx: &Ctx, session: &PamSession, now: Timestamp) -> Result<AwsSession, Problem> {
    let chain = ConsoleChain::of_session(session);
    let (policy, name) = (lookup_policy(), format!("drawbridge-trail-{}", session.id));
    let stay = Stay::of_ours(&name, &policy);
    let way = chain.managers().first().copied().unwrap_or(Door::TargetRole);
    let entered = ctx.access.enter_as(&chain, way, stay, now).await;
    entered.map_err(|error| from_chain(&chain, error))
}

async fn look_up(
    ctx: &Ctx,
    entered: &AwsSession,
    session: &PamSession,
    region: &Region,
    (from, until): (Timestamp, Timestamp),
    mut cursor: Option<String>,
) -> Result<(Vec<TrailEvent>, Option<String>), ::access::Error> {
    let name = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::Username)
        .attribute_value(session.session_name.as_str())
        .build()
        .map_err(|_| ::access::Error::Incomplete {
            operation: "LookupEvents",
            missing: "a name to look up",
        })?;
    let mut found = Vec::new();
    for _ in 0..PAGES {
        let request = ctx
            .cloudtrail
            .lookup_events()
            .lookup_attributes(name.clone())
            .start_time(DateTime::from_secs(from.minus(LATE).unix_seconds()))
            .end_time(DateTime::from_secs(until.plus(LATE).unix_seconds()))
            .max_results(PAGE)
            .set_next_token(cursor)
            .customize()
            .config_override(
                Builder::new()
                    .region(SdkRegion::new(region.to_string()))
                    .credentials_provider(entered.provider()),
            );
        let page = request.send().await.map_err(|error| ::access::Error::of("LookupEvents", error))?;
        found.extend(page.events.unwrap_or_default());
        cursor = page.next_token.filter(|token| !token.is_empty());
        if cursor.is_none() {
            break;
        }
    }
    Ok((found, cursor))
}

fn missing_permission(
    session: &PamSession,
    connection: Option<ConnectionId>,
    error: ::access::Error,
) -> Problem {
    if !error.is_access_denied() {
        return from_aws(ATTEMPT, error);
    }
    let role = match connection {
        Some(_) => "the connection's role".to_owned(),
        None => format!("{}, or name a connection that may", session.resource_role_arn),
    };
    Problem::bad_request(format!("{ATTEMPT}: {error}. Allow cloudtrail:LookupEvents on * to {role}"))
}

/// An event of this very session: other roles of the account have sessions of the same name.
fn of_session(event: TrailEvent, arn: &str) -> Option<Event> {
    let mut record: Value = serde_json::from_str(event.cloud_trail_event.as_deref()?).ok()?;
    if record["userIdentity"]["arn"].as_str() != Some(arn) {
        return None;
    }
    let mut field = |name: &str| record.get_mut(name).map(Value::take).unwrap_or_default();
    Some(Event {
        id: event.event_id,
        time: event.event_time.map(|time| Timestamp::from_unix_seconds(time.secs())),
        name: event.event_name,
        source: event.event_source,
        region: field("awsRegion"),
        source_ip: field("sourceIPAddress"),
        user_agent: field("userAgent"),
        read_only: field("readOnly"),
        error_code: field("errorCode"),
        error_message: field("errorMessage"),
        resources: event
            .resources
            .unwrap_or_default()
            .into_iter()
            .map(|resource| Resource { kind: resource.resource_type, name: resource.resource_name })
            .collect(),
    })
}

//! The KMS keys of a connection's account that a secret sync can encrypt with.

use access::Session;
use aws_sdk_kms::config::{Builder, Region as SdkRegion};
use aws_sdk_kms::types::{AliasListEntry, KeySpec, KeyState, KeyUsageType};
use axum::Json;
use axum::extract::State;
use futures::{StreamExt as _, stream};
use model::form::{Form, Read, rule};
use model::id::ConnectionId;
use model::permission::Action;
use model::policy::SessionPolicy;
use model::region::Region;
use serde::Serialize;
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::error::from_aws;
use crate::get::permitted;
use crate::secret::session;

const ATTEMPT: &str = "Unable to list KMS keys";

/// DescribeKey calls at once: far below KMS's quota, and 100 keys take a second or two.
const AT_ONCE: usize = 10;

/// Pages of 100 aliases.
const PAGES: usize = 10;

/// Each destination, with the alias of the key that its service uses when none is named.
const DESTINATIONS: &[(&str, &str)] =
    &[("aws-secrets-manager", "alias/aws/secretsmanager"), ("aws-parameter-store", "alias/aws/ssm")];

#[derive(Debug, Serialize)]
struct Key {
    id: String,
    alias: String,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    kms_keys: Vec<Key>,
}

/// What the query asks for.
pub(crate) struct Asked {
    region: Region,
    /// The alias of the destination's own key.
    default: &'static str,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let region = form.required("region", rule::parsed());
        let default = form.required("destination", rule::one_of(DESTINATIONS));
        Some(Self { region: region?, default: default? })
    }
}

/// `GET /api/v1/app-connections/aws/{connectionId}/kms-keys?region=&destination=`: symmetric keys that encrypt and
/// decrypt, and the destination's own default key; no other service's.
pub(crate) async fn kms_keys(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
    query: Query<Asked>,
) -> Result<Json<Answer>, Problem> {
    let Asked { region, default } = query.read()?;
    let connection = permitted(&ctx, &caller, id, Action::Connect).await?;
    let session = session(&ctx, &connection, Some(&region), &SessionPolicy::kms_keys(), caller.now).await?;

    let aliases = aliases(&ctx, &session, &region, default).await?;
    let described = stream::iter(aliases)
        .map(|alias| usable(&ctx, &session, &region, alias, default))
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let (mut kms_keys, mut refused) = (Vec::new(), None);
    for key in described {
        match key {
            Ok(key) => kms_keys.extend(key),
            // A key's own policy may hide it from the role: then the role cannot use it either.
            Err(error) if error.is_access_denied() => refused = Some(error),
            Err(error) => return Err(from_aws(ATTEMPT, error)),
        }
    }
    match refused {
        Some(error) if kms_keys.is_empty() => Err(from_aws(ATTEMPT, error)),
        Some(_) | None => Ok(Json(Answer { kms_keys })),
    }
}

fn overrides(session: &Session, region: &Region) -> Builder {
    Builder::new().region(SdkRegion::new(region.to_string())).credentials_provider(session.provider())
}

async fn aliases(
    ctx: &Ctx,
    session: &Session,
    region: &Region,
    default: &str,
) -> Result<Vec<AliasListEntry>, Problem> {
    let (mut aliases, mut marker) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = ctx.kms.list_aliases().limit(100).set_marker(marker).customize();
        let page = request
            .config_override(overrides(session, region))
            .send()
            .await
            .map_err(|error| from_aws(ATTEMPT, access::Error::of("ListAliases", error)))?;
        aliases.extend(page.aliases.unwrap_or_default());
        marker = page.next_marker.filter(|_| page.truncated);
        if marker.is_none() {
            break;
        }
    }
    let name = |alias: &AliasListEntry| alias.alias_name.clone().unwrap_or_default();
    aliases.retain(|alias| !name(alias).starts_with("alias/aws/") || name(alias) == default);
    Ok(aliases)
}

/// The key behind an alias, if a sync can encrypt with it. AWS makes a service's default key when it is first used; until
/// then the alias stands for it.
async fn usable(
    ctx: &Ctx,
    session: &Session,
    region: &Region,
    alias: AliasListEntry,
    default: &str,
) -> Result<Option<Key>, access::Error> {
    let name = alias.alias_name.unwrap_or_default();
    if name == default {
        return Ok(Some(Key { id: alias.target_key_id.unwrap_or_else(|| name.clone()), alias: name }));
    }
    let Some(id) = alias.target_key_id else { return Ok(None) };
    let request = ctx.kms.describe_key().key_id(&id).customize();
    let answer = request
        .config_override(overrides(session, region))
        .send()
        .await
        .map_err(|error| access::Error::of("DescribeKey", error))?;
    let key = answer.key_metadata.filter(|key| {
        key.key_usage == Some(KeyUsageType::EncryptDecrypt)
            && key.key_spec == Some(KeySpec::SymmetricDefault)
            && key.key_state.as_ref().is_none_or(|state| *state == KeyState::Enabled)
    });
    Ok(key.map(|_| Key { id, alias: name }))
}

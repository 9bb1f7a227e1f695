//! Each item lies where its content says: its key, its lists, its place among what is due, its names.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::access_token::AccessToken;
use model::application::{Application, ApplicationProfile};
use model::aws_auth::AwsAuth;
use model::certificate::order::Order;
use model::certificate::{Bundle, Certificate, Spend};
use model::certificate_authority::CertificateAuthority;
use model::certificate_policy::CertificatePolicy;
use model::certificate_profile::CertificateProfile;
use model::certificate_sync::{CertificateSync, CertificateSyncRun, CertificateSyncs, Slot};
use model::client_secret::ClientSecret;
use model::connection::Connection;
use model::folder::FolderTree;
use model::identity::Identity;
use model::key_rotation::{KeyRotation, RotationState};
use model::lockout::LockoutRecord;
use model::membership::Membership;
use model::oidc_auth::OidcAuth;
use model::pam::{PamAccount, PamResource, PamSession};
use model::project::Project;
use model::recording::{Chunk, Recording, RecordingConfig};
use model::secret::{Secret, SecretVersion};
use model::secret_sync::{Owned, SecretSync, SecretSyncDrift, SecretSyncRun, SecretSyncWatches};
use model::signed_request::SeenSignature;
use model::tag::Tag;
use model::universal_auth::UniversalAuth;
use store::data_key::DataKey;
use store::{Entity, FolderState, Index, Keys, NameGuard};

use super::{Books, Item, decode, text};

/// What the content of an item says of where it is.
struct Said {
    keys: Keys,
    names: Vec<NameGuard>,
}

fn said<T: Entity>(item: &Item) -> Result<Said, String> {
    let thing: T = decode(item).map_err(|error| format!("cannot be read: {error}"))?;
    Ok(Said { keys: thing.keys(), names: thing.names() })
}

/// Reads an item as whatever its kind is, one of these.
macro_rules! kinds {
    ($($noun:ident),+ $(,)?) => {
        /// The nouns of `store`, as they are called there.
        #[cfg(test)]
        pub(super) const NOUNS: &[&str] = &[$(stringify!($noun)),+];

        fn read(item: &Item) -> Result<Said, String> {
            match text(item, "kind") {
                $(kind if kind == $noun::KIND => said::<$noun>(item),)+
                _ => Err("is of no kind that the store knows".to_owned()),
            }
        }
    };
}

kinds!(
    AccessToken,
    Application,
    ApplicationProfile,
    AwsAuth,
    Bundle,
    Certificate,
    CertificateAuthority,
    CertificatePolicy,
    CertificateProfile,
    CertificateSync,
    CertificateSyncRun,
    CertificateSyncs,
    Chunk,
    ClientSecret,
    Connection,
    DataKey,
    FolderState,
    FolderTree,
    Identity,
    KeyRotation,
    LockoutRecord,
    Membership,
    OidcAuth,
    Order,
    Owned,
    PamAccount,
    PamResource,
    PamSession,
    Project,
    Recording,
    RecordingConfig,
    RotationState,
    Secret,
    SecretSync,
    SecretSyncDrift,
    SecretSyncRun,
    SecretSyncWatches,
    SecretVersion,
    SeenSignature,
    Slot,
    Spend,
    Tag,
    UniversalAuth,
);

pub(super) fn faults(books: &Books) -> Vec<String> {
    let mut faults = Vec::new();
    let mut wanted: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut guards: BTreeMap<&str, &str> = BTreeMap::new();
    for ((pk, sk), item) in &books.items {
        if text(item, "kind") == "name" {
            guards.insert(pk, text(item, "owner"));
            continue;
        }
        let what = format!("{} at {pk} / {sk}", text(item, "kind"));
        let Said { keys, names } = match read(item) {
            Ok(said) => said,
            Err(fault) => {
                faults.push(format!("{what} {fault}"));
                continue;
            }
        };
        if (&keys.pk, &keys.sk) != (pk, sk) {
            faults.push(format!("{what} belongs to {} / {}", keys.pk, keys.sk));
        }
        faults.extend(index(&what, item, "list", ("gsi1pk", "gsi1sk"), keys.list.as_ref()));
        faults.extend(index(&what, item, "due work", ("gsi2pk", "gsi2sk"), keys.due.as_ref()));
        if !matches!(item.get("version"), Some(AttributeValue::N(_))) {
            faults.push(format!("{what} has no version"));
        }
        for name in names {
            let before = wanted.insert(name.key().to_owned(), (name.owner().to_owned(), what.clone()));
            if let Some((_, other)) = before {
                faults.push(format!("{what} and {other} have one name: {}", name.key()));
            }
        }
    }
    for (name, (owner, what)) in &wanted {
        match guards.get(name.as_str()) {
            Some(said) if said == owner => {}
            Some(said) => faults.push(format!("{name} is said to be of {said}, and is of {what}")),
            None => faults.push(format!("{what} has no guard of its name {name}")),
        }
    }
    let idle = guards.keys().filter(|name| !wanted.contains_key(**name));
    faults.extend(idle.map(|name| format!("{name} is guarded, and nothing has that name")));
    faults
}

fn index(
    what: &str,
    item: &Item,
    which: &str,
    (pk, sk): (&str, &str),
    said: Option<&Index>,
) -> Option<String> {
    let stored = (text(item, pk), text(item, sk));
    let implied = said.map_or(("", ""), |index| (index.pk.as_str(), index.sk.as_str()));
    (stored != implied)
        .then(|| format!("{what} is in {which} as {stored:?}, and belongs there as {implied:?}"))
}

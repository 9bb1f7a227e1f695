//! Nothing is left of what is gone: each thing's parents are there.
//!
//! What may outlive its project on purpose: sessions of console access, orders and certificates with their bundles, which are
//! history until they expire; and data keys, which open what a backup holds.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::application::{Application, ApplicationProfile};
use model::aws_auth::AwsAuth;
use model::certificate_authority::CertificateAuthority;
use model::certificate_policy::CertificatePolicy;
use model::certificate_profile::CertificateProfile;
use model::certificate_sync::{CertificateSync, CertificateSyncRun, Slot};
use model::client_secret::ClientSecret;
use model::connection::Connection;
use model::id::{ConnectionId, ProjectId};
use model::identity::{AuthMethod, Identity};
use model::key_rotation::{KeyRotation, RotationState};
use model::lockout::LockoutRecord;
use model::membership::{ActorKind, Membership};
use model::oidc_auth::OidcAuth;
use model::pam::{PamAccount, PamResource};
use model::permission::Scope;
use model::recording::{Chunk, Recording, RecordingConfig};
use model::secret_sync::{Owned, SecretSync, SecretSyncDrift, SecretSyncRun, SecretSyncWatches};
use model::tag::Tag;
use model::universal_auth::UniversalAuth;
use store::Entity;

use super::Books;

/// The parents of a thing, by their keys.
type Parents = Vec<String>;

fn project(id: ProjectId) -> String {
    format!("PROJECT#{id}")
}

fn connection(id: ConnectionId) -> String {
    format!("CONNECTION#{id}")
}

pub(super) fn faults(books: &Books) -> Vec<String> {
    let mut faults = of_projects(books);
    faults.extend(of_certificates(books));
    faults.extend(of_partitions(books));
    faults.extend(of_identities(books));
    faults
}

/// A thing of which a parent is gone.
fn orphans<T: Entity>(books: &Books, parents: impl Fn(&T) -> Parents) -> Vec<String> {
    let gone = |thing: &T| -> Vec<String> {
        let absent = parents(thing).into_iter().filter(|parent| !books.has_own(parent));
        absent
            .map(|parent| format!("{} at {} is left of {parent}, which is gone", T::KIND, thing.keys().sk))
            .collect()
    };
    books.all::<T>().iter().flat_map(gone).collect()
}

fn of_projects(books: &Books) -> Vec<String> {
    let mut faults = orphans(books, |one: &Connection| match one.scope {
        Scope::Project(id) => vec![project(id)],
        Scope::Organization => Vec::new(),
    });
    faults.extend(orphans(books, |one: &Membership| {
        // The administrator that the stack names is stored nowhere: its id is the organisation's.
        let built_in = one.actor_id == one.organization_id.to_string();
        let machine = one.actor_kind == ActorKind::Identity && !built_in;
        let machine = machine.then(|| format!("IDENTITY#{}", one.actor_id));
        machine.into_iter().chain([project(one.project_id)]).collect()
    }));
    faults.extend(orphans(books, |one: &PamResource| vec![project(one.project_id)]));
    faults.extend(orphans(books, |one: &PamAccount| {
        vec![project(one.project_id), format!("PAM_RESOURCE#{}", one.resource_id)]
    }));
    faults.extend(orphans(books, |one: &SecretSync| {
        vec![project(one.project_id), connection(one.connection_id)]
    }));
    faults.extend(orphans(books, |one: &KeyRotation| {
        vec![project(one.project_id), connection(one.connection_id)]
    }));
    faults.extend(orphans(books, |one: &RecordingConfig| {
        vec![project(one.project_id), connection(one.connection_id)]
    }));
    faults.extend(orphans(books, |one: &Recording| vec![project(one.project_id)]));
    faults.extend(orphans(books, |one: &Tag| vec![project(one.project_id)]));
    faults
}

fn of_certificates(books: &Books) -> Vec<String> {
    let mut faults = orphans(books, |one: &CertificateAuthority| {
        let connections = one.configuration.connections().into_iter().map(connection);
        connections.chain([project(one.project_id)]).collect()
    });
    faults.extend(orphans(books, |one: &CertificatePolicy| vec![project(one.project_id)]));
    faults.extend(orphans(books, |one: &CertificateProfile| {
        let (authority, policy) = (one.ca_id, one.certificate_policy_id);
        let authority = format!("CERTIFICATE_AUTHORITY#{authority}");
        vec![project(one.project_id), authority, format!("CERTIFICATE_POLICY#{policy}")]
    }));
    faults.extend(orphans(books, |one: &Application| vec![project(one.project_id)]));
    faults.extend(orphans(books, |one: &ApplicationProfile| {
        let profile = format!("CERTIFICATE_PROFILE#{}", one.profile_id);
        vec![format!("APPLICATION#{}", one.application_id), profile]
    }));
    faults.extend(orphans(books, |one: &CertificateSync| {
        let application = format!("APPLICATION#{}", one.application_id);
        vec![project(one.project_id), connection(one.connection_id), application]
    }));
    faults
}

/// What lives in one partition, and comes and goes together.
fn of_partitions(books: &Books) -> Vec<String> {
    let mut faults = orphans(books, |one: &Chunk| vec![format!("RECORDING#{}", one.session_id)]);
    let mut missing = |what: String, there: bool| {
        if !there {
            faults.push(what);
        }
    };
    let ids: HashSet<_> = books.all::<SecretSync>().iter().map(|sync| sync.id).collect();
    let runs: HashMap<_, _> = books.all::<SecretSyncRun>().into_iter().map(|run| (run.id, run)).collect();
    for (id, run) in &runs {
        missing(format!("the run state of secret sync {id} has no sync"), run.deleted || ids.contains(id));
    }
    let drifts: HashSet<_> = books.all::<SecretSyncDrift>().iter().map(|drift| drift.id).collect();
    for id in ids {
        let living = runs.get(&id).is_some_and(|run| !run.deleted);
        missing(format!("secret sync {id} has no run state"), living);
        missing(format!("secret sync {id} has no drift check"), drifts.contains(&id));
    }
    let watches = books.all::<SecretSyncWatches>().into_iter().map(|watches| (watches.id, "a watch list"));
    let owned = books.all::<Owned>().into_iter().map(|owned| (owned.secret_sync_id, "a ledger entry"));
    let drifts = drifts.into_iter().map(|id| (id, "a drift check"));
    for (id, what) in drifts.chain(watches).chain(owned) {
        missing(format!("{what} is left of secret sync {id}"), runs.contains_key(&id));
    }
    let ids: HashSet<_> = books.all::<KeyRotation>().iter().map(|rotation| rotation.id).collect();
    let states = books.all::<RotationState>();
    for state in &states {
        let ended = state.ending.is_some();
        missing(
            format!("the state of key rotation {} has no rotation", state.id),
            ended != ids.contains(&state.id),
        );
    }
    let states: HashSet<_> = states.into_iter().map(|state| state.id).collect();
    for id in ids {
        missing(format!("key rotation {id} has no state"), states.contains(&id));
    }
    let ids: HashSet<_> = books.all::<CertificateSync>().iter().map(|sync| sync.id).collect();
    let runs: HashMap<_, _> =
        books.all::<CertificateSyncRun>().into_iter().map(|run| (run.id, run)).collect();
    for (id, run) in &runs {
        missing(
            format!("the run state of certificate sync {id} has no sync"),
            run.deleted != ids.contains(id),
        );
    }
    for id in ids {
        missing(format!("certificate sync {id} has no run state"), runs.contains_key(&id));
    }
    for slot in books.all::<Slot>() {
        let sync = slot.certificate_sync_id;
        missing(
            format!("certificate {} is left of certificate sync {sync}", slot.id),
            runs.contains_key(&sync),
        );
    }
    faults
}

fn of_identities(books: &Books) -> Vec<String> {
    let key = |id| format!("IDENTITY#{id}");
    let mut faults = orphans(books, |one: &UniversalAuth| vec![key(one.identity_id)]);
    faults.extend(orphans(books, |one: &AwsAuth| vec![key(one.identity_id)]));
    faults.extend(orphans(books, |one: &OidcAuth| vec![key(one.identity_id)]));
    faults.extend(orphans(books, |one: &ClientSecret| vec![key(one.identity_id)]));
    faults.extend(orphans(books, |one: &LockoutRecord| vec![key(one.identity_id)]));
    let universal: HashMap<_, _> =
        books.all::<UniversalAuth>().into_iter().map(|one| (one.identity_id, one.id)).collect();
    for secret in books.all::<ClientSecret>() {
        if universal.get(&secret.identity_id) != Some(&secret.universal_auth_id) {
            faults.push(format!(
                "client secret {} is left of universal auth {}",
                secret.id, secret.universal_auth_id
            ));
        }
    }
    for identity in books.all::<Identity>() {
        let there = |position: &str| books.has(&key(identity.id), position);
        let stored: BTreeSet<&str> = [
            (AuthMethod::Universal, "AUTH#UNIVERSAL"),
            (AuthMethod::Aws, "AUTH#AWS"),
            (AuthMethod::Oidc, "AUTH#OIDC"),
        ]
        .into_iter()
        .filter(|(_, position)| there(position))
        .map(|(method, _)| method.name())
        .collect();
        let said: BTreeSet<&str> = identity.auth_methods.iter().map(|method| method.name()).collect();
        if said != stored {
            faults.push(format!("identity {} says it logs in by {said:?}, and has {stored:?}", identity.id));
        }
    }
    faults
}

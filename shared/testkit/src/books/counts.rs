//! Counters: what each says, and what counts on it.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use model::application::{Application, ApplicationProfile};
use model::certificate::Spend;
use model::certificate::order::Order;
use model::certificate_authority::CertificateAuthority;
use model::certificate_policy::CertificatePolicy;
use model::certificate_profile::CertificateProfile;
use model::certificate_sync::{CertificateSync, CertificateSyncRun, Slot};
use model::connection::{Connection, DependentKind};
use model::id::{ConnectionId, ProjectId};
use model::key_rotation::{KeyRotation, RotationState};
use model::pam::{PamAccount, PamResource};
use model::permission::Scope;
use model::project::Project;
use model::recording::RecordingConfig;
use model::secret_sync::SecretSync;
use store::Entity;

use super::Books;

/// What a counter says, and what counts on it.
struct Count<'a> {
    of: &'a dyn Display,
    what: &'a str,
    says: i64,
    counted: i64,
}

impl Count<'_> {
    fn fault<T: Entity>(self) -> Option<String> {
        let Self { of, what, says, counted } = self;
        (says != counted).then(|| format!("{} {of} says {says} {what}, and there are {counted}", T::KIND))
    }
}

/// How often each occurs.
fn tally<K: Eq + Hash>(keys: impl IntoIterator<Item = K>) -> HashMap<K, i64> {
    let mut counts = HashMap::new();
    for key in keys {
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}

fn counted<K: Eq + Hash>(counts: &HashMap<K, i64>, key: &K) -> i64 {
    counts.get(key).copied().unwrap_or_default()
}

pub(super) fn faults(books: &Books) -> Vec<String> {
    let mut faults = of_projects(books);
    faults.extend(of_connections(books));
    faults.extend(of_certificate_objects(books));
    let accounts = tally(books.all::<PamAccount>().iter().map(|account| account.resource_id));
    faults.extend(books.all::<PamResource>().iter().filter_map(|resource| {
        let counted = counted(&accounts, &resource.id);
        Count { of: &resource.id, what: "accounts", says: resource.accounts, counted }.fault::<PamResource>()
    }));
    faults
}

fn of_projects(books: &Books) -> Vec<String> {
    let scoped = |connection: &Connection| match connection.scope {
        Scope::Project(project) => Some(project),
        Scope::Organization => None,
    };
    let projects = |ids: Vec<ProjectId>| tally(ids);
    let connections = projects(books.all::<Connection>().iter().filter_map(scoped).collect());
    let resources = projects(books.all::<PamResource>().iter().map(|one| one.project_id).collect());
    let syncs = projects(books.all::<SecretSync>().iter().map(|one| one.project_id).collect());
    // One that ends counts until its keys are gone.
    let rotations = projects(books.all::<RotationState>().iter().map(|one| one.project_id).collect());
    let configs = projects(books.all::<RecordingConfig>().iter().map(|one| one.project_id).collect());
    let authorities = books.all::<CertificateAuthority>().into_iter().map(|one| one.project_id);
    let policies = books.all::<CertificatePolicy>().into_iter().map(|one| one.project_id);
    let profiles = books.all::<CertificateProfile>().into_iter().map(|one| one.project_id);
    let applications = books.all::<Application>().into_iter().map(|one| one.project_id);
    let objects = projects(authorities.chain(policies).chain(profiles).chain(applications).collect());
    let mut faults = Vec::new();
    for project in books.all::<Project>() {
        for (what, says, counts) in [
            ("connections", project.connections, &connections),
            ("PAM resources", project.pam_resources, &resources),
            ("secret syncs", project.secret_syncs, &syncs),
            ("key rotations", project.key_rotations, &rotations),
            ("certificate objects", project.certificate_objects, &objects),
            ("recording configurations", project.recording_configs, &configs),
        ] {
            let counted = counted(counts, &project.id);
            faults.extend(Count { of: &project.id, what, says, counted }.fault::<Project>());
        }
    }
    faults
}

/// What uses each connection.
fn dependents(books: &Books) -> HashMap<(ConnectionId, &'static str), i64> {
    let ended = books.all::<RotationState>().into_iter().filter_map(|state| state.ending);
    let rotations = books.all::<KeyRotation>().into_iter().chain(ended.map(|rotation| *rotation));
    let uses =
        |kind: DependentKind, ids: Vec<ConnectionId>| ids.into_iter().map(move |id| (id, kind.attribute()));
    let syncs = books.all::<SecretSync>().iter().map(|one| one.connection_id).collect();
    let authorities =
        books.all::<CertificateAuthority>().iter().flat_map(|one| one.configuration.connections()).collect();
    let certificate_syncs = books.all::<CertificateSync>().iter().map(|one| one.connection_id).collect();
    let configs = books.all::<RecordingConfig>().iter().map(|one| one.connection_id).collect();
    tally(
        uses(DependentKind::SecretSync, syncs)
            .chain(uses(DependentKind::KeyRotation, rotations.map(|one| one.connection_id).collect()))
            .chain(uses(DependentKind::CertificateAuthority, authorities))
            .chain(uses(DependentKind::CertificateSync, certificate_syncs))
            .chain(uses(DependentKind::RecordingConfig, configs)),
    )
}

fn of_connections(books: &Books) -> Vec<String> {
    let uses = dependents(books);
    let mut faults = Vec::new();
    for connection in books.all::<Connection>() {
        for kind in DependentKind::ALL {
            let what = kind.attribute();
            let (says, counted) = (connection.dependents.count(kind), counted(&uses, &(connection.id, what)));
            faults.extend(Count { of: &connection.id, what, says, counted }.fault::<Connection>());
        }
    }
    faults
}

fn of_certificate_objects(books: &Books) -> Vec<String> {
    let (profiles, attached) = (books.all::<CertificateProfile>(), books.all::<ApplicationProfile>());
    let of_authority = tally(profiles.iter().map(|profile| profile.ca_id));
    let of_policy = tally(profiles.iter().map(|profile| profile.certificate_policy_id));
    let of_profile = tally(attached.iter().map(|one| one.profile_id));
    let of_application = tally(attached.iter().map(|one| one.application_id));
    let syncs = tally(books.all::<CertificateSync>().iter().map(|sync| sync.application_id));
    let slots = books.all::<Slot>().into_iter().filter(|slot| slot.wanted.is_attached());
    let slots = tally(slots.map(|slot| slot.certificate_sync_id));
    let paid = books
        .all::<Order>()
        .into_iter()
        .filter_map(|order| order.progress.paid.map(|paid| (order.certificate_authority_id, paid.month)));
    let paid = tally(paid);
    let mut faults = Vec::new();
    for one in books.all::<CertificateAuthority>() {
        let counted = counted(&of_authority, &one.id);
        let count = Count { of: &one.id, what: "profiles", says: one.profiles, counted };
        faults.extend(count.fault::<CertificateAuthority>());
    }
    for one in books.all::<CertificatePolicy>() {
        let counted = counted(&of_policy, &one.id);
        let count = Count { of: &one.id, what: "profiles", says: one.profiles, counted };
        faults.extend(count.fault::<CertificatePolicy>());
    }
    for one in profiles {
        let counted = counted(&of_profile, &one.id);
        let count = Count { of: &one.id, what: "applications", says: one.applications, counted };
        faults.extend(count.fault::<CertificateProfile>());
    }
    for one in books.all::<Application>() {
        let (profiles, syncs) = (counted(&of_application, &one.id), counted(&syncs, &one.id));
        for (what, says, counted) in
            [("profiles", one.profiles, profiles), ("syncs", one.certificate_syncs, syncs)]
        {
            faults.extend(Count { of: &one.id, what, says, counted }.fault::<Application>());
        }
    }
    for one in books.all::<CertificateSyncRun>() {
        let counted = counted(&slots, &one.id);
        // A deleted sync keeps its slots until a worker has cleaned up, and nobody asks how many.
        if !one.deleted {
            faults.extend(
                Count { of: &one.id, what: "certificates", says: one.slots, counted }
                    .fault::<CertificateSyncRun>(),
            );
        }
    }
    for one in books.all::<Spend>() {
        let counted = counted(&paid, &(one.certificate_authority_id, one.month.clone()));
        let of = format!("of {} in {}", one.certificate_authority_id, one.month);
        faults.extend(Count { of: &of, what: "orders", says: one.orders, counted }.fault::<Spend>());
    }
    faults
}

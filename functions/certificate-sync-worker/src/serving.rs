//! What endpoints serve after a deploy: never a reason to fail but when they go on serving what was replaced. An endpoint
//! follows its listener a while later, and until it can be supposed to have, it is looked at again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::certificate::AltName;
use model::certificate_sync::slot::{Answer, Placed, Served};
use model::certificate_sync::{DestinationConfig, Listener};
use model::id::CertificateSlotId;
use placement::served::{Answer as Seen, Endpoint, Meant, Question};

use crate::carry::Carried;
use crate::lease::Lease;
use crate::target::Target;

/// A load balancer serves what its listener has within seconds; after this it does not.
const TOO_LONG: Duration = Duration::from_secs(10 * 60);

/// With less time left nothing is looked at, but later.
const LEAST: Duration = Duration::from_secs(45);

/// So many names of a certificate are asked for.
const NAMES: usize = 5;

/// Looks at the endpoints of what was changed, and of what the last look left to be looked at again; answers the slots that are
/// to be looked at again, and whether they have been stale for too long.
pub(crate) async fn look(
    lease: &Lease<'_>,
    target: &Target,
    carried: &mut Carried<'_>,
) -> BTreeMap<CertificateSlotId, bool> {
    let mut again = BTreeMap::new();
    let DestinationConfig::AwsElasticLoadBalancer { region, load_balancer_arn, listeners } =
        &target.sync.destination
    else {
        return again;
    };
    let asked: BTreeSet<CertificateSlotId> =
        target.read.keys().copied().filter(|slot| is_to_be_asked(carried, *slot)).collect();
    if asked.is_empty() {
        return again;
    }
    if lease.deadline.is_near(LEAST) {
        return put_off(asked, carried);
    }
    let balancer = match carried.hands.balancers().await {
        Ok(balancers) => balancers.one(load_balancer_arn.as_str()).await,
        Err(error) => Err(error),
    };
    let balancer = match balancer {
        Ok(Some(balancer)) => balancer,
        Err(error) if error.is_passing() => return put_off(asked, carried),
        Ok(None) | Err(_) => return again,
    };
    let mut seen: BTreeMap<CertificateSlotId, Vec<Served>> =
        asked.iter().map(|slot| (*slot, Vec::new())).collect();
    for listener in listeners {
        let Ok(endpoint) = Endpoint::of(&balancer, listener.port, region.partition()) else { continue };
        let subjects = subjects(target, carried, &asked, listener);
        let earlier: Vec<Vec<&str>> = subjects.iter().map(Subject::earlier).collect();
        let asked = subjects.iter().zip(&earlier);
        let questions: Vec<Question<'_>> =
            asked.map(|(subject, earlier)| subject.question(earlier)).collect();
        let answers = lease.worker.served.check(&endpoint, &questions).await;
        for (subject, answer) in subjects.iter().zip(answers) {
            let served = subject.served(lease, listener, &endpoint.to_string(), answer, carried);
            seen.entry(subject.slot).or_default().push(served);
        }
    }
    for (slot, served) in seen {
        if served.iter().any(may_change) {
            let mut old = served.iter().filter(|one| matches!(one.answer, Answer::Stale { .. }));
            again.insert(slot, old.any(is_long_since));
        }
        if carried.slots.book.held(slot).is_some_and(|held| held.unseen || held.served != served) {
            carried.slots.book.amend(slot, |held| (held.served, held.unseen) = (served, false));
            carried.slots.note([slot]);
        }
    }
    again
}

/// These are looked at another time.
fn put_off(
    asked: BTreeSet<CertificateSlotId>,
    carried: &mut Carried<'_>,
) -> BTreeMap<CertificateSlotId, bool> {
    for slot in &asked {
        carried.slots.book.amend(*slot, |held| held.unseen = true);
    }
    carried.slots.note(asked.iter().copied());
    asked.into_iter().map(|slot| (slot, false)).collect()
}

fn is_to_be_asked(carried: &Carried<'_>, slot: CertificateSlotId) -> bool {
    let Some(held) = carried.slots.book.held(slot) else { return false };
    held.placed.is_some()
        && !carried.forgotten.contains(&slot)
        && (carried.touched.contains(&slot) || held.unseen || held.served.iter().any(may_change))
}

/// Whether another look may find something else: what is stale is to go, and what is foreign may be what the listener served
/// before.
fn may_change(served: &Served) -> bool {
    match served.answer {
        Answer::Stale { .. } => true,
        Answer::Foreign { .. } => !is_long_since(served),
        Answer::Meant | Answer::Unreachable { .. } => false,
    }
}

fn is_long_since(served: &Served) -> bool {
    served.since.plus(TOO_LONG) <= served.at
}

/// One question, and what it is about.
#[derive(Debug)]
struct Subject {
    slot: CertificateSlotId,
    host: Option<String>,
    placed: Placed,
    earlier: Vec<String>,
}

impl Subject {
    fn earlier(&self) -> Vec<&str> {
        self.earlier.iter().map(String::as_str).collect()
    }

    fn question<'q>(&'q self, earlier: &'q [&'q str]) -> Question<'q> {
        Question {
            host: self.host.as_deref(),
            meant: Meant {
                fingerprint_sha256: &self.placed.fingerprint_sha256,
                key: self.placed.key_algorithm,
                earlier,
            },
        }
    }

    fn served(
        &self,
        lease: &Lease<'_>,
        listener: &Listener,
        endpoint: &str,
        answer: Seen,
        carried: &Carried<'_>,
    ) -> Served {
        let now = lease.now();
        let answer = match answer {
            Seen::Meant => Answer::Meant,
            Seen::Stale { fingerprint_sha256 } => Answer::Stale { fingerprint_sha256 },
            Seen::Foreign { fingerprint_sha256 } => Answer::Foreign { fingerprint_sha256 },
            Seen::Unreachable { reason } => Answer::Unreachable { reason: reason.to_string() },
        };
        let before = carried.slots.book.held(self.slot).and_then(|held| {
            held.served.iter().find(|one| {
                one.listener_arn == listener.listener_arn
                    && one.server_name == self.host
                    && one.answer == answer
            })
        });
        Served {
            listener_arn: listener.listener_arn.clone(),
            endpoint: endpoint.to_owned(),
            server_name: self.host.clone(),
            since: before.map_or(now, |before| before.since),
            answer,
            at: now,
        }
    }
}

fn subjects(
    target: &Target,
    carried: &Carried<'_>,
    asked: &BTreeSet<CertificateSlotId>,
    listener: &Listener,
) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for slot in asked {
        let (Some(read), Some(held)) = (target.read.get(slot), carried.slots.book.held(*slot)) else {
            continue;
        };
        let Some(placed) = held.placed.clone().filter(|_| read.wanted.is_attached()) else { continue };
        let Some(certificate) = target.certificates.get(&placed.certificate_id) else { continue };
        let others = [read.wanted.previous, Some(read.wanted.certificate_id)].into_iter().flatten();
        let previous = others.filter_map(|id| target.certificates.get(&id));
        let previous = previous.map(|one| one.facts.fingerprint_sha256.clone());
        let retired = held.retired.iter().map(|one| one.fingerprint_sha256.clone());
        let earlier: Vec<String> =
            previous.chain(retired).filter(|one| *one != placed.fingerprint_sha256).collect();
        let names = certificate.facts.alt_names.iter().filter_map(AltName::dns);
        let mut hosts: Vec<Option<String>> = names.take(NAMES).map(|name| Some(name.to_owned())).collect();
        let is_default = held.listeners.iter().any(|record| {
            record.listener_arn == listener.listener_arn && record.default.as_ref() == Some(&placed.arn)
        });
        hosts.extend(is_default.then_some(None));
        subjects.extend(hosts.into_iter().map(|host| Subject {
            slot: *slot,
            host,
            placed: placed.clone(),
            earlier: earlier.clone(),
        }));
    }
    subjects
}

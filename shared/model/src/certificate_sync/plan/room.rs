//! Whether a load balancer has room for what is to be added to it.

use std::collections::{BTreeMap, BTreeSet};

use super::CERTIFICATES_PER_LOAD_BALANCER;
use super::found::FoundListener;
use super::rule::Rule;

/// What load balancers serve by name, as it changes step by step. AWS does not say whether a certificate that is on two
/// listeners counts twice; what it may count once is counted once here, so that nothing is refused that AWS takes.
#[derive(Debug)]
pub(super) struct Rooms {
    /// By load balancer and listener.
    served: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Load balancers whose quota was raised: nobody here knows to what.
    raised: BTreeSet<String>,
}

impl Rooms {
    pub(super) fn of(listeners: &[FoundListener]) -> Self {
        let mut rooms = Self { served: BTreeMap::new(), raised: BTreeSet::new() };
        for listener in listeners {
            let balancer = rooms.served.entry(listener.load_balancer_arn.clone()).or_default();
            balancer.insert(listener.arn.clone(), listener.listed.clone());
        }
        let full = |balancer: &&String| rooms.count(balancer) > CERTIFICATES_PER_LOAD_BALANCER;
        rooms.raised = rooms.served.keys().filter(full).cloned().collect();
        rooms
    }

    /// What goes makes room.
    pub(super) fn remove(&mut self, listener: &FoundListener, certificate: &str) {
        let balancer = self.served.get_mut(&listener.load_balancer_arn);
        if let Some(served) = balancer.and_then(|balancer| balancer.get_mut(&listener.arn)) {
            served.remove(certificate);
        }
    }

    /// Takes room for all of `wanted`, or for nothing of it.
    pub(super) fn take(&mut self, wanted: &[(&FoundListener, String)]) -> Result<(), Rule> {
        let before = self.served.clone();
        for (listener, certificate) in wanted {
            let balancer = self.served.entry(listener.load_balancer_arn.clone()).or_default();
            balancer.entry(listener.arn.clone()).or_default().insert(certificate.clone());
        }
        for (listener, _) in wanted {
            let arn = &listener.load_balancer_arn;
            let now = self.count(arn);
            let had = count(before.get(arn));
            if now > CERTIFICATES_PER_LOAD_BALANCER && now > had && !self.raised.contains(arn) {
                self.served = before;
                return Err(Rule::NoRoom {
                    load_balancer_arn: arn.clone(),
                    has: had,
                    limit: CERTIFICATES_PER_LOAD_BALANCER,
                });
            }
        }
        Ok(())
    }

    fn count(&self, balancer: &str) -> usize {
        count(self.served.get(balancer))
    }
}

fn count(balancer: Option<&BTreeMap<String, BTreeSet<String>>>) -> usize {
    balancer.into_iter().flat_map(BTreeMap::values).flatten().collect::<BTreeSet<_>>().len()
}

//! All that listeners ever served.

use model::Timestamp;

use super::choice::choose;
use super::{Fleet, State};

/// A certificate on a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its ARN.
    pub arn: String,
    /// SHA-256, hexadecimal in lower case.
    pub fingerprint: String,
    /// Its names.
    pub names: Vec<String>,
    /// `EC_prime256v1`
    pub key_algorithm: String,
    /// Since when it holds.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

/// What a listener serves from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Since when.
    pub since: Timestamp,
    /// What made it so: an action, or `somebody else`.
    pub by: String,
    /// The default.
    pub default: Option<Shown>,
    /// The list for SNI, in the order in which they came.
    pub sni: Vec<Shown>,
}

impl Shown {
    /// Whether it is for a host.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.names.iter().map(|name| name.to_ascii_lowercase()).any(|name| match name.strip_prefix("*.") {
            Some(parent) => {
                host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
            }
            None => name == host,
        })
    }

    pub(super) fn key_bits(&self) -> u32 {
        let size = self.key_algorithm.trim_start_matches(|c: char| !c.is_ascii_digit());
        let size = size.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        size.parse().unwrap_or_default()
    }
}

impl Moment {
    /// What a client gets that takes anything and asks for `host`, or for none.
    #[must_use]
    pub fn serves(&self, host: Option<&str>) -> Option<&Shown> {
        choose(self.default.as_ref(), &self.sni, host, |_| true)
    }

    /// Whether a client that asks for `host` gets a certificate that is for it and holds.
    #[must_use]
    pub fn is_well(&self, host: &str) -> bool {
        self.serves(Some(host)).is_some_and(|shown| {
            shown.covers(host) && shown.not_before <= self.since && self.since < shown.not_after
        })
    }
}

impl Fleet {
    /// All that a listener ever served, the first moment first.
    #[must_use]
    pub fn history(&self, listener: &str) -> Vec<Moment> {
        self.state().history.get(listener).cloned().unwrap_or_default()
    }

    /// The moments, after `host` was first served well, at which a client that asks for it got no certificate that is for it
    /// and holds.
    #[must_use]
    pub fn gaps(&self, listener: &str, host: &str) -> Vec<Moment> {
        let history = self.history(listener);
        history
            .into_iter()
            .skip_while(|moment| !moment.is_well(host))
            .filter(|one| !one.is_well(host))
            .collect()
    }

    /// What a client gets now.
    #[must_use]
    pub fn serves(&self, listener: &str, host: Option<&str>) -> Option<Shown> {
        let mut state = self.state();
        state.remember("time");
        state.history.get(listener)?.last()?.serves(host).cloned()
    }
}

impl State {
    /// Keeps what each listener serves now, where it differs.
    pub(super) fn remember(&mut self, by: &str) {
        let shown = |arn: &String| {
            let told = &self.certificates.get(arn)?.told;
            Some(Shown {
                arn: told.arn.clone(),
                fingerprint: told.fingerprint.clone(),
                names: told.names.clone(),
                key_algorithm: told.key_algorithm.clone(),
                not_before: told.not_before,
                not_after: told.not_after,
            })
        };
        let mut moments = Vec::new();
        for listener in self.listeners.values() {
            let default = listener.default.as_ref().and_then(shown);
            let sni: Vec<Shown> = listener.sni.iter().filter_map(shown).collect();
            let last = self.history.get(&listener.arn).and_then(|all| all.last());
            if last.is_none_or(|last| last.default != default || last.sni != sni) {
                moments.push((
                    listener.arn.clone(),
                    Moment { since: self.now, by: by.to_owned(), default, sni },
                ));
            }
        }
        for (listener, moment) in moments {
            self.history.entry(listener).or_default().push(moment);
        }
    }
}

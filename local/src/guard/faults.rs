//! Faults on demand.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use http::Response;
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::principals::Principal;
use super::wire::Refusal;
use crate::http::Dropped;

/// A fault and the calls that it meets. An absent filter meets every call.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The signing name.
    pub service: Option<String>,
    /// The operation.
    pub action: Option<String>,
    /// Part of a resource that the call names.
    pub resource: Option<String>,
    /// Part of the caller's ARN, for example a function's name.
    pub principal: Option<String>,
    /// So many matching calls pass first.
    #[serde(default)]
    pub after: u32,
    /// So many calls are met; 0 means all, until the fault is deleted.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens.
    pub effect: Effect,
}

/// What happens to a call.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Effect {
    /// AWS answers with an error and does nothing.
    Error {
        /// The HTTP status.
        status: u16,
        /// For example `ThrottlingException`.
        code: String,
        /// The error's text.
        #[serde(default)]
        message: String,
    },
    /// The call is done later.
    Latency {
        /// How much later.
        milliseconds: u64,
    },
    /// AWS does it, and the caller never hears of it.
    Lost,
    /// The connection is closed before AWS gets the call.
    Reset,
    /// AWS never gets the call, and the caller hears nothing until the connection is closed.
    Silence {
        /// Until then.
        milliseconds: u64,
    },
    /// AWS does so many calls a second and refuses the others: its throttling. With `times` 0 until it is deleted.
    Throttle {
        /// The rate; so many at once, too.
        #[serde(rename = "perSecond")]
        per_second: u32,
        /// The error's code, which differs between services.
        #[serde(default = "throttling")]
        code: String,
    },
}

fn throttling() -> String {
    "ThrottlingException".to_owned()
}

fn once() -> u32 {
    1
}

impl Effect {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Error { .. } => "error",
            Self::Latency { .. } => "latency",
            Self::Lost => "lost",
            Self::Reset => "reset",
            Self::Silence { .. } => "silence",
            Self::Throttle { .. } => "throttle",
        }
    }
}

/// What the caller hears of `act` when that happens to it. `refuse` words an error in the protocol of the call.
pub(crate) async fn suffer(
    effect: Option<&Effect>,
    refuse: impl FnOnce(&Refusal) -> Response<Bytes>,
    act: impl Future<Output = Response<Bytes>>,
) -> Result<Response<Bytes>, Dropped> {
    match effect {
        Some(Effect::Error { status, code, message }) => {
            return Ok(refuse(&Refusal::new(*status, code, message.as_str())));
        }
        Some(Effect::Throttle { code, .. }) => {
            return Ok(refuse(&Refusal::new(400, code, "Rate exceeded")));
        }
        Some(Effect::Reset) => return Err(Dropped),
        Some(Effect::Silence { milliseconds }) => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            return Err(Dropped);
        }
        Some(Effect::Latency { milliseconds }) => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
        }
        Some(Effect::Lost) | None => {}
    }
    let answer = act.await;
    if matches!(effect, Some(Effect::Lost)) { Err(Dropped) } else { Ok(answer) }
}

impl Fault {
    fn meets(&self, call: &Call, principal: Option<&Principal>) -> bool {
        let same =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        same(&self.service, &call.service)
            && same(&self.action, &call.action)
            && self.resource.as_ref().is_none_or(|part| {
                call.permissions.iter().any(|permission| permission.resource.contains(part))
            })
            && self
                .principal
                .as_ref()
                .is_none_or(|part| principal.is_some_and(|principal| principal.arn.contains(part)))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Waiting>>);

/// A fault, and the calls that a throttle has let through within the last second.
#[derive(Debug)]
struct Waiting {
    fault: Fault,
    passed: VecDeque<Duration>,
}

impl Waiting {
    /// Whether a throttle has room for one more call at this time; it is taken then.
    fn lets_through(&mut self, now: Duration) -> bool {
        let Effect::Throttle { per_second, .. } = self.fault.effect else { return false };
        while self.passed.front().is_some_and(|at| *at + Duration::from_secs(1) <= now) {
            self.passed.pop_front();
        }
        let room = self.passed.len() < usize::try_from(per_second).unwrap_or(usize::MAX);
        if room {
            self.passed.push_back(now);
        }
        room
    }
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        if let Ok(mut faults) = self.0.lock() {
            faults.push(Waiting { fault, passed: VecDeque::new() });
        }
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        let faults = self.0.lock().ok();
        faults.iter().flat_map(|faults| faults.iter()).map(|waiting| waiting.fault.clone()).collect()
    }

    pub(crate) fn clear(&self) {
        if let Ok(mut faults) = self.0.lock() {
            faults.clear();
        }
    }

    /// The effect on this call at this time, of the oldest fault that is due; it is used up by that.
    pub(crate) fn take(&self, call: &Call, principal: Option<&Principal>, now: Duration) -> Option<Effect> {
        let mut faults = self.0.lock().ok()?;
        let mut due = None;
        for (index, waiting) in faults.iter_mut().enumerate() {
            if !waiting.fault.meets(call, principal) {
                continue;
            }
            if waiting.fault.after > 0 {
                waiting.fault.after -= 1;
                continue;
            }
            if waiting.lets_through(now) {
                continue;
            }
            due = Some(index);
            break;
        }
        let index = due?;
        let effect = faults[index].fault.effect.clone();
        match faults[index].fault.times {
            0 => {}
            1 => {
                faults.remove(index);
            }
            _ => faults[index].fault.times -= 1,
        }
        Some(effect)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeMap;
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::super::call::{Call, Permission};
    use super::Faults;

    fn faults(fault: Value) -> Faults {
        let faults = Faults::default();
        faults.add(serde_json::from_value(fault).unwrap());
        faults
    }

    fn call(action: &str) -> Call {
        Call {
            service: "sts".to_owned(),
            action: action.to_owned(),
            region: "us-east-1".to_owned(),
            permissions: vec![Permission { action: format!("sts:{action}"), resource: "role/a".to_owned() }],
            details: BTreeMap::new(),
        }
    }

    fn effects(faults: &Faults, actions: &[&str]) -> Vec<Option<&'static str>> {
        let at = Duration::from_secs(1_000);
        actions
            .iter()
            .map(|action| faults.take(&call(action), None, at).map(|effect| effect.name()))
            .collect()
    }

    #[test]
    fn a_throttle_lets_so_many_calls_of_a_second_through() {
        let faults = faults(json!({
            "action": "PutParameter", "times": 0, "effect": {"kind": "throttle", "perSecond": 3},
        }));
        let refused = |milliseconds: &[u64]| {
            let at = milliseconds.iter().map(|at| Duration::from_millis(*at));
            at.map(|at| faults.take(&call("PutParameter"), None, at).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(refused(&[0, 100, 200, 300, 999]), [false, false, false, true, true]);
        // The first of the three is a second ago.
        assert_eq!(refused(&[1_000, 1_001]), [false, true]);
        assert_eq!(effects(&faults, &["GetParameters"]), [None]);
    }

    #[test]
    fn a_fault_meets_so_many_calls_of_its_action() {
        let faults = faults(json!({"action": "AssumeRole", "times": 2, "effect": {"kind": "lost"}}));
        assert_eq!(
            effects(&faults, &["AssumeRole", "GetCallerIdentity", "AssumeRole", "AssumeRole"]),
            [Some("lost"), None, Some("lost"), None]
        );
    }

    #[test]
    fn a_fault_can_wait_for_the_second_call() {
        let faults = faults(json!({"after": 1, "effect": {"kind": "reset"}}));
        assert_eq!(effects(&faults, &["A", "B", "C"]), [None, Some("reset"), None]);
    }

    #[test]
    fn a_fault_without_end_stays() {
        let faults = faults(json!({
            "resource": "role/a", "times": 0,
            "effect": {"kind": "error", "status": 400, "code": "Throttling"},
        }));
        assert_eq!(effects(&faults, &["A", "A", "A"]), [Some("error"); 3]);
    }

    #[test]
    fn a_fault_for_another_caller_does_not_meet_an_unknown_one() {
        let faults = faults(json!({"principal": "Connections", "effect": {"kind": "lost"}}));
        assert_eq!(effects(&faults, &["A"]), [None]);
    }
}

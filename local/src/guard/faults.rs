//! Faults on demand.

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
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        if let Ok(mut faults) = self.0.lock() {
            faults.push(fault);
        }
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.0.lock().map(|faults| faults.clone()).unwrap_or_default()
    }

    pub(crate) fn clear(&self) {
        if let Ok(mut faults) = self.0.lock() {
            faults.clear();
        }
    }

    /// The effect on this call, of the oldest fault that is due; it is used up by that.
    pub(crate) fn take(&self, call: &Call, principal: Option<&Principal>) -> Option<Effect> {
        let mut faults = self.0.lock().ok()?;
        let mut due = None;
        for (index, fault) in faults.iter_mut().enumerate() {
            if !fault.meets(call, principal) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            due = Some(index);
            break;
        }
        let index = due?;
        let effect = faults[index].effect.clone();
        match faults[index].times {
            0 => {}
            1 => {
                faults.remove(index);
            }
            _ => faults[index].times -= 1,
        }
        Some(effect)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeMap;

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
        actions.iter().map(|action| faults.take(&call(action), None).map(|effect| effect.name())).collect()
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

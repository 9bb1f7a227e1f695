//! Faults by chance: a share of all calls that the functions make goes wrong, as AWS does on a bad day.
//!
//! It meets the sessions of the deployment's own roles and those of customers' roles that they assumed. Roots, users and
//! presigned URLs are left alone: those are the tests' own, and a customer's.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::faults::Effect;
use super::principals::Principal;

/// One fault in so many lasts: the same caller's next calls of the same action meet it, too. An SDK tries three times, so
/// that without these hardly any fault would ever reach the functions' own code.
const ONE_IN: u8 = 5;
/// So many calls more, within so long.
const LASTS_FOR: u32 = 3;
const LASTS: Duration = Duration::from_secs(8);

/// How much goes wrong.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chaos {
    /// Of a hundred calls, so many.
    pub percent: f64,
    /// What the dice begin with.
    #[serde(default)]
    pub seed: u64,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Mishap {
    Throttled,
    Broken,
    Lost,
    Reset,
}

impl Mishap {
    const ALL: [Self; 4] = [Self::Throttled, Self::Broken, Self::Lost, Self::Reset];

    const fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Broken => "broken",
            Self::Lost => "lost",
            Self::Reset => "reset",
        }
    }

    /// In the words of the service.
    fn effect(self, service: &str) -> Effect {
        let error = |(status, code, message): (u16, &str, &str)| Effect::Error {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        };
        match self {
            Self::Throttled => error(throttled(service)),
            Self::Broken => error(broken(service)),
            Self::Lost => Effect::Lost,
            Self::Reset => Effect::Reset,
        }
    }
}

/// How a service throttles: status, code and text.
fn throttled(service: &str) -> (u16, &'static str, &'static str) {
    match service {
        "dynamodb" => (
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded",
        ),
        "s3" => (503, "SlowDown", "Please reduce your request rate."),
        "sqs" => (403, "RequestThrottled", "Request is throttled."),
        "ec2" => (503, "RequestLimitExceeded", "Request limit exceeded."),
        "iam" | "sts" | "route53" | "elasticloadbalancing" => (400, "Throttling", "Rate exceeded"),
        "signin" => (429, "TooManyRequests", "Too many requests"),
        _ => (400, "ThrottlingException", "Rate exceeded"),
    }
}

/// How a service fails by its own fault.
fn broken(service: &str) -> (u16, &'static str, &'static str) {
    match service {
        "dynamodb" | "ssm" => (500, "InternalServerError", "Internal server error"),
        "iam" => (500, "ServiceFailure", "The request processing has failed because of an unknown error"),
        "kms" => (500, "KMSInternalException", "An internal error occurred"),
        "s3" => (500, "InternalError", "We encountered an internal error. Please try again."),
        "secretsmanager" => (500, "InternalServiceError", "An error occurred on the server side."),
        "sqs" | "sts" | "route53" | "signin" => (503, "ServiceUnavailable", "Service is unavailable"),
        _ => (500, "InternalFailure", "The request processing has failed because of an unknown error"),
    }
}

/// What has been injected, by service and by what it was.
pub(crate) type Injected = BTreeMap<String, BTreeMap<&'static str, u64>>;

/// The dice, and what they have done.
#[derive(Debug, Default)]
pub(crate) struct Dice(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    playing: Option<(Chaos, fastrand::Rng)>,
    lasting: Vec<Lasting>,
    calls: u64,
    injected: Injected,
}

/// A fault that lasts: whom it meets at what, until when, how often still.
#[derive(Debug)]
struct Lasting {
    caller: String,
    service: String,
    action: String,
    mishap: Mishap,
    until: Duration,
    left: u32,
}

impl Dice {
    /// From now on so much goes wrong, or nothing more.
    pub(crate) fn set(&self, chaos: Option<Chaos>) {
        if let Ok(mut table) = self.0.lock() {
            table.playing = chaos.map(|chaos| (chaos, fastrand::Rng::with_seed(chaos.seed)));
            table.lasting.clear();
        }
    }

    /// How many calls could have gone wrong, and what did.
    pub(crate) fn injected(&self) -> (u64, Injected) {
        self.0.lock().map(|table| (table.calls, table.injected.clone())).unwrap_or_default()
    }

    /// What happens to this call by this caller, if anything.
    pub(crate) fn take(&self, call: &Call, caller: Option<&Principal>, now: Duration) -> Option<Effect> {
        let caller = caller.filter(|caller| is_ours(caller))?;
        let mut table = self.0.lock().ok()?;
        let table = &mut *table;
        let (chaos, dice) = table.playing.as_mut()?;
        table.calls += 1;
        table.lasting.retain(|lasting| lasting.left > 0 && lasting.until > now);
        let again = table.lasting.iter_mut().find(|lasting| {
            lasting.caller == caller.arn && lasting.service == call.service && lasting.action == call.action
        });
        let mishap = match again {
            Some(lasting) => {
                lasting.left -= 1;
                lasting.mishap
            }
            None => {
                // Those that last count, too: the share of all calls is the one that was asked for.
                let mean = 1.0 + f64::from(LASTS_FOR) / f64::from(ONE_IN);
                if dice.f64() * 100.0 * mean >= chaos.percent {
                    return None;
                }
                let mishap = dice.choice(Mishap::ALL)?;
                if dice.u8(..ONE_IN) == 0 {
                    table.lasting.push(Lasting {
                        caller: caller.arn.clone(),
                        service: call.service.clone(),
                        action: call.action.clone(),
                        mishap,
                        until: now + LASTS,
                        left: LASTS_FOR,
                    });
                }
                mishap
            }
        };
        *table.injected.entry(call.service.clone()).or_default().entry(mishap.name()).or_default() += 1;
        Some(mishap.effect(&call.service))
    }
}

/// Whether the functions make this call: by a role of the deployment, or by one that such a role has assumed.
fn is_ours(caller: &Principal) -> bool {
    let by_own = caller.role_arn.as_deref().is_some_and(|role| role.contains(":role/drawbridge/"));
    caller.is_role_session() && (by_own || caller.chained)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use super::super::call::Call;
    use super::super::principals::Principal;
    use super::{Chaos, Dice};

    fn call(service: &str) -> Call {
        Call {
            service: service.to_owned(),
            action: "GetItem".to_owned(),
            region: "us-east-1".to_owned(),
            permissions: Vec::new(),
            details: BTreeMap::new(),
        }
    }

    fn session(role_arn: &str, chained: bool) -> Principal {
        Principal {
            role_arn: Some(role_arn.to_owned()),
            chained,
            ..Principal::new("arn:aws:sts::111111111111:assumed-role/r/s")
        }
    }

    fn own() -> Principal {
        session("arn:aws:iam::111111111111:role/drawbridge/stack/secrets/r", false)
    }

    /// What happens to so many calls, one each second.
    fn effects(dice: &Dice, caller: &Principal, calls: u64) -> Vec<Option<&'static str>> {
        let at = |second| Duration::from_secs(second);
        let happens = |second| dice.take(&call("dynamodb"), Some(caller), at(second));
        (0..calls).map(|second| happens(second).map(|effect| effect.name())).collect()
    }

    #[test]
    fn so_many_of_a_hundred_calls_go_wrong_in_every_way() {
        let dice = Dice::default();
        dice.set(Some(Chaos { percent: 5.0, seed: 7 }));
        let seen = effects(&dice, &own(), 20_000);
        let wrong = seen.iter().flatten().count();
        assert!((900..1_100).contains(&wrong), "{wrong} of 20,000");
        let kinds: BTreeSet<_> = seen.into_iter().flatten().collect();
        assert_eq!(kinds, BTreeSet::from(["error", "lost", "reset"]));
        let (calls, injected) = dice.injected();
        assert_eq!((calls, injected["dynamodb"].values().sum::<u64>()), (20_000, wrong as u64));
        assert_eq!(injected["dynamodb"].len(), 4);
    }

    #[test]
    fn some_faults_last_longer_than_an_sdk_tries() {
        let dice = Dice::default();
        dice.set(Some(Chaos { percent: 5.0, seed: 7 }));
        let seen = effects(&dice, &own(), 20_000);
        let longest = seen.split(Option::is_none).map(<[_]>::len).max();
        assert!(longest >= Some(4), "{longest:?}");
    }

    #[test]
    fn the_same_seed_is_the_same_day() {
        let days: Vec<_> = [3, 3, 4]
            .map(|seed| {
                let dice = Dice::default();
                dice.set(Some(Chaos { percent: 30.0, seed }));
                effects(&dice, &own(), 200)
            })
            .into();
        assert_eq!(days[0], days[1]);
        assert_ne!(days[0], days[2]);
    }

    #[test]
    fn roots_users_and_others_roles_are_left_alone_and_assumed_ones_are_not() {
        let dice = Dice::default();
        dice.set(Some(Chaos { percent: 100.0, seed: 1 }));
        let customers = session("arn:aws:iam::222222222222:role/customers", false);
        let root = Principal::new("arn:aws:iam::222222222222:root");
        for left_alone in [&customers, &root] {
            assert_eq!(effects(&dice, left_alone, 3), [None; 3]);
        }
        let assumed = session("arn:aws:iam::222222222222:role/customers", true);
        assert!(effects(&dice, &assumed, 10).iter().any(Option::is_some));
        dice.set(None);
        assert_eq!(effects(&dice, &assumed, 3), [None; 3]);
    }
}

//! What each function does in the flows, and what its policy allows: the same.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use tests::guard::Call;
use tests::system::run;
use tests::template::{Function, Template};

use super::seldom;
use crate::tour::tour;

/// Logs and traces are written, and messages taken, by Lambda in the role's name, past the guard.
const BY_LAMBDA: [&str; 5] =
    ["logs:", "xray:", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];

/// A function, the actions of its policy, and how often the guard saw each that it used.
struct Use {
    function: Function,
    allowed: BTreeSet<String>,
    seen: BTreeMap<String, usize>,
    denied: Vec<Call>,
}

impl Use {
    fn of(function: Function, template: &Template, calls: &[Call]) -> Result<Self> {
        let role = format!("-{}-", function.role);
        let own = calls.iter().filter(|call| call.role().is_some_and(|name| name.contains(&role)));
        let (mut seen, mut denied) = (BTreeMap::new(), Vec::new());
        for call in own {
            for permission in &call.permissions {
                *seen.entry(permission.action.clone()).or_default() += 1;
            }
            if is_our_own_denial(call) {
                denied.push(call.clone());
            }
        }
        let actions = template.policy(&function.role)?.into_iter().flat_map(|statement| statement.actions);
        let allowed = actions.filter(|action| !BY_LAMBDA.iter().any(|done| action.starts_with(done)));
        Ok(Self { allowed: allowed.collect(), function, seen, denied })
    }

    /// A line of the table: how many actions are allowed, how many of them were seen, and each with its calls.
    fn line(&self) -> String {
        let seen = self.allowed.iter().filter(|action| self.seen.contains_key(*action)).count();
        let each: Vec<String> = self.seen.iter().map(|(action, calls)| format!("{action} {calls}")).collect();
        format!("| {} | {} | {seen} | {} |", self.function.crate_name, self.allowed.len(), each.join(", "))
    }

    fn faults(&self) -> Vec<String> {
        let name = &self.function.crate_name;
        let mut faults = Vec::new();
        if !self.denied.is_empty() {
            faults.push(format!("{name} tried what it may not: {:?}", self.denied));
        }
        let excess = self.seen.keys().filter(|action| !self.allowed.contains(*action));
        faults.extend(excess.map(|action| format!("{name} uses {action}, which its policy does not allow")));
        let idle = self.allowed.iter().filter(|action| !self.seen.contains_key(*action));
        faults.extend(idle.map(|action| format!("{name} may do {action}, which nothing uses")));
        faults
    }
}

#[test]
fn each_function_uses_every_action_of_its_policy_and_no_other() -> Result<()> {
    run(|system| async move {
        tokio::try_join!(tour(system), seldom::rotation(system), seldom::certificate(system))?;
        let (template, calls) = (Template::read()?, system.guard.calls_after(0).await?);
        let uses: Vec<Use> = template
            .functions()?
            .into_iter()
            .map(|function| Use::of(function, &template, &calls))
            .collect::<Result<_>>()?;
        let lines: Vec<String> = uses.iter().map(Use::line).collect();
        let head = "| function | actions allowed | of them seen | calls |\n|---|---|---|---|";
        println!("\n{head}\n{}\n", lines.join("\n"));
        let faults: Vec<String> = uses.iter().flat_map(Use::faults).collect();
        ensure!(faults.is_empty(), "{}", faults.join("\n"));
        Ok(())
    })
}

/// A denial that our own policy is the reason of: a customer's role that refuses us is none.
fn is_our_own_denial(call: &Call) -> bool {
    call.action != "AssumeRole" && call.error.as_deref().is_some_and(|code| code.contains("AccessDenied"))
}

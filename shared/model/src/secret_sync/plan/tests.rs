//! The rules one by one, and the promises over everything that proptest thinks of.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documents;
mod imports;
mod keys;
mod messages;
mod names;
mod promises;
mod taking_over;
mod world;

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::*;
use crate::secret_sync::{InitialSyncBehavior, Tag};
use world::World;

fn config(text: &str) -> DestinationConfig {
    let value = match text {
        "one-to-one" => {
            json!({ "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "one-to-one" })
        }
        "many-to-one" => json!({
            "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "all"
        }),
        path => json!({ "destination": "aws-parameter-store", "region": "us-east-1", "path": path }),
    };
    serde_json::from_value(value).unwrap()
}

/// What a place is borrowed from.
#[derive(Debug, Clone)]
struct Case {
    sync: SecretSyncId,
    account: AccountId,
    config: DestinationConfig,
    affixes: Affixes,
    options: SyncOptions,
}

impl Case {
    fn of(config: &str) -> Self {
        Self {
            sync: "11111111-1111-4111-8111-111111111111".parse().unwrap(),
            account: "123456789012".parse().unwrap(),
            config: self::config(config),
            affixes: Affixes::default(),
            options: SyncOptions::new(InitialSyncBehavior::OverwriteDestination),
        }
    }

    fn place(&self) -> Place<'_> {
        let Self { sync, account, config, affixes, options } = self;
        Place { sync: *sync, account, config, affixes, options }
    }

    fn wanted(&self, keys: &[(&str, &str)]) -> Vec<Wanted> {
        wanted(&self.place(), keys.iter().map(|(key, value)| ((*key).to_owned(), Ok(content(value)))))
    }

    /// A plan of a later run.
    fn plan(&self, world: &World, keys: &[(&str, &str)]) -> Plan {
        self.run(world, Run::default(), &self.wanted(keys))
    }

    fn first(&self, world: &World, keys: &[(&str, &str)]) -> Plan {
        self.run(world, Run { adopts: Adoption::All, ..Run::default() }, &self.wanted(keys))
    }

    fn run(&self, world: &World, run: Run<'_>, wanted: &[Wanted]) -> Plan {
        let place = self.place();
        let ledger = world.ledger();
        plan(&place, run, wanted, &world.found(self, &names_to_read(&place, wanted)), &ledger)
    }
}

fn content(value: &str) -> Content {
    Content { value: SecretString::from(value), metadata: Vec::new(), version: 1 }
}

fn verbs(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| format!("{} {}", step.verb(), step.name)).collect()
}

fn rules(plan: &Plan) -> Vec<String> {
    plan.failures.iter().map(|failure| format!("{}: {}", failure.subject(), failure.rule)).collect()
}

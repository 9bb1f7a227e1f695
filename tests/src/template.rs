//! `template.yaml` as data: what is deployed, read from the page that deploys it.
//!
//! Only what the fences ask for is modelled. CloudFormation's tags (`!Ref`, `!Sub`, …) are kept as written, and
//! conditions are taken as on AWS, that is outside development.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_yaml_ng::Value;

use crate::source::workspace;

/// The condition of the template that leaves statements' conditions out for stand-ins of AWS.
const DEVELOPMENT: &str = "Development";

/// The template.
#[derive(Debug)]
pub struct Template {
    document: Value,
}

/// A function of the template.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name in the template.
    pub logical_id: String,
    /// The crate that it is built from.
    pub crate_name: String,
    /// The name of its role in the template.
    pub role: String,
    /// The names of its environment variables, those of `Globals` included.
    pub environment: BTreeSet<String>,
    /// What it answers.
    pub routes: Vec<TemplateRoute>,
    /// The queues whose messages it takes.
    pub queues: Vec<QueueEvent>,
    /// The schedules that start it.
    pub schedules: Vec<Schedule>,
}

/// A queue that starts a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEvent {
    /// The queue's name in the template.
    pub queue: String,
    /// How many messages it gets at once.
    pub batch_size: u64,
    /// Whether it says which messages of a batch it could not handle.
    pub tells_failures: bool,
}

/// A schedule that starts a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub expression: String,
    /// What the function is told.
    pub input: String,
    /// The role that starts it, as written.
    pub role: String,
    /// The queue of what could not be started, as written.
    pub dead_letters: String,
    /// How often EventBridge tries again.
    pub retries: u64,
}

/// A route of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRoute {
    /// The function that answers it, by its crate.
    pub crate_name: String,
    /// The method, or `ANY`.
    pub method: String,
    /// The path, with its parameters in braces.
    pub path: String,
    /// Whether the authorizer is not asked.
    pub open: bool,
}

/// A statement of a role's policy or of a key's.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its name.
    pub sid: String,
    /// What it allows.
    pub actions: Vec<String>,
    /// On what, as written.
    pub resources: Vec<String>,
    /// On which condition, as written; empty when there is none.
    pub condition: String,
}

impl Template {
    /// Reads the workspace's template.
    ///
    /// # Errors
    /// When it is not there or not YAML.
    pub fn read() -> Result<Self> {
        let text = fs::read_to_string(workspace().join("template.yaml")).context("read template.yaml")?;
        Ok(Self { document: serde_yaml_ng::from_str(&text).context("parse template.yaml")? })
    }

    /// The resources of a type, by name.
    pub fn resources<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let resources = self.document.get("Resources").and_then(Value::as_mapping).into_iter().flatten();
        resources
            .filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind))
            .filter_map(|(name, resource)| Some((name.as_str()?, resource)))
    }

    /// A resource by its name.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn resource(&self, name: &str) -> Result<&Value> {
        let found = self.document.get("Resources").and_then(|resources| resources.get(name));
        found.with_context(|| format!("template.yaml has no resource {name}"))
    }

    /// A property that all functions have from `Globals`.
    #[must_use]
    pub fn of_all_functions(&self, name: &str) -> Option<&Value> {
        self.document.get("Globals")?.get("Function")?.get(name)
    }

    /// The functions.
    ///
    /// # Errors
    /// When one has no code folder or no role of its own.
    pub fn functions(&self) -> Result<Vec<Function>> {
        self.resources("AWS::Serverless::Function")
            .map(|(name, resource)| {
                self.function(name, resource).with_context(|| format!("read {name} of template.yaml"))
            })
            .collect()
    }

    /// The routes of all functions.
    ///
    /// # Errors
    /// As [`Template::functions`].
    pub fn routes(&self) -> Result<Vec<TemplateRoute>> {
        Ok(self.functions()?.into_iter().flat_map(|function| function.routes).collect())
    }

    /// What a role may do.
    ///
    /// # Errors
    /// When the role is not in the template.
    pub fn policy(&self, role: &str) -> Result<Vec<Statement>> {
        let policies = property(self.resource(role)?, "Policies").and_then(Value::as_sequence);
        let policies = policies.with_context(|| format!("{role} has no policies"))?;
        Ok(policies.iter().filter_map(|policy| policy.get("PolicyDocument")).flat_map(statements).collect())
    }

    /// What a KMS key's own policy allows.
    ///
    /// # Errors
    /// When the key is not in the template.
    pub fn key_policy(&self, key: &str) -> Result<Vec<Statement>> {
        let policy = property(self.resource(key)?, "KeyPolicy");
        Ok(statements(policy.with_context(|| format!("{key} has no policy"))?))
    }

    fn function(&self, name: &str, resource: &Value) -> Result<Function> {
        let code = property(resource, "CodeUri").and_then(Value::as_str).context("no CodeUri")?;
        let crate_name = code.strip_prefix("functions/").context("CodeUri is not under functions/")?;
        let role = written(property(resource, "Role").context("no Role")?);
        let role = role.strip_prefix("!GetAtt ").and_then(|role| role.strip_suffix(".Arn"));
        let globals = self.document.get("Globals").and_then(|globals| globals.get("Function"));
        let environments = [globals, resource.get("Properties")];
        let environment = environments
            .into_iter()
            .flatten()
            .filter_map(|place| place.get("Environment")?.get("Variables")?.as_mapping())
            .flat_map(|variables| variables.keys().filter_map(Value::as_str).map(str::to_owned));
        let (mut routes, mut queues, mut schedules) = (Vec::new(), Vec::new(), Vec::new());
        for (name, event) in property(resource, "Events").and_then(Value::as_mapping).into_iter().flatten() {
            let read = || format!("read the event {}", written(name));
            match event.get("Type").and_then(Value::as_str) {
                Some("HttpApi") => routes.push(route(crate_name, event).with_context(read)?),
                Some("SQS") => queues.push(queue_event(event).with_context(read)?),
                Some("ScheduleV2") => schedules.push(schedule(event).with_context(read)?),
                kind => bail!("the fences do not know events of the type {kind:?}"),
            }
        }
        Ok(Function {
            logical_id: name.to_owned(),
            crate_name: crate_name.to_owned(),
            role: role.context("Role is not a role of this template")?.to_owned(),
            environment: environment.collect(),
            routes,
            queues,
            schedules,
        })
    }
}

/// A property of a resource.
#[must_use]
pub fn property<'a>(resource: &'a Value, name: &str) -> Option<&'a Value> {
    resource.get("Properties")?.get(name)
}

/// A value in one line, tags included: `!GetAtt Table.Arn`.
#[must_use]
pub fn written(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => value.clone(),
        Value::Sequence(values) => {
            format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Mapping(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{}: {}", written(name), written(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Tagged(tagged) => format!("{} {}", tagged.tag, written(&tagged.value)),
    }
}

fn route(crate_name: &str, event: &Value) -> Result<TemplateRoute> {
    let text = |name: &str| {
        let value = property(event, name).and_then(Value::as_str);
        value.map(str::to_owned).with_context(|| format!("no {name}"))
    };
    let open = match property(event, "Auth").and_then(|auth| auth.get("Authorizer")) {
        None => false,
        Some(authorizer) if authorizer.as_str() == Some("NONE") => true,
        Some(other) => bail!("the authorizer {} is not the API's", written(other)),
    };
    Ok(TemplateRoute {
        crate_name: crate_name.to_owned(),
        method: text("Method")?,
        path: text("Path")?,
        open,
    })
}

fn queue_event(event: &Value) -> Result<QueueEvent> {
    let queue = written(property(event, "Queue").context("no Queue")?);
    let queue = queue.strip_prefix("!GetAtt ").and_then(|queue| queue.strip_suffix(".Arn"));
    let answers = property(event, "FunctionResponseTypes").map(written);
    Ok(QueueEvent {
        queue: queue.context("Queue is not a queue of this template")?.to_owned(),
        batch_size: property(event, "BatchSize").and_then(Value::as_u64).context("no BatchSize")?,
        tells_failures: answers.as_deref() == Some("[ReportBatchItemFailures]"),
    })
}

fn schedule(event: &Value) -> Result<Schedule> {
    let field = |name: &str| property(event, name).map(written).with_context(|| format!("no {name}"));
    let retries = property(event, "RetryPolicy").and_then(|policy| policy.get("MaximumRetryAttempts"));
    let dead_letters = property(event, "DeadLetterConfig").and_then(|config| config.get("Arn"));
    Ok(Schedule {
        expression: field("ScheduleExpression")?,
        input: field("Input")?,
        role: field("RoleArn")?,
        dead_letters: dead_letters.map(written).context("no DeadLetterConfig")?,
        retries: retries.and_then(Value::as_u64).context("no RetryPolicy")?,
    })
}

fn statements(document: &Value) -> Vec<Statement> {
    let statements = document.get("Statement").and_then(Value::as_sequence).into_iter().flatten();
    statements
        .map(|statement| Statement {
            sid: statement.get("Sid").map(written).unwrap_or_default(),
            actions: list(statement.get("Action")),
            resources: list(statement.get("Resource")),
            condition: statement
                .get("Condition")
                .map(|value| written(outside_development(value)))
                .unwrap_or_default(),
        })
        .collect()
}

/// One text or several.
fn list(value: Option<&Value>) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(Value::Sequence(values)) => values.iter().map(written).collect(),
        Some(
            one @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Mapping(_)
            | Value::Tagged(_)),
        ) => vec![written(one)],
    }
}

/// `!If [Development, in development, otherwise]` as it is on AWS.
fn outside_development(value: &Value) -> &Value {
    let Value::Tagged(tagged) = value else { return value };
    match tagged.value.as_sequence().map(Vec::as_slice) {
        Some([condition, _, otherwise]) if tagged.tag == "If" && condition.as_str() == Some(DEVELOPMENT) => {
            otherwise
        }
        Some(_) | None => value,
    }
}

//! What clients send to make and change a rotation.

use serde_json::Value;

use super::key::AccessKeyId;
use super::progress::{Trigger, Wanted};
use super::{KeyRotation, Parameters, Schedule, SecretsMapping, Timings, UtcTime};
use crate::form::{Fault, Form, Read, Rule, rule};
use crate::id::{ConnectionId, ProjectId};
use crate::secret::SecretPath;

/// The body of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The name, a slug.
    pub name: String,
    /// The project.
    pub project_id: ProjectId,
    /// The description, as it was given.
    pub description: Option<String>,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The slug of the environment.
    pub environment: String,
    /// The path of the folder.
    pub secret_path: SecretPath,
    /// Whose keys.
    pub parameters: Parameters,
    /// Which secrets.
    pub secrets_mapping: SecretsMapping,
    /// When.
    pub schedule: Schedule,
    /// Ours, additive: how gently.
    pub timings: Timings,
    /// Ours, additive.
    pub revoke_on_delete: bool,
    /// Ours, additive: the keys of the user that the rotation may have.
    pub take_over: TakeOver,
}

/// Which keys of the user the rotation may have besides those that it makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TakeOver {
    /// None.
    #[default]
    Nothing,
    /// All that are there at the create.
    All,
    /// These.
    These(Vec<AccessKeyId>),
}

/// The body of a change. What is absent stays as it is; the connection and the place cannot change, and are ignored, as
/// Terraform sends them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The new name.
    pub name: Option<String>,
    /// The new description: `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// Whether it happens by itself.
    pub is_auto_rotation_enabled: Option<bool>,
    /// Every so many days.
    pub interval_days: Option<u32>,
    /// At this time of day.
    pub rotate_at_utc: Option<UtcTime>,
    /// Whose keys.
    pub parameters: Option<Parameters>,
    /// The new names of the secrets.
    pub secrets_mapping: Option<SecretsMapping>,
    /// How gently.
    pub timings: Option<Timings>,
    /// Whether deleting it deletes its keys.
    pub revoke_on_delete: Option<bool>,
}

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.required("name", rule::slug(1, 64));
        let project_id = form.required("projectId", rule::id());
        let description = form.nullish("description", rule::string(0, 256));
        let connection_id = form.required("connectionId", rule::id());
        let environment = form.required("environment", rule::slug(1, 64));
        let secret_path = form.required("secretPath", rule::parsed());
        let parameters = form.object("parameters", parameters);
        let secrets_mapping = form.object("secretsMapping", secrets_mapping);
        let is_auto_rotation_enabled = form.or("isAutoRotationEnabled", rule::boolean(), true);
        let interval_days = form.required("rotationInterval", days());
        let rotate_at_utc = form.nullish_object("rotateAtUtc", time_of_day);
        let timings = form.nullish_object("timings", timings);
        let revoke_on_delete = form.or("revokeOnDelete", rule::boolean(), false);
        let take_over = form.nullish("takeOverExistingKeys", take_over());
        Some(Self {
            name: name?,
            project_id: project_id?,
            description: description?,
            connection_id: connection_id?,
            environment: environment?,
            secret_path: secret_path?,
            parameters: parameters?,
            secrets_mapping: secrets_mapping?,
            schedule: Schedule {
                is_auto_rotation_enabled: is_auto_rotation_enabled?,
                interval_days: interval_days?,
                rotate_at_utc: rotate_at_utc?.unwrap_or_default(),
            },
            timings: timings?.unwrap_or_default(),
            revoke_on_delete: revoke_on_delete?,
            take_over: take_over?.unwrap_or_default(),
        })
    }
}

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.optional("name", rule::slug(1, 64));
        let described = form.names("description");
        let description = form.nullish("description", rule::string(0, 256));
        let is_auto_rotation_enabled = form.optional("isAutoRotationEnabled", rule::boolean());
        let interval_days = form.optional("rotationInterval", days());
        let rotate_at_utc = form.nullish_object("rotateAtUtc", time_of_day);
        let parameters = form.nullish_object("parameters", parameters);
        let secrets_mapping = form.nullish_object("secretsMapping", secrets_mapping);
        let timings = form.nullish_object("timings", timings);
        let revoke_on_delete = form.optional("revokeOnDelete", rule::boolean());
        Some(Self {
            name: name?,
            description: described.then_some(description?),
            is_auto_rotation_enabled: is_auto_rotation_enabled?,
            interval_days: interval_days?,
            rotate_at_utc: rotate_at_utc?,
            parameters: parameters?,
            secrets_mapping: secrets_mapping?,
            timings: timings?,
            revoke_on_delete: revoke_on_delete?,
        })
    }
}

impl Update {
    /// The rotation with this change.
    #[must_use]
    pub fn onto(&self, rotation: &KeyRotation) -> KeyRotation {
        let (read, schedule) = (rotation.clone(), rotation.schedule);
        KeyRotation {
            name: self.name.clone().unwrap_or(read.name),
            description: self.description.clone().unwrap_or(read.description),
            parameters: self.parameters.clone().unwrap_or(read.parameters),
            secrets_mapping: self.secrets_mapping.clone().unwrap_or(read.secrets_mapping),
            schedule: Schedule {
                is_auto_rotation_enabled: self
                    .is_auto_rotation_enabled
                    .unwrap_or(schedule.is_auto_rotation_enabled),
                interval_days: self.interval_days.unwrap_or(schedule.interval_days),
                rotate_at_utc: self.rotate_at_utc.unwrap_or(schedule.rotate_at_utc),
            },
            timings: self.timings.unwrap_or(read.timings),
            revoke_on_delete: self.revoke_on_delete.unwrap_or(read.revoke_on_delete),
            ..read
        }
    }
}

/// The body of a rotation that somebody asks for, which clients leave empty: what it makes of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotateNow(pub Wanted);

impl Read for RotateNow {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let ignores_use = form.or("ignoreUseOfPreviousKey", rule::boolean(), false);
        Some(Self(Wanted::Rotation { trigger: Trigger::Manual, ignores_use: ignores_use? }))
    }
}

fn parameters(form: &mut Form<'_>) -> Option<Parameters> {
    let user_name = form.required("userName", user_name());
    let region = form.nullish("region", rule::parsed());
    let own_key = form.or("ownKey", rule::boolean(), false);
    Some(Parameters { user_name: user_name?, region: region?, own_key: own_key? })
}

/// The name of an IAM user (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>): what is none
/// would reach into a policy that names the user.
fn user_name() -> impl Rule<Output = String> {
    rule::text(|text| {
        let name = text.trim();
        let sound = (1..=64).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
        if sound {
            Ok(name.to_owned())
        } else {
            Err(vec![Fault::custom("Must be the name of an IAM user: 1 to 64 letters, digits and _+=,.@-")])
        }
    })
}

fn secrets_mapping(form: &mut Form<'_>) -> Option<SecretsMapping> {
    let access_key_id = form.required("accessKeyId", rule::parsed());
    let secret_access_key = form.required("secretAccessKey", rule::parsed());
    Some(SecretsMapping { access_key_id: access_key_id?, secret_access_key: secret_access_key? })
}

fn time_of_day(form: &mut Form<'_>) -> Option<UtcTime> {
    let part = |form: &mut Form<'_>, name: &str, most| {
        form.required(name, rule::integer(0, most)).and_then(|number| u8::try_from(number).ok())
    };
    let (hours, minutes) = (part(form, "hours", 23), part(form, "minutes", 59));
    Some(UtcTime { hours: hours?, minutes: minutes? })
}

fn timings(form: &mut Form<'_>) -> Option<Timings> {
    let hours = |form: &mut Form<'_>, name: &str, least| {
        let read = form.nullish(name, rule::integer(least, u64::from(Timings::LONGEST_HOURS)))?;
        Some(read.and_then(|hours| u32::try_from(hours).ok()))
    };
    let overlap_hours = hours(form, "overlapHours", 1);
    let quiet_hours = hours(form, "quietHours", 0);
    let grace_hours = hours(form, "graceHours", 0);
    Some(Timings { overlap_hours: overlap_hours?, quiet_hours: quiet_hours?, grace_hours: grace_hours? })
}

/// A number of days, as a number or as a text of one.
fn days() -> impl Rule<Output = u32> {
    rule::json("number", |value| {
        let most = u64::from(Schedule::LONGEST_DAYS);
        let days = match value {
            Value::String(text) => rule::numeral(1, most).read(&Value::from(text.trim()))?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                rule::integer(1, most).read(value)?
            }
        };
        u32::try_from(days).map_err(|_| vec![Fault::custom("Expected a number of days")])
    })
}

fn take_over() -> impl Rule<Output = TakeOver> {
    rule::json("boolean", |value| match value {
        Value::Bool(true) => Ok(TakeOver::All),
        Value::Bool(false) => Ok(TakeOver::Nothing),
        Value::Array(_) => rule::list(1, 2, rule::parsed()).read(value).map(TakeOver::These),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(vec![Fault::wrong_type("boolean", value)])
        }
    })
}

//! What clients send to create and change a connection.

use secrecy::SecretString;
use serde_json::Value;

use super::Method;
use crate::arn::RoleArn;
use crate::form::{Fault, Form, Read, Rule, rule};
use crate::sts_endpoint::{self, StsEndpoint, StsEndpointFault};

const NO_GATEWAY: &str = "Gateways are not supported for AWS connections";
const NO_PLATFORM_CREDENTIALS: &str = "Platform-managed credentials are not supported for AWS connections";
const NO_ROTATION: &str = "Credential rotation is not supported for AWS connections";

/// The body of a create.
#[derive(Debug)]
pub struct Create {
    /// The name, a slug.
    pub name: String,
    /// The description, as it was given.
    pub description: Option<String>,
    /// The project, unparsed: what is no project's id is an unknown project, not a malformed request.
    pub project_id: Option<String>,
    /// Brought along from where the External ID was the organisation's (`version` 1).
    pub legacy: bool,
    /// How to get into the account.
    pub credentials: Credentials,
}

/// The body of a change.
#[derive(Debug)]
pub struct Update {
    /// The new name, if any.
    pub name: Option<String>,
    /// The new description: `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The new credentials, if any.
    pub credentials: Option<Credentials>,
}

/// Credentials as a client gives them.
#[derive(Debug)]
pub enum Credentials {
    /// For `assume-role`.
    AssumeRole {
        /// The role.
        role_arn: RoleArn,
        /// The STS endpoint; an AWS host without a region that we know is refused by another status.
        sts_endpoint: Option<Result<StsEndpoint, StsEndpointFault>>,
    },
    /// For `access-key`.
    AccessKey {
        /// The public half.
        access_key_id: String,
        /// The secret half.
        secret_access_key: SecretString,
    },
}

impl Credentials {
    /// The method that they are for.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::AssumeRole { .. } => Method::AssumeRole,
            Self::AccessKey { .. } => Method::AccessKey,
        }
    }
}

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.required("name", rule::slug(1, 64));
        let description = form.nullish("description", rule::string(0, 256));
        let project_id = form.optional("projectId", rule::trimmed(0, 64));
        let legacy = form.or("version", wire_version(), false);
        let method = form.required("method", rule::one_of(Method::NAMES));
        // Without a method nobody knows what the credentials should be; but they must be there.
        let credentials =
            form.object("credentials", |form| method.and_then(|method| credentials(form, method)));
        unsupported(form);
        Some(Self {
            name: name?,
            description: description?,
            project_id: project_id?,
            legacy: legacy?,
            credentials: credentials?,
        })
    }
}

impl Read for Update {
    // Its `method` and `projectId` cannot change and are ignored, as clients send them.
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.optional("name", rule::slug(1, 64));
        let description = form.optional("description", description());
        let credentials = match form.optional("credentials", object()) {
            Some(Some(())) => form.object("credentials", |form| {
                // The shape tells the method; whether it fits the stored one is not a question of form.
                let key = ["accessKeyId", "secretAccessKey", "secretKey"].iter().any(|name| form.has(name));
                credentials(form, if key { Method::AccessKey } else { Method::AssumeRole }).map(Some)
            }),
            Some(None) => Some(None),
            None => None,
        };
        unsupported(form);
        Some(Self { name: name?, description: description?, credentials: credentials? })
    }
}

/// A description where `null` means: remove it.
fn description() -> impl Rule<Output = Option<String>> {
    rule::json("string", |value| match value {
        Value::Null => Ok(None),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            rule::string(0, 256).read(value).map(Some)
        }
    })
}

/// Any object; its fields are read by another rule.
fn object() -> impl Rule<Output = ()> {
    rule::json("object", |value| match value {
        Value::Object(_) => Ok(()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(vec![Fault::wrong_type("object", value)])
        }
    })
}

fn unsupported(form: &mut Form<'_>) {
    form.absent("gatewayId", NO_GATEWAY);
    form.absent("gatewayPoolId", NO_GATEWAY);
    form.absent("isPlatformManagedCredentials", NO_PLATFORM_CREDENTIALS);
    form.absent("isAutoRotationEnabled", NO_ROTATION);
    form.absent("rotation", NO_ROTATION);
}

fn credentials(form: &mut Form<'_>, method: Method) -> Option<Credentials> {
    match method {
        Method::AssumeRole => {
            let role_arn = form.required("roleArn", role_arn());
            let sts_endpoint = form.optional("stsEndpoint", sts_endpoint());
            Some(Credentials::AssumeRole { role_arn: role_arn?, sts_endpoint: sts_endpoint? })
        }
        Method::AccessKey => {
            let access_key_id = form.required("accessKeyId", rule::trimmed(1, 128));
            // The peer's documentation has samples with either name.
            let name = if form.has("secretKey") && !form.has("secretAccessKey") {
                "secretKey"
            } else {
                "secretAccessKey"
            };
            let secret_access_key = form.required(name, rule::secret(256));
            Some(Credentials::AccessKey {
                access_key_id: access_key_id?,
                secret_access_key: secret_access_key?,
            })
        }
    }
}

fn role_arn() -> impl Rule<Output = RoleArn> {
    rule::text(|text| match text.trim() {
        "" => Err(vec![Fault::too_small("string", 1, "Role ARN required")]),
        text => text.parse().map_err(|error: crate::arn::NotAnArn| vec![Fault::custom(error.to_string())]),
    })
}

fn sts_endpoint() -> impl Rule<Output = Result<StsEndpoint, StsEndpointFault>> {
    rule::text(|text| match sts_endpoint::parse(text) {
        Ok(endpoint) => Ok(Ok(endpoint)),
        Err(faults) if faults == [StsEndpointFault::NoRegion] => Ok(Err(StsEndpointFault::NoRegion)),
        Err(faults) => Err(faults
            .into_iter()
            .map(|fault| match fault {
                StsEndpointFault::NotAUrl => Fault::invalid("url", fault.to_string()),
                StsEndpointFault::NotHttps
                | StsEndpointFault::NotAws
                | StsEndpointFault::Decorated
                | StsEndpointFault::NoRegion => Fault::custom(fault.to_string()),
            })
            .collect()),
    })
}

/// 1 is a legacy connection, 2 an ordinary one.
fn wire_version() -> impl Rule<Output = bool> {
    rule::json("number", |value| match value.as_u64() {
        Some(1) => Ok(true),
        Some(2) => Ok(false),
        Some(_) => Err(vec![Fault::custom("Version must be 1 (legacy External ID) or 2")]),
        None => Err(vec![Fault::wrong_type("number", value)]),
    })
}

#[cfg(test)]
mod tests;

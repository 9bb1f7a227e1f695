//! Resources: the role that is assumed first, and what clients send about it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::metadata::Metadata;
use crate::arn::RoleArn;
use crate::connection::ExternalId;
use crate::form::{self, Fault, Form, Issues, Read, Rule, rule};
use crate::id::{OrganizationId, PamResourceId, ProjectId};
use crate::permission::{Scope, Scoped};
use crate::region::Region;

/// A role of the customer's that trusts Drawbridge and may assume the roles that people use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PamResource {
    /// Its id.
    pub id: PamResourceId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to, whose id is the External ID of both hops.
    pub project_id: ProjectId,
    /// A slug, unique in the project; the first half of an account's path.
    pub name: String,
    /// The role.
    pub role_arn: RoleArn,
    /// The region whose sign-in page and console are used; `None` for the partition's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Labels.
    #[serde(default)]
    pub metadata: Vec<Metadata>,
    /// How many accounts it has: changed in the transaction that makes or removes one, so that no resource goes while
    /// an account comes. Signed, so that a miscount can be stored and seen.
    #[serde(default)]
    pub accounts: i64,
    /// Who made it, `kind:id`: a repeated create of the same caller is the same create.
    pub created_by: String,
}

impl PamResource {
    /// What both hops present.
    #[must_use]
    pub fn external_id(&self) -> ExternalId {
        ExternalId::of_project(self.project_id)
    }
}

impl Scoped for PamResource {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

/// The body of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateResource {
    /// The project.
    pub project_id: ProjectId,
    /// The name, a slug.
    pub name: String,
    /// The role.
    pub role_arn: RoleArn,
    /// The region of the sign-in page.
    pub region: Option<Region>,
    /// Labels.
    pub metadata: Vec<Metadata>,
}

/// The body of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateResource {
    /// The new name, if any.
    pub name: Option<String>,
    /// The new role and region, if any.
    pub connection_details: Option<(RoleArn, Option<Region>)>,
    /// The new labels, if any.
    pub metadata: Option<Vec<Metadata>>,
}

const NO_GATEWAY: &str = "Gateways are not needed for AWS console access, and not supported";
const NO_ROTATION: &str = "Rotation accounts are not supported for AWS console access";

impl CreateResource {
    /// Reads the body of a create.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn read(body: &Value) -> Result<Self, Issues> {
        form::read(body, <Self as Read>::read)
    }
}

impl Read for CreateResource {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project_id = form.required("projectId", rule::id());
        let name = form.required("name", rule::slug(1, 64));
        let details = form.object("connectionDetails", connection_details);
        let metadata = Metadata::read(form);
        unsupported(form);
        let (role_arn, region) = details?;
        Some(Self {
            project_id: project_id?,
            name: name?,
            role_arn,
            region,
            metadata: metadata?.unwrap_or_default(),
        })
    }
}

impl UpdateResource {
    /// Reads the body of a change. Its `projectId` cannot change and is ignored.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn read(body: &Value) -> Result<Self, Issues> {
        form::read(body, <Self as Read>::read)
    }
}

impl Read for UpdateResource {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.optional("name", rule::slug(1, 64));
        let details = form.nullish_object("connectionDetails", connection_details);
        let metadata = Metadata::read(form);
        unsupported(form);
        Some(Self { name: name?, connection_details: details?, metadata: metadata? })
    }
}

fn unsupported(form: &mut Form<'_>) {
    form.absent("gatewayId", NO_GATEWAY);
    form.absent("rotationAccountCredentials", NO_ROTATION);
}

fn connection_details(form: &mut Form<'_>) -> Option<(RoleArn, Option<Region>)> {
    let role_arn = form.required("roleArn", role_arn());
    let region: Option<Option<Region>> = form.nullish("region", rule::parsed());
    let (role_arn, region) = (role_arn?, region?);
    if region.as_ref().is_some_and(|region| region.partition() != role_arn.partition()) {
        return form.refuse("region", "The region belongs to another AWS partition than the role");
    }
    Some((role_arn, region))
}

/// The ARN of a role that people shall enter: in a partition whose sign-in page AWS publishes.
pub(super) fn role_arn() -> impl Rule<Output = RoleArn> {
    rule::text(|text| match text.trim() {
        "" => Err(vec![Fault::too_small("string", 1, "Role ARN required")]),
        text => match text.parse::<RoleArn>() {
            Err(error) => Err(vec![Fault::custom(error.to_string())]),
            Ok(arn) if arn.partition().sign_in_host().is_none() => Err(vec![Fault::custom(format!(
                "AWS publishes no console sign-in for the partition {}",
                arn.partition()
            ))]),
            Ok(arn) => Ok(arn),
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/InfisicalResourceRole";

    fn issues(body: &Value) -> String {
        CreateResource::read(body).unwrap_err().to_string()
    }

    #[test]
    fn the_documented_body_is_read_and_stray_fields_are_ignored() {
        let project = ProjectId::random();
        let read = CreateResource::read(&json!({
            "projectId": project, "name": "production-aws", "connectionDetails": { "roleArn": format!(" {ROLE} ") },
            "gatewayId": null, "metadata": [{ "key": "team", "value": "sre" }], "App": "x",
        }))
        .unwrap();
        assert_eq!(
            (read.project_id, read.name.as_str(), read.role_arn.to_string().as_str()),
            (project, "production-aws", ROLE)
        );
        assert_eq!(read.metadata, [Metadata { key: "team".into(), value: "sre".into() }]);
    }

    #[test]
    fn every_broken_rule_is_reported() {
        let said = issues(
            &json!({ "projectId": "x", "name": "Not A Slug", "connectionDetails": {}, "gatewayId": "g" }),
        );
        for expected in ["projectId", "name", "connectionDetails.roleArn", "gatewayId"] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }

    #[test]
    fn a_role_without_a_sign_in_page_or_with_a_foreign_region_is_refused() {
        let body = |arn: &str, region: Value| json!({ "projectId": ProjectId::random(), "name": "a", "connectionDetails": { "roleArn": arn, "region": region } });
        assert!(
            issues(&body("arn:aws-iso:iam::123456789012:role/a", json!(null))).contains("no console sign-in")
        );
        assert!(issues(&body(ROLE, json!("us-gov-west-1"))).contains("another AWS partition"));
        assert!(CreateResource::read(&body(ROLE, json!("eu-west-1"))).is_ok());
        assert!(
            CreateResource::read(&body("arn:aws-us-gov:iam::123456789012:role/a", json!("us-gov-west-1")))
                .is_ok()
        );
    }

    #[test]
    fn a_change_names_only_what_changes() {
        let nothing = UpdateResource { name: None, connection_details: None, metadata: None };
        assert_eq!(UpdateResource::read(&json!({})).unwrap(), nothing);
        assert_eq!(UpdateResource::read(&json!({ "connectionDetails": null })).unwrap(), nothing);
        let read = UpdateResource::read(&json!({ "metadata": [] })).unwrap();
        assert_eq!(read.metadata, Some(Vec::new()));
        assert!(UpdateResource::read(&json!({ "connectionDetails": {} })).is_err());
    }
}

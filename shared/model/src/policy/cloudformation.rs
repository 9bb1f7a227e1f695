//! The role as a CloudFormation template: JSON, which CloudFormation takes as it is.

use serde::Serialize;
use serde_json::{Value, json};

use super::Document;

/// A role to be created in the customer's account.
#[derive(Debug, Clone)]
pub struct Role<'a> {
    /// The role's name; the template's parameter `RoleName` can change it.
    pub name: &'a str,
    /// The role's path, with both slashes.
    pub path: &'a str,
    /// Who may assume it.
    pub trust: &'a Document,
    /// What it may do, when that is known.
    pub permissions: Option<&'a Document>,
}

/// A template that creates the role and puts out its ARN. Deploying it takes `CAPABILITY_NAMED_IAM`.
#[must_use]
pub fn template(role: &Role<'_>) -> Value {
    let Role { name, path, trust, permissions } = role;
    let mut properties = json!({
        "RoleName": { "Ref": "RoleName" },
        "Path": path,
        "Description": "Assumed by Drawbridge with an External ID",
        "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": value(trust),
    });
    if let Some(permissions) = permissions {
        properties["Policies"] =
            json!([{ "PolicyName": "drawbridge", "PolicyDocument": value(permissions) }]);
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "An IAM role that Drawbridge may assume",
        "Parameters": {
            "RoleName": {
                "Type": "String",
                "Default": name,
                "AllowedPattern": "[A-Za-z0-9+=,.@_-]{1,64}",
                "Description": "Name of the role",
            }
        },
        "Resources": { "DrawbridgeRole": { "Type": "AWS::IAM::Role", "Properties": properties } },
        "Outputs": {
            "RoleArn": {
                "Description": "Give this to Drawbridge as credentials.roleArn",
                "Value": { "Fn::GetAtt": ["DrawbridgeRole", "Arn"] },
            }
        },
    })
}

fn value(document: &impl Serialize) -> Value {
    // Strings, lists and maps with string keys: nothing that JSON cannot hold.
    serde_json::to_value(document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Statement, anything};

    #[test]
    fn the_template_holds_the_role_with_both_policies() {
        let document = Document::new(vec![Statement::allow("A", "iam", &["ListUsers"], anything())]);
        let role = Role { name: "writer", path: "/sync/", trust: &document, permissions: Some(&document) };
        let template = template(&role);
        let printed = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Sid": "A", "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*" }]
        });
        let properties = &template["Resources"]["DrawbridgeRole"]["Properties"];
        assert_eq!(properties["AssumeRolePolicyDocument"], printed);
        assert_eq!(
            properties["Policies"],
            json!([{ "PolicyName": "drawbridge", "PolicyDocument": printed }])
        );
        assert_eq!(properties["Path"], "/sync/");
        assert_eq!(template["Parameters"]["RoleName"]["Default"], "writer");
        assert_eq!(
            template["Outputs"]["RoleArn"]["Value"],
            json!({ "Fn::GetAtt": ["DrawbridgeRole", "Arn"] })
        );
    }

    #[test]
    fn a_role_without_known_permissions_gets_none() {
        let document = Document::new(Vec::new());
        let template = template(&Role { name: "a", path: "/", trust: &document, permissions: None });
        assert!(template["Resources"]["DrawbridgeRole"]["Properties"].get("Policies").is_none());
    }
}

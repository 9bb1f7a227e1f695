//! A user whose keys are rotated.

use serde_json::json;

use super::{post, quoted};
use crate::ready::Ready;

const ROTATIONS: &str = "/api/v2/secret-rotations/aws-iam-user-secret";

impl Ready {
    pub(super) fn key_rotation(&self) -> String {
        let project = self.seeded("projectId");
        let environment = self.seeded("secretsEnvironment");
        let connection = json!({
            "name": "rotation", "method": "assume-role", "projectId": project,
            "credentials": { "roleArn": self.seeded("connectionRoleArn") },
        });
        let folder =
            json!({ "workspaceId": project, "environment": environment, "name": "legacy", "path": "/" });
        let rotation = json!({
            "name": "legacy", "projectId": project, "connectionId": "$CONNECTION",
            "environment": environment, "secretPath": "/legacy", "rotationInterval": 30,
            "parameters": { "userName": self.seeded("rotationUserName") },
            "secretsMapping": { "accessKeyId": "AWS_ACCESS_KEY_ID", "secretAccessKey": "AWS_SECRET_ACCESS_KEY" },
            "takeOverExistingKeys": [self.seeded("rotationUserAccessKeyId")],
        });
        // The shell puts the id in: out of the single quotes and in again.
        let rotation = quoted(&rotation).replace("$CONNECTION", "'$CONNECTION'");
        let read = |path: &str| format!("curl -s \"$API{path}\" -H \"authorization: Bearer $TOKEN\"");
        format!(
            "\n# rotate a user's access key: the one that it has may go, because it is named\n\
             CONNECTION=$({} | field appConnection id)\n{}\n\
             ROTATION=$({} | field secretRotation id)\n{}\n\
             \n# a new key now; it is in the secrets when it has worked twice, a minute later at most\n{}\n{}\n",
            post("/api/v1/app-connections/aws", Some("TOKEN"), &quoted(&connection)),
            post("/api/v1/folders", Some("TOKEN"), &quoted(&folder)),
            post(ROTATIONS, Some("TOKEN"), &rotation),
            read(&format!(
                "/api/v3/secrets/raw?workspaceId={project}&environment={environment}&secretPath=/legacy"
            )),
            post(&format!("{ROTATIONS}/$ROTATION/rotate-secrets"), Some("TOKEN"), "'{}'"),
            read(&format!("{ROTATIONS}/$ROTATION")),
        )
    }
}

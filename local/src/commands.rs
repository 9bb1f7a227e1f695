//! What a run prints: the commands to try first.

mod certificate_syncs;
mod certificates;
mod key_rotation;
mod recordings;

use serde_json::{Value, json};

use crate::ready::Ready;

/// Reads a field of the JSON on standard input: `field resource id`, `field certificates 0 id`.
const FIELD: &str = r#"field() { python3 -c 'import json, sys; v = json.load(sys.stdin); [v := v[int(k) if k.isdigit() else k] for k in sys.argv[1:]]; print(v)' "$@"; }"#;

impl Ready {
    /// The commands to try first, for a shell.
    #[must_use]
    pub fn commands(&self) -> String {
        let Self { api_url, aws_endpoint, oidc_issuer, admin_email, platform_account_id, .. } = self;
        let mut told = format!(
            "Drawbridge answers at {api_url}, AWS at {aws_endpoint} (keys: {platform_account_id}/test). Ctrl-C stops both.\n\n\
             export API={api_url} TOKEN={}\n",
            self.seeded("adminToken"),
        );
        let demonstrated = !self.seeded("projectId").is_empty();
        if demonstrated {
            told += &self.connections();
            told += &self.secrets();
        }
        let person = json!({ "email": admin_email, "groups": ["platform"] });
        told += &format!(
            "\n# a person's token, of {oidc_issuer}\n{FIELD}\n\
             export PERSON=$(curl -s {oidc_issuer}/token -d '{person}' | field token)\n"
        );
        if demonstrated {
            told += &self.key_rotation();
            told += &self.certificates();
            told += &self.certificate_syncs();
            told += &self.console();
            told += &self.recordings();
        }
        told
    }

    fn connections(&self) -> String {
        let connect = |name: &str, role: &str| {
            let body = json!({
                "name": name,
                "method": "assume-role",
                "projectId": self.seeded("projectId"),
                "credentials": { "roleArn": self.seeded(role) },
            });
            post("/api/v1/app-connections/aws", Some("TOKEN"), &quoted(&body))
        };
        let credentials = json!({
            "clientId": self.seeded("adminClientId"),
            "clientSecret": self.seeded("adminClientSecret"),
        });
        let login = post("/api/v1/auth/universal-auth/login", None, &quoted(&credentials));
        format!(
            "\n# log in as a machine\n{login}\n\
             \n# connect the customer's account: its role asks for the External ID\n{}\n\
             \n# a role that does not ask for it is refused, with the corrected trust policy\n{}\n\
             \n# list the connections\n\
             curl -s $API/api/v1/app-connections/aws -H \"authorization: Bearer $TOKEN\"\n",
            connect("customer", "connectionRoleArn"),
            connect("careless", "unprotectedRoleArn"),
        )
    }

    fn secrets(&self) -> String {
        let Self { aws_endpoint, customer_account_id, region, .. } = self;
        let place = |more: &[(&str, &str)]| {
            let mut body = json!({
                "workspaceId": self.seeded("projectId"),
                "environment": self.seeded("secretsEnvironment"),
                "secretPath": self.seeded("secretsPath"),
            });
            for (field, value) in more {
                body[field] = json!(value);
            }
            quoted(&body)
        };
        let one = "/api/v3/secrets/raw/GREETING";
        let sync = |more: &str| {
            format!("/api/v1/secret-syncs/aws-secrets-manager/{}{more}", self.seeded("secretsManagerSyncId"))
        };
        format!(
            "\n# put a secret, and look at AWS a few seconds later (as the customer's root): two syncs have carried it there\n{}\n\
             customer() {{ curl -s {aws_endpoint} -H 'content-type: application/x-amz-json-1.1' -H \"x-amz-target: $2\" \\\n  \
             -H \"authorization: AWS4-HMAC-SHA256 Credential={customer_account_id}/20260101/{region}/$1/aws4_request, SignedHeaders=host, Signature=unsigned\" -d \"$3\"; }}\n\
             customer secretsmanager secretsmanager.GetSecretValue '{{\"SecretId\":\"demo/GREETING\"}}'\n\
             customer ssm AmazonSSM.GetParametersByPath '{{\"Path\":\"/demo/\",\"WithDecryption\":true}}'\n\
             \n# change it and delete it: AWS follows; demo/FOREIGN, which is somebody else's, stays as it is\n{}\n{}\n\
             \n# what a run would do, without values; and what somebody changed behind our back\n{}\n{}\n",
            post(one, Some("TOKEN"), &place(&[("secretValue", "hello")])),
            send("PATCH", one, Some("TOKEN"), &place(&[("secretValue", "hello again")])),
            send("DELETE", one, Some("TOKEN"), &place(&[])),
            post(&sync("/plan"), Some("TOKEN"), "'{}'"),
            format_args!("curl -s $API{} -H \"authorization: Bearer $TOKEN\"", sync("/drift")),
        )
    }

    fn console(&self) -> String {
        let resource = json!({
            "projectId": self.seeded("projectId"),
            "name": "customer",
            "connectionDetails": { "roleArn": self.seeded("resourceRoleArn") },
        });
        let account = |name: &str, role: &str| {
            let body = json!({
                "resourceId": "$RESOURCE",
                "name": name,
                "credentials": { "targetRoleArn": self.seeded(role), "defaultSessionDuration": 3600 },
            });
            // The shell puts the id in: out of the single quotes and in again.
            let body = quoted(&body).replace("$RESOURCE", "'$RESOURCE'");
            post("/api/v1/pam/accounts/aws-iam", Some("PERSON"), &body)
        };
        let access = |account: &str| {
            let body =
                json!({ "path": format!("customer/{account}"), "duration": "15m", "accessMethod": "cli" });
            post("/api/v1/pam/accounts/access", Some("PERSON"), &quoted(&body))
        };
        format!(
            "\n# console access: a resource is the way into an account, its accounts are the roles that people use\n\
             RESOURCE=$({} | field resource id)\n{}\n{}\n\
             \n# sign in: open the consoleUrl in a browser; the metadata holds credentials of the same session\n{}\n\
             \n# end a session: that of the role that lets us (the other one's answer names the permission it lacks)\n\
             SESSION=$({} | field sessionId)\n{}\n",
            post("/api/v1/pam/resources/aws-iam", Some("PERSON"), &quoted(&resource)),
            account("read-only", "targetRoleArn"),
            account("endable", "endableTargetRoleArn"),
            access("read-only"),
            access("endable"),
            post("/api/v1/pam/sessions/$SESSION/terminate", Some("PERSON"), "'{}'"),
        )
    }
}

/// A `POST` as a line for a shell; `body` is quoted for it already.
fn post(path: &str, token: Option<&str>, body: &str) -> String {
    request("", path, token, body)
}

/// Another method.
fn send(method: &str, path: &str, token: Option<&str>, body: &str) -> String {
    request(&format!("-X {method} "), path, token, body)
}

fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> String {
    let authorization =
        token.map_or_else(String::new, |token| format!("-H \"authorization: Bearer ${token}\" "));
    format!("curl -s {method}$API{path} {authorization}-H 'content-type: application/json' \\\n  -d {body}")
}

/// JSON in single quotes: nothing that is seeded holds one.
fn quoted(body: &Value) -> String {
    format!("'{body}'")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::process::Command;

    use serde_json::{Map, Value, json};

    use crate::ready::Ready;

    fn ready(seeded: &Value) -> Ready {
        Ready {
            api_url: "http://127.0.0.1:8787".to_owned(),
            aws_endpoint: "http://127.0.0.1:4566".to_owned(),
            region: "us-east-1".to_owned(),
            org_id: "o".to_owned(),
            platform_account_id: "111111111111".to_owned(),
            customer_account_id: "222222222222".to_owned(),
            oidc_issuer: "http://127.0.0.1:4566/_guard/oidc".to_owned(),
            oidc_audience: "drawbridge".to_owned(),
            admin_email: "admin@example.com".to_owned(),
            outputs: Map::new(),
            functions: Map::new(),
            seeded: seeded.as_object().unwrap().clone(),
        }
    }

    #[test]
    fn the_printed_commands_are_ones_that_a_shell_reads() {
        let seeded = json!({"projectId": "p-1", "secretsManagerSyncId": "s-1", "endableTargetRoleArn": "arn:aws:iam::222222222222:role/end"});
        let told = ready(&seeded).commands();
        let (_, commands) = told.split_once("\n\n").unwrap();
        // Each curl prints what it would send; the ids that others answer come from a stand-in.
        let stubs = "curl() { printf '%s\\n' \"$@\" >&2; }\nsleep() { :; }\nopenssl() { :; }\ncargo() { printf '%s\\n' \"$@\" >&2; }\n";
        let script = format!("{stubs}{commands}")
            .replace("| field resource id", "; echo r-1")
            .replace("| field appConnection id", "; echo c-1")
            .replace("fetch $COPY", ": $COPY")
            .replace("| field", "; echo");
        let run = Command::new("bash").args(["-eu", "-c", &script]).output().unwrap();
        let sent = String::from_utf8(run.stderr).unwrap();
        assert!(run.status.success(), "{sent}");
        let account = json!({
            "resourceId": "r-1",
            "name": "endable",
            "credentials": {"targetRoleArn": "arn:aws:iam::222222222222:role/end", "defaultSessionDuration": 3600},
        })
        .to_string();
        assert!(sent.lines().any(|line| line == account), "{sent}");
        assert!(
            sent.lines().any(|line| line == "http://127.0.0.1:8787/api/v1/pam/sessions/sessionId/terminate")
        );
        assert!(sent.lines().any(|line| line == r#"{"SecretId":"demo/GREETING"}"#), "{sent}");
        let plan = "http://127.0.0.1:8787/api/v1/secret-syncs/aws-secrets-manager/s-1/plan";
        assert!(sent.lines().any(|line| line == plan), "{sent}");
        // What stands before the id is on a line of its own: nothing was issued to the stand-in of curl.
        assert!(sent.lines().any(|line| line == "certificateId/revoke"), "{sent}");
        assert!(sent.lines().any(|line| line.contains(r#""csr":"""#)), "{sent}");
        assert!(sent.lines().any(|line| line == "for n in 3 2 1; do echo $n; sleep 1; done; ls"), "{sent}");
        assert!(sent.lines().any(|line| line == r#"certificateId"]}"#), "{sent}");
        assert!(sent.lines().any(|line| line == "renewedByCertificateId/rollback"), "{sent}");
        let rotation = r#""connectionId":"c-1""#;
        assert!(sent.lines().any(|line| line.contains(rotation)), "{sent}");
    }

    #[test]
    fn without_a_demonstration_there_is_nothing_to_connect() {
        let told = ready(&json!({"adminToken": "t"})).commands();
        assert!(
            told.contains("PERSON=")
                && !told.contains("app-connections")
                && !told.contains("/pam/")
                && !told.contains("secret")
        );
    }
}

//! What Secrets Manager refuses and ministack lets through, as far as the request itself says so; what hangs on the
//! secret's state is corrected in ministack.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Exchange;
use super::call::Permission;
use super::wire::Refusal;

const VALUE_BYTES: usize = 65_536;
const IDS_OF_A_BATCH: usize = 20;
const NAME: usize = 512;
const TAGS: usize = 50;

/// The constraints on the request itself.
pub(super) fn before(exchange: &Exchange) -> Result<(), Refusal> {
    let request: Value = serde_json::from_slice(&exchange.body).unwrap_or(Value::Null);
    constraints(&exchange.call.action, &request)
}

fn constraints(action: &str, request: &Value) -> Result<(), Refusal> {
    match action {
        "CreateSecret" => {
            name(request["Name"].as_str().unwrap_or_default())?;
            tags(request)?;
            value(request)
        }
        "UpdateSecret" | "PutSecretValue" => value(request),
        "TagResource" => tags(request),
        "BatchGetSecretValue" => {
            let ids = request["SecretIdList"].as_array().map_or(0, Vec::len);
            if ids > IDS_OF_A_BATCH {
                return Err(invalid(&format!(
                    "You can't ask for more than {IDS_OF_A_BATCH} secrets at once."
                )));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What IAM is asked: a batch is also a read of each secret, tags at creation are as if they came after it.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html>
pub(super) fn permissions(action: &str, request: &Value) -> Vec<Permission> {
    let permission = |action: &str, resource: &str| Permission {
        action: format!("secretsmanager:{action}"),
        resource: resource.to_owned(),
    };
    let resource = ["SecretId", "Name"].iter().find_map(|field| request[*field].as_str()).unwrap_or("*");
    let mut needed = vec![permission(action, resource)];
    let ids = request["SecretIdList"].as_array().into_iter().flatten().filter_map(Value::as_str);
    needed.extend(ids.map(|id| permission("GetSecretValue", id)));
    if action == "CreateSecret" && request["Tags"].as_array().is_some_and(|tags| !tags.is_empty()) {
        needed.push(permission("TagResource", resource));
    }
    needed
}

fn name(name: &str) -> Result<(), Refusal> {
    let fits = !name.is_empty() && name.len() <= NAME;
    if fits && name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c)) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "ValidationException",
        format!(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!, 1 to {NAME} of them"
        ),
    ))
}

fn tags(request: &Value) -> Result<(), Refusal> {
    if request["Tags"].as_array().is_some_and(|tags| tags.len() > TAGS) {
        return Err(invalid(&format!("A secret can't have more than {TAGS} tags.")));
    }
    Ok(())
}

fn value(request: &Value) -> Result<(), Refusal> {
    let text = request["SecretString"].as_str().map(str::len);
    let binary = request["SecretBinary"].as_str().and_then(|encoded| STANDARD.decode(encoded).ok());
    match text.or(binary.map(|bytes| bytes.len())) {
        Some(0) => {
            Err(invalid("You must provide either SecretString or SecretBinary, and not an empty one."))
        }
        Some(bytes) if bytes > VALUE_BYTES => {
            Err(invalid(&format!("The secret value is longer than {VALUE_BYTES} bytes.")))
        }
        Some(_) | None => Ok(()),
    }
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "InvalidParameterException", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use base64::Engine as _;
    use serde_json::json;

    use super::{STANDARD, constraints, permissions};

    #[test]
    fn a_value_is_1_to_65536_bytes() {
        for (bytes, accepted) in [(0, false), (1, true), (65_536, true), (65_537, false)] {
            let text = json!({"Name": "n", "SecretString": "v".repeat(bytes)});
            let binary = json!({"Name": "n", "SecretBinary": STANDARD.encode(vec![0; bytes])});
            for action in ["CreateSecret", "UpdateSecret"] {
                assert_eq!(constraints(action, &text).is_ok(), accepted, "{action} {bytes}");
                assert_eq!(constraints(action, &binary).is_ok(), accepted, "{action} {bytes}");
            }
        }
        // Of the key alone.
        constraints("UpdateSecret", &json!({"SecretId": "n", "KmsKeyId": "k"})).unwrap();
    }

    #[test]
    fn names_have_an_alphabet_and_a_length() {
        let create = |name: &str| constraints("CreateSecret", &json!({"Name": name, "SecretString": "v"}));
        for accepted in ["app/prod_1+2=3.a@b-c", &"a".repeat(512)] {
            assert!(create(accepted).is_ok(), "{accepted}");
        }
        for refused in ["", "a b", "a:b", "grün", &"a".repeat(513)] {
            assert!(create(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_batch_holds_20_secrets_and_reads_each() {
        let batch = |count| json!({"SecretIdList": vec!["n"; count]});
        assert!(constraints("BatchGetSecretValue", &batch(20)).is_ok());
        assert!(constraints("BatchGetSecretValue", &batch(21)).is_err());
        let needed = permissions("BatchGetSecretValue", &json!({"SecretIdList": ["a", "b"]}));
        let needed: Vec<_> = needed.iter().map(|p| format!("{} {}", p.action, p.resource)).collect();
        assert_eq!(
            needed,
            [
                "secretsmanager:BatchGetSecretValue *",
                "secretsmanager:GetSecretValue a",
                "secretsmanager:GetSecretValue b"
            ]
        );
    }
}

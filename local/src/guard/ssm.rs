//! What Parameter Store refuses and ministack lets through, as far as the request itself says so; what hangs on the
//! parameter's state is corrected in ministack.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>,
//! <https://docs.aws.amazon.com/general/latest/gr/ssm.html>

use serde_json::Value;

use super::Exchange;
use super::call::Permission;
use super::wire::Refusal;

/// Of an advanced parameter; a standard one holds half.
const VALUE_BYTES: usize = 8_192;
const NAMES_OF_A_CALL: usize = 10;
const PAGE_BY_PATH: u64 = 10;
const PAGE_OF_DESCRIPTIONS: u64 = 50;
const LEVELS: usize = 15;
/// Of the ARN; of the name alone it leaves 1,011.
const NAME: usize = 1_011;

/// The constraints on the request itself.
pub(super) fn before(exchange: &Exchange) -> Result<(), Refusal> {
    let request: Value = serde_json::from_slice(&exchange.body).unwrap_or(Value::Null);
    constraints(&exchange.call.action, &request)
}

fn constraints(action: &str, request: &Value) -> Result<(), Refusal> {
    match action {
        "GetParameters" | "DeleteParameters" => names(request["Names"].as_array().map_or(0, Vec::len)),
        "GetParametersByPath" => page(request, PAGE_BY_PATH),
        "DescribeParameters" => page(request, PAGE_OF_DESCRIPTIONS),
        "PutParameter" => {
            let text = |field: &str| request[field].as_str().unwrap_or_default();
            name(text("Name"))?;
            value(text("Value"))
        }
        _ => Ok(()),
    }
}

/// What IAM is asked: a call with several names on each of them, tags at creation as if they came after it.
pub(super) fn permissions(action: &str, request: &Value) -> Vec<Permission> {
    let permission = |action: &str, resource: &str| Permission {
        action: format!("ssm:{action}"),
        resource: resource.to_owned(),
    };
    let names: Vec<_> = request["Names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !names.is_empty() {
        return names.into_iter().map(|name| permission(action, name)).collect();
    }
    let resource =
        ["Name", "ResourceId", "Path"].iter().find_map(|field| request[*field].as_str()).unwrap_or("*");
    let mut needed = vec![permission(action, resource)];
    if action == "PutParameter" && request["Tags"].as_array().is_some_and(|tags| !tags.is_empty()) {
        needed.push(permission("AddTagsToResource", resource));
    }
    needed
}

fn names(count: usize) -> Result<(), Refusal> {
    let bound = match count {
        0 => "greater than or equal to 1".to_owned(),
        count if count > NAMES_OF_A_CALL => format!("less than or equal to {NAMES_OF_A_CALL}"),
        _ => return Ok(()),
    };
    Err(constraint("names", &format!("Member must have length {bound}")))
}

fn page(request: &Value, largest: u64) -> Result<(), Refusal> {
    match request["MaxResults"].as_u64() {
        Some(0) => Err(constraint("maxResults", "Member must have value greater than or equal to 1")),
        Some(asked) if asked > largest => {
            Err(constraint("maxResults", &format!("Member must have value less than or equal to {largest}")))
        }
        Some(_) | None => Ok(()),
    }
}

fn value(value: &str) -> Result<(), Refusal> {
    if value.is_empty() {
        return Err(constraint("value", "Member must have length greater than or equal to 1"));
    }
    if value.len() > VALUE_BYTES {
        let message = format!(
            "Advanced tier parameters support a maximum parameter value of {VALUE_BYTES} characters."
        );
        return Err(Refusal::new(400, "ValidationException", message));
    }
    Ok(())
}

fn name(name: &str) -> Result<(), Refusal> {
    if name.len() > NAME {
        let message = format!("Parameter name: can't be longer than {NAME} characters.");
        return Err(Refusal::new(400, "ValidationException", message));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c)) || name.contains("//") {
        let message = "Parameter name must be a fully qualified name. It can consist of sub-paths divided by slash \
                       symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols \
                       .-_";
        return Err(Refusal::new(400, "ValidationException", message));
    }
    if name.trim_start_matches('/').split('/').count() > LEVELS {
        let message = format!("A hierarchy can have a maximum of {LEVELS} levels.");
        return Err(Refusal::new(400, "HierarchyLevelLimitExceededException", message));
    }
    Ok(())
}

fn constraint(member: &str, rule: &str) -> Refusal {
    let message =
        format!("1 validation error detected: Value at '{member}' failed to satisfy constraint: {rule}");
    Refusal::new(400, "ValidationException", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::{constraints, permissions};

    #[test]
    fn ten_names_a_call_and_ten_parameters_a_page() {
        for (count, accepted) in [(0, false), (1, true), (10, true), (11, false)] {
            let names: Vec<_> = (0..count).map(|n| format!("/a/{n}")).collect();
            for action in ["GetParameters", "DeleteParameters"] {
                assert_eq!(
                    constraints(action, &json!({"Names": names})).is_ok(),
                    accepted,
                    "{action} {count}"
                );
            }
        }
        for (size, accepted) in [(0, false), (1, true), (10, true), (11, false)] {
            let page = json!({"Path": "/a", "MaxResults": size});
            assert_eq!(constraints("GetParametersByPath", &page).is_ok(), accepted, "{size}");
        }
        constraints("GetParametersByPath", &json!({"Path": "/a"})).unwrap();
    }

    #[test]
    fn names_have_an_alphabet_a_length_and_a_depth() {
        let put = |name: &str| constraints("PutParameter", &json!({"Name": name, "Value": "v"}));
        for accepted in ["/a/b_c.d-E1", "a", &"a".repeat(1_011), &"/a".repeat(15)] {
            assert!(put(accepted).is_ok(), "{accepted}");
        }
        for refused in ["/a b", "/a//b", "/grün", "/a:b", &"a".repeat(1_012)] {
            assert_eq!(put(refused).unwrap_err().code, "ValidationException", "{refused}");
        }
        assert_eq!(put(&"/a".repeat(16)).unwrap_err().code, "HierarchyLevelLimitExceededException");
    }

    #[test]
    fn a_value_is_1_to_8192_bytes() {
        for (bytes, accepted) in [(0, false), (1, true), (8_192, true), (8_193, false)] {
            let put = json!({"Name": "/a", "Value": "v".repeat(bytes)});
            assert_eq!(constraints("PutParameter", &put).is_ok(), accepted, "{bytes}");
        }
    }

    #[test]
    fn several_names_and_tags_need_permissions_of_their_own() {
        let named = |action: &str, request| {
            permissions(action, &request)
                .into_iter()
                .map(|p| format!("{} {}", p.action, p.resource))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            named("DeleteParameters", json!({"Names": ["/a", "/b"]})),
            ["ssm:DeleteParameters /a", "ssm:DeleteParameters /b"]
        );
        assert_eq!(
            named("PutParameter", json!({"Name": "/a", "Tags": [{"Key": "k", "Value": "v"}]})),
            ["ssm:PutParameter /a", "ssm:AddTagsToResource /a"]
        );
        assert_eq!(named("PutParameter", json!({"Name": "/a", "Tags": []})), ["ssm:PutParameter /a"]);
        assert_eq!(named("GetParametersByPath", json!({"Path": "/a"})), ["ssm:GetParametersByPath /a"]);
    }
}

//! The IAM permissions of DynamoDB's operations.

use serde_json::Value;

use super::call::Permission;

/// What IAM is asked for an operation. A transaction is authorised as the single calls it holds.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>
pub(super) fn permissions(action: &str, request: &Value) -> Vec<Permission> {
    let mut permissions = match action {
        "TransactWriteItems" => writes(request)
            .filter_map(|(kind, item)| {
                let action = match kind {
                    "ConditionCheck" => "ConditionCheckItem",
                    "Delete" => "DeleteItem",
                    "Put" => "PutItem",
                    "Update" => "UpdateItem",
                    _ => return None,
                };
                Some(permission(action, item["TableName"].as_str()))
            })
            .collect(),
        "TransactGetItems" => {
            items(request).map(|item| permission("GetItem", item["Get"]["TableName"].as_str())).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => match request["RequestItems"].as_object() {
            Some(tables) => tables.keys().map(|table| permission(action, Some(table))).collect(),
            None => Vec::new(),
        },
        _ => {
            let table = request["TableName"].as_str();
            match (table, request["IndexName"].as_str()) {
                (Some(table), Some(index)) => {
                    vec![permission(action, Some(&format!("{table}/index/{index}")))]
                }
                _ => vec![permission(action, table)],
            }
        }
    };
    permissions.sort();
    permissions.dedup();
    permissions
}

fn items(request: &Value) -> impl Iterator<Item = &Value> {
    request["TransactItems"].as_array().into_iter().flatten()
}

fn writes(request: &Value) -> impl Iterator<Item = (&str, &Value)> {
    items(request).filter_map(Value::as_object).flatten().map(|(kind, item)| (kind.as_str(), item))
}

fn permission(action: &str, resource: Option<&str>) -> Permission {
    Permission { action: format!("dynamodb:{action}"), resource: resource.unwrap_or("*").to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::permissions;

    fn named(action: &str, request: &serde_json::Value) -> Vec<String> {
        permissions(action, request).into_iter().map(|p| format!("{} {}", p.action, p.resource)).collect()
    }

    #[test]
    fn a_transaction_needs_the_permissions_of_its_parts() {
        let request = json!({"TransactItems": [
            {"Put": {"TableName": "main"}}, {"Put": {"TableName": "main"}}, {"Put": {"TableName": "audit"}},
            {"ConditionCheck": {"TableName": "main"}},
        ]});
        assert_eq!(
            named("TransactWriteItems", &request),
            ["dynamodb:ConditionCheckItem main", "dynamodb:PutItem audit", "dynamodb:PutItem main"]
        );
    }

    #[test]
    fn a_query_on_an_index_names_the_index() {
        let request = json!({"TableName": "main", "IndexName": "GSI1"});
        assert_eq!(named("Query", &request), ["dynamodb:Query main/index/GSI1"]);
        assert_eq!(named("Query", &json!({"TableName": "main"})), ["dynamodb:Query main"]);
    }

    #[test]
    fn a_batch_names_its_tables() {
        let request = json!({"RequestItems": {"main": {}}});
        assert_eq!(named("BatchGetItem", &request), ["dynamodb:BatchGetItem main"]);
    }
}

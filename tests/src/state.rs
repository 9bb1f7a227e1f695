//! What the deployment has stored and logged, seen by the root of its account.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use local::root::Root;
use model::Timestamp;
use serde_json::{Map, Value, json};

use crate::LONGEST_WAIT;

const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The tables and logs of the deployment.
#[derive(Clone, Debug)]
pub struct State {
    root: Root,
}

impl State {
    /// The state of the deployment in `account` at `endpoint`.
    #[must_use]
    pub fn new(endpoint: &str, account: &str) -> Self {
        Self { root: Root::new(endpoint, account) }
    }

    /// Every item of the main table.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn items(&self) -> Result<Vec<Value>> {
        let table = self.main_table().await?;
        self.all(&table).await
    }

    /// The name of the main table.
    ///
    /// # Errors
    /// When the tables cannot be listed.
    pub async fn main_table(&self) -> Result<String> {
        self.table(|name| name.contains("Table") && !name.contains("AuditTable")).await
    }

    /// Every line of the audit trail.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn audit(&self) -> Result<Vec<Value>> {
        let table = self.table(|name| name.contains("AuditTable")).await?;
        self.all(&table).await
    }

    /// Changes an item that is alone in its partition of the main table, behind everybody's back: `set` gives DynamoDB's
    /// paths (`termination.remove_after`) their new texts.
    ///
    /// # Errors
    /// When there is no such item, or it cannot be changed.
    pub async fn change(&self, key: &str, set: &[(&str, String)]) -> Result<()> {
        let table = self.main_table().await?;
        let (mut names, mut values, mut parts) = (Map::new(), Map::new(), Vec::new());
        for (index, (path, text)) in set.iter().enumerate() {
            // Any word may be a reserved one.
            let steps: Vec<String> = path.split('.').map(|step| format!("#{step}")).collect();
            names.extend(path.split('.').map(|step| (format!("#{step}"), json!(step))));
            values.insert(format!(":v{index}"), json!({ "S": text }));
            parts.push(format!("{} = :v{index}", steps.join(".")));
        }
        let request = json!({
            "TableName": table, "Key": { "pk": { "S": key }, "sk": { "S": key } },
            "ConditionExpression": "attribute_exists(pk)", "UpdateExpression": format!("SET {}", parts.join(", ")),
            "ExpressionAttributeNames": names, "ExpressionAttributeValues": values,
        });
        self.root.json("dynamodb", "DynamoDB_20120810.UpdateItem", &request).await.map(drop)
    }

    /// Every message that a function has logged.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub async fn logs(&self) -> Result<Vec<String>> {
        local::logs::read_all(&self.root).await
    }

    /// Makes an item of the due index due now, as if its time had come.
    ///
    /// # Errors
    /// When it is not in the index.
    pub async fn bring_forward(&self, pk: &str, sk: &str) -> Result<()> {
        let past = "2020-01-01T00:00:00.000Z";
        let table = self.main_table().await?;
        let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let item = self.item(&table, pk, sk).await?;
        let position = item["gsi2sk"]["S"].as_str().with_context(|| format!("{pk} {sk} is not due"))?;
        let (_, id) = position.split_once('#').context("a position in the due index")?;
        let update = json!({
            "TableName": table, "Key": key,
            "UpdateExpression": "SET due_at = :past, gsi2sk = :position",
            "ExpressionAttributeValues": { ":past": { "S": past }, ":position": { "S": format!("{past}#{id}") } },
        });
        self.root.json("dynamodb", "DynamoDB_20120810.UpdateItem", &update).await.map(drop)
    }

    /// As if `span` had passed for something that is done step by step: every time in its `progress` or, of a certificate, in
    /// its `facts`, and when it is due or looks again, is so much earlier; when it is due now. Who is at work on it is waited
    /// for.
    ///
    /// # Errors
    /// When there is no such item, or it cannot be changed.
    pub async fn let_pass(&self, pk: &str, sk: &str, span: Duration) -> Result<Value> {
        let table = self.main_table().await?;
        let until = Instant::now() + LONGEST_WAIT;
        while Instant::now() < until {
            let mut item = self.item(&table, pk, sk).await?;
            let read = item["version"]["N"].as_str().and_then(|number| number.parse::<u64>().ok());
            let read = read.context("an item without a version")?;
            if item["lease"]["M"].is_object() {
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
            for field in ["progress", "facts", "due_at", "look_at", "not_before"] {
                if let Some(times) = item.get_mut(field) {
                    set_back(times, span);
                }
            }
            let due_at = item["due_at"]["S"].clone();
            if let Some(due_at) = due_at.as_str() {
                let position = item["gsi2sk"]["S"].as_str().and_then(|position| position.split_once('#'));
                let (_, id) = position.context("a position in the due index")?;
                item["gsi2sk"]["S"] = json!(format!("{due_at}#{id}"));
            }
            // Who has read it meanwhile must read it again.
            item["version"]["N"] = json!((read + 1).to_string());
            let put = json!({
                "TableName": table, "Item": item, "ConditionExpression": "version = :read",
                "ExpressionAttributeValues": { ":read": { "N": read.to_string() } },
            });
            match self.root.json("dynamodb", "DynamoDB_20120810.PutItem", &put).await {
                Ok(_) => return Ok(due_at),
                Err(refusal) if refusal.to_string().contains("ConditionalCheckFailed") => {}
                Err(refusal) => return Err(refusal),
            }
        }
        bail!("{pk} {sk} is always being worked on")
    }

    /// Ends the lease of an item that is still as it was read.
    ///
    /// # Errors
    /// When there is none, or somebody has written the item meanwhile.
    pub async fn end_lease(&self, pk: &str, sk: &str, version: u64) -> Result<()> {
        let update = json!({
            "TableName": self.main_table().await?, "Key": { "pk": { "S": pk }, "sk": { "S": sk } },
            "ConditionExpression": "#version = :read AND attribute_exists(#lease.#until)",
            "UpdateExpression": "SET #lease.#until = :past, #version = :next",
            "ExpressionAttributeNames": { "#lease": "lease", "#until": "until", "#version": "version" },
            "ExpressionAttributeValues": { ":past": { "S": "2020-01-01T00:00:00.000Z" },
                ":read": { "N": version.to_string() }, ":next": { "N": (version + 1).to_string() } },
        });
        self.root.json("dynamodb", "DynamoDB_20120810.UpdateItem", &update).await.map(drop)
    }

    /// One item, as plain JSON.
    ///
    /// # Errors
    /// When there is none.
    pub async fn read(&self, pk: &str, sk: &str) -> Result<Value> {
        let table = self.main_table().await?;
        Ok(plain(&self.item(&table, pk, sk).await?))
    }

    async fn item(&self, table: &str, pk: &str, sk: &str) -> Result<Value> {
        let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let read = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        let mut answer = self.root.json("dynamodb", "DynamoDB_20120810.GetItem", &read).await?;
        let item = answer["Item"].take();
        if item.is_null() { bail!("there is no {pk} {sk}") } else { Ok(item) }
    }

    /// Runs a function with an event, as its schedule does.
    ///
    /// # Errors
    /// When the function fails.
    pub async fn invoke(&self, arn: &str, event: &Value) -> Result<Value> {
        let (_, name) = arn.rsplit_once(':').context("a function's ARN")?;
        self.root.post("lambda", &format!("/2015-03-31/functions/{name}/invocations"), event).await
    }

    async fn table(&self, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let answer = self.root.json("dynamodb", "DynamoDB_20120810.ListTables", &json!({})).await?;
        let names = answer["TableNames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let found: Vec<&str> = names.filter(|name| wanted(name)).collect();
        match found.as_slice() {
            [one] => Ok((*one).to_owned()),
            others => bail!("one such table is expected, found {others:?}"),
        }
    }

    async fn all(&self, table: &str) -> Result<Vec<Value>> {
        let mut request = json!({ "TableName": table, "ConsistentRead": true });
        let mut items = Vec::new();
        loop {
            let mut page = self.root.json("dynamodb", "DynamoDB_20120810.Scan", &request).await?;
            let found = page["Items"].as_array_mut().context("a scan without items")?;
            items.extend(found.iter().map(plain));
            let next = page["LastEvaluatedKey"].take();
            if next.is_null() {
                return Ok(items);
            }
            request["ExclusiveStartKey"] = next;
        }
    }
}

/// Every time in a value, in DynamoDB's JSON, is so much earlier.
fn set_back(value: &mut Value, span: Duration) {
    match value {
        Value::String(text) => {
            if let Ok(at) = text.parse::<Timestamp>() {
                *text = at.minus(span).to_string();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| set_back(value, span)),
        Value::Object(fields) => fields.values_mut().for_each(|value| set_back(value, span)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An item without the names of DynamoDB's types.
fn plain(item: &Value) -> Value {
    let fields = item.as_object().into_iter().flatten();
    Value::Object(fields.map(|(name, value)| (name.clone(), untyped(value))).collect::<Map<_, _>>())
}

fn untyped(value: &Value) -> Value {
    let Some((kind, content)) = value.as_object().and_then(|typed| typed.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "M" => plain(content),
        "L" => content.as_array().into_iter().flatten().map(untyped).collect(),
        "N" => content.as_str().and_then(|number| number.parse().ok()).map_or(Value::Null, Value::Number),
        "NULL" => Value::Null,
        _ => content.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{plain, set_back};

    #[test]
    fn times_are_set_back_wherever_they_are_and_nothing_else_is_changed() {
        let item = |at: &str| {
            json!({ "M": { "at": { "S": at }, "day": { "S": "2026-11-22" }, "n": { "N": "20261122" },
                "keys": { "L": [{ "M": { "since": { "S": at } } }] } } })
        };
        let mut moved = item("2026-03-01T00:00:01.500Z");
        set_back(&mut moved, Duration::from_secs(86_400));
        assert_eq!(moved, item("2026-02-28T00:00:01.500Z"));
    }

    #[test]
    fn an_item_reads_as_plain_json() {
        let item = json!({
            "pk": {"S": "A#1"}, "version": {"N": "2"}, "gone": {"NULL": true}, "on": {"BOOL": true},
            "tags": {"L": [{"S": "a"}, {"M": {"b": {"N": "1"}}}]},
        });
        let expected = json!({"pk": "A#1", "version": 2, "gone": null, "on": true, "tags": ["a", {"b": 1}]});
        assert_eq!(plain(&item), expected);
    }
}

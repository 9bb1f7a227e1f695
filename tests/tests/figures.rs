//! Round trips of the connections function, counted in the guard's call log while every call takes 20 ms longer.
//!
//! `cargo test -p tests --test figures -- --nocapture` prints the table. A process of its own, so that nothing else is in
//! the call log. The processor time of the authorizer's check is `cargo bench -p authorizer --bench check`.

use anyhow::{Context as _, Result, ensure};
use local::root::Root;
use serde_json::{Value, json};
use tests::account::trust;
use tests::api::Answer;
use tests::guard::{Call, sequential};
use tests::system::{System, run, text, unique};

const ALL: &str = "/api/v1/app-connections/aws";
const MANY: usize = 1_000;

/// What one request cost the connections function.
struct Cost {
    /// The longest chain of calls to the customer's AWS (STS) that waited for each other.
    customer: usize,
    /// The longest chain of calls to anything.
    all: usize,
    /// All calls, side by side or not.
    calls: Vec<Call>,
}

impl Cost {
    fn row(&self, request: &str, budget: &str) -> String {
        let names: Vec<&str> = self.calls.iter().map(|call| call.action.as_str()).collect();
        let Self { customer, all, .. } = self;
        format!("{request:<34} {customer:>9} {all:>10} {budget:>10}   {}", names.join(" "))
    }
}

/// Asks once, and then again with every call slowed down: the second time is what counts.
async fn cost<Asking>(system: &System, ask: impl Fn() -> Asking) -> Result<Cost>
where
    Asking: Future<Output = Result<Answer>>,
{
    ask().await?.ok()?;
    let slow = json!({ "principal": "-ConnectionsRole-", "times": 0, "effect": { "kind": "latency", "milliseconds": 20 } });
    system.guard.fault(&slow).await?;
    let mark = system.guard.mark().await?;
    let answer = ask().await?;
    system.guard.mend().await?;
    answer.ok()?;
    let calls = system.guard.calls_after(mark).await?;
    let ours = |call: &Call| {
        let customers = call.action == "GetCallerIdentity";
        customers || call.role().is_some_and(|role| role.contains("-ConnectionsRole-"))
    };
    let calls: Vec<Call> = calls.into_iter().filter(ours).collect();
    let customers: Vec<Call> = calls.iter().filter(|call| call.service == "sts").cloned().collect();
    Ok(Cost { customer: sequential(&customers), all: sequential(&calls), calls })
}

/// Copies of a stored connection, with ids and names of their own.
async fn fill(system: &System, connection: &str, name: &str) -> Result<()> {
    let root = Root::new(&system.ready.aws_endpoint, local::standins::PLATFORM_ACCOUNT);
    let tables = root.json("dynamodb", "DynamoDB_20120810.ListTables", &json!({})).await?;
    let tables: Vec<String> = serde_json::from_value(tables["TableNames"].clone())?;
    let table = tables.into_iter().find(|table| table.contains("-Table-")).context("no table")?;
    let key = json!({ "S": format!("CONNECTION#{connection}") });
    let request = json!({ "TableName": table, "Key": { "pk": key, "sk": key } });
    let read = root.json("dynamodb", "DynamoDB_20120810.GetItem", &request).await?;
    let original = read["Item"].to_string();
    ensure!(original.contains(name), "the connection is stored otherwise: {original}");
    let copies: Vec<Value> = (1..MANY)
        .map(|n| {
            let id = format!("00000000-0000-4000-8000-{n:012}");
            let copy = original.replace(connection, &id).replace(name, &format!("{name}-{n}"));
            Ok(json!({ "PutRequest": { "Item": serde_json::from_str::<Value>(&copy)? } }))
        })
        .collect::<Result<_>>()?;
    for batch in copies.chunks(25) {
        let request = json!({ "RequestItems": { table.clone(): batch } });
        root.json("dynamodb", "DynamoDB_20120810.BatchWriteItem", &request).await?;
    }
    Ok(())
}

#[test]
fn requests_wait_for_aws_no_more_often_than_they_must() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        let (project, _) = system.project(&unique("measured")).await?;
        let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
        let role_arn = account.role("measured", &trust("arn:aws:iam::111111111111:root", &condition)).await?;
        let body = || {
            json!({ "name": unique("measured"), "method": "assume-role", "projectId": project,
                "credentials": { "roleArn": role_arn } })
        };
        let first = body();
        let made = system.admin.post(ALL, &first).await?.ok()?;
        let id = text(&made["appConnection"]["id"])?;
        let one = format!("{ALL}/{id}");

        let create = cost(system, || async { system.admin.post(ALL, &body()).await }).await?;
        let get = cost(system, || system.admin.get(&one)).await?;
        let check = format!("{one}/check");
        let check = cost(system, || async { system.admin.post(&check, &json!({})).await }).await?;
        fill(system, &id, &text(&first["name"])?).await?;
        let of_project = format!("{ALL}?projectId={project}");
        let list = cost(system, || system.admin.get(&of_project)).await?;
        let listed =
            system.admin.get(&of_project).await?.ok()?["appConnections"].as_array().map_or(0, Vec::len);

        println!("\n{:<34} {:>9} {:>10} {:>10}   calls", "request, warm", "STS chain", "all chain", "budget");
        println!("{}", create.row("create by role, with probe", "2 STS"));
        println!("{}", get.row("get", "1"));
        println!("{}", check.row("check", "2 STS"));
        println!("{}", list.row(&format!("list of {listed}"), "2 pages"));

        ensure!(create.customer <= 2, "a create waits for STS {} times", create.customer);
        ensure!(check.customer <= 2, "a check waits for STS {} times", check.customer);
        ensure!(get.all == 1, "a get waits {} times", get.all);
        ensure!(listed > MANY, "only {listed} are listed");
        let pages = list.calls.iter().filter(|call| call.action == "Query").count();
        ensure!(pages <= 2, "a list of {listed} takes {pages} queries");
        Ok(())
    })
}

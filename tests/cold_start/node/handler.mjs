// The handler that is compared, in Node: the list of an organisation's connections, asked for by an administrator.
// It does what functions/connections does for GET /api/v1/app-connections/aws, and speaks to the Lambda runtime's API
// itself, so that nothing but the language, the SDK and the handler is measured.

import http from "node:http";
import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({});
const agent = new http.Agent({ keepAlive: true });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function problem(status, message, error) {
  return answer(status, { reqId: "req", statusCode: status, message, error });
}

function answer(status, body) {
  return {
    statusCode: status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}

async function handle(event) {
  const caller = event.requestContext.authorizer?.lambda;
  if (!caller || caller.kind === "anonymous") return problem(401, "Token missing", "UnauthorizedError");
  const items = [];
  let start;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: process.env.TABLE_NAME,
        IndexName: "GSI1",
        KeyConditionExpression: "gsi1pk = :scope AND begins_with(gsi1sk, :noun)",
        ExpressionAttributeValues: {
          ":scope": { S: `ORG#${process.env.ORGANIZATION_ID}` },
          ":noun": { S: "CONNECTION#" },
        },
        ExclusiveStartKey: start,
      }),
    );
    items.push(...page.Items);
    start = page.LastEvaluatedKey;
  } while (start);
  const connections = items.map((item) => ({ id: item.id.S, name: item.name.S, app: "aws" }));
  return answer(200, { appConnections: connections.sort((a, b) => a.name.localeCompare(b.name)) });
}

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: `/2018-06-01/runtime${path}`, agent }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const next = await call("GET", "/invocation/next");
  const id = next.headers["lambda-runtime-aws-request-id"];
  await call("POST", `/invocation/${id}/response`, JSON.stringify(await handle(JSON.parse(next.body))));
}

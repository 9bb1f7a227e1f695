"""The handler that is compared, in Python: the list of an organisation's connections, asked for by an administrator.

It does what functions/connections does for GET /api/v1/app-connections/aws, and speaks to the Lambda runtime's API
itself, so that nothing but the language, the SDK and the handler is measured.
"""

import http.client
import json
import os

import boto3

client = boto3.client("dynamodb")


def answer(status, body):
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}


def handle(event):
    caller = event["requestContext"].get("authorizer", {}).get("lambda")
    if not caller or caller["kind"] == "anonymous":
        body = {"reqId": "req", "statusCode": 401, "message": "Token missing", "error": "UnauthorizedError"}
        return answer(401, body)
    query = {
        "TableName": os.environ["TABLE_NAME"],
        "IndexName": "GSI1",
        "KeyConditionExpression": "gsi1pk = :scope AND begins_with(gsi1sk, :noun)",
        "ExpressionAttributeValues": {
            ":scope": {"S": "ORG#" + os.environ["ORGANIZATION_ID"]},
            ":noun": {"S": "CONNECTION#"},
        },
    }
    items = []
    while True:
        page = client.query(**query)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    connections = [{"id": item["id"]["S"], "name": item["name"]["S"], "app": "aws"} for item in items]
    return answer(200, {"appConnections": sorted(connections, key=lambda connection: connection["name"].lower())})


runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    runtime.request("GET", "/2018-06-01/runtime/invocation/next")
    response = runtime.getresponse()
    event = json.loads(response.read())
    request_id = response.headers["lambda-runtime-aws-request-id"]
    body = json.dumps(handle(event))
    runtime.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", body)
    runtime.getresponse().read()

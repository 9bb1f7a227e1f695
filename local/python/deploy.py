"""Deploys template.yaml to an AWS-compatible endpoint through CloudFormation.

usage: deploy.py ENDPOINT TEMPLATE STACK PARAMETERS PACKAGES

PARAMETERS is a JSON object; PACKAGES a JSON object from a function's CodeUri to its zip. The SAM
transform is AWS's own (aws-sam-translator), run here instead of in CloudFormation. Prints a JSON
object: apiId, outputs, functions (logical id -> ARN).
"""

import hashlib
import json
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

BUCKET = "drawbridge-packages"
METHODS = {"x-amazon-apigateway-any-method": "ANY"}


class Deployment:
    def __init__(self, endpoint, stack):
        self.session = boto3.Session()
        self.endpoint = endpoint
        self.stack = stack
        self.cloudformation = self.client("cloudformation")

    def client(self, service):
        config = Config(s3={"addressing_style": "path"}, retries={"mode": "standard"})
        return self.session.client(service, endpoint_url=self.endpoint, config=config)

    def upload(self, content, kind):
        """The key of the content in the bucket. It is made of the content, so an equal one is no change."""
        key = f"{hashlib.sha256(content).hexdigest()}.{kind}"
        s3 = self.client("s3")
        try:
            s3.head_bucket(Bucket=BUCKET)
        except ClientError:
            s3.create_bucket(Bucket=BUCKET)
        try:
            s3.head_object(Bucket=BUCKET, Key=key)
        except ClientError:
            s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return key

    def package(self, path):
        with open(path, "rb") as package:
            return {"Bucket": BUCKET, "Key": self.upload(package.read(), "zip")}

    def translate(self, template_path, parameters, packages):
        with open(template_path, encoding="utf-8") as file:
            template = yaml_parse(file.read())
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = self.package(packages[resource["Properties"]["CodeUri"]])
                # How to build it is over.
                resource.pop("Metadata", None)
        defaults = {name: p["Default"] for name, p in template["Parameters"].items() if "Default" in p}
        translator = Translator({}, Parser(), boto_session=self.session)
        return translator.translate(template, {**defaults, **parameters})

    def apply(self, template, parameters):
        """Creates or updates the stack; an update without changes is fine.

        In a call itself a template may have 51,200 bytes; from a bucket it may have a million.
        """
        key = self.upload(json.dumps(template).encode(), "json")
        call = {
            "StackName": self.stack,
            "TemplateURL": f"{self.endpoint}/{BUCKET}/{key}",
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
            "Capabilities": ["CAPABILITY_IAM"],
        }
        try:
            self.cloudformation.describe_stacks(StackName=self.stack)
            verb = "update"
        except ClientError:
            verb = "create"
        try:
            getattr(self.cloudformation, f"{verb}_stack")(**call)
            waiter = self.cloudformation.get_waiter(f"stack_{verb}_complete")
            waiter.wait(StackName=self.stack, WaiterConfig={"Delay": 0.2, "MaxAttempts": 600})
        except ClientError as refusal:
            if "No updates are to be performed" not in str(refusal):
                raise
        except WaiterError as failure:
            raise SystemExit(f"CloudFormation could not {verb} the stack: {self.first_failure()}") from failure

    def first_failure(self):
        events = self.cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"]
        failed = [e for e in reversed(events) if e["ResourceStatus"].endswith("FAILED")]
        if not failed:
            return "no event says why"
        return f"{failed[0]['LogicalResourceId']}: {failed[0].get('ResourceStatusReason', 'no reason given')}"

    def physical_ids(self):
        answer = self.cloudformation.describe_stack_resources(StackName=self.stack)
        return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in answer["StackResources"]}

    def outputs(self):
        [stack] = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


class Routes:
    """What CloudFormation makes of an HTTP API's OpenAPI body, and ministack does not."""

    def __init__(self, client, api_id, functions):
        self.client = client
        self.api_id = api_id
        self.functions = functions
        self.integrations = {}

    def make(self, body):
        self.remove_those_of_an_earlier_deployment()
        schemes = body.get("components", {}).get("securitySchemes", {})
        authorizers = {name: self.authorizer(name, scheme) for name, scheme in schemes.items()}
        for path, operations in body["paths"].items():
            for method, operation in operations.items():
                self.route(METHODS.get(method, method.upper()), path, operation, authorizers)

    def remove_those_of_an_earlier_deployment(self):
        client, api = self.client, {"ApiId": self.api_id}
        for route in client.get_routes(**api)["Items"]:
            client.delete_route(**api, RouteId=route["RouteId"])
        for integration in client.get_integrations(**api)["Items"]:
            client.delete_integration(**api, IntegrationId=integration["IntegrationId"])
        for authorizer in client.get_authorizers(**api)["Items"]:
            client.delete_authorizer(**api, AuthorizerId=authorizer["AuthorizerId"])

    def authorizer(self, name, scheme):
        settings = scheme["x-amazon-apigateway-authorizer"]
        return self.client.create_authorizer(
            ApiId=self.api_id,
            Name=name,
            AuthorizerType="REQUEST",
            AuthorizerUri=self.uri(settings["authorizerUri"]),
            AuthorizerPayloadFormatVersion=str(settings["authorizerPayloadFormatVersion"]),
            AuthorizerResultTtlInSeconds=settings.get("authorizerResultTtlInSeconds", 0),
            EnableSimpleResponses=settings.get("enableSimpleResponses", False),
            IdentitySource=settings.get("identitySource", []),
        )["AuthorizerId"]

    def route(self, method, path, operation, authorizers):
        integration = operation["x-amazon-apigateway-integration"]
        uri = self.uri(integration["uri"])
        if uri not in self.integrations:
            self.integrations[uri] = self.client.create_integration(
                ApiId=self.api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=uri,
                PayloadFormatVersion=str(integration["payloadFormatVersion"]),
            )["IntegrationId"]
        call = {
            "ApiId": self.api_id,
            "RouteKey": f"{method} {path}",
            "Target": f"integrations/{self.integrations[uri]}",
            "AuthorizationType": "NONE",
        }
        guards = [name for requirement in operation.get("security", []) for name in requirement if name in authorizers]
        if guards:
            call.update(AuthorizationType="CUSTOM", AuthorizerId=authorizers[guards[0]])
        self.client.create_route(**call)

    def uri(self, template):
        """The invocation URI, in which the translator names a function by its logical id."""
        [logical_id] = set(re.findall(r"\w+", json.dumps(template))) & set(self.functions)
        region = self.client.meta.region_name
        return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{self.functions[logical_id]}/invocations"


def main():
    endpoint, template_path, stack, parameters, packages = sys.argv[1:]
    parameters = json.loads(parameters)
    deployment = Deployment(endpoint, stack)
    template = deployment.translate(template_path, parameters, json.loads(packages))
    deployment.apply(template, parameters)

    physical = deployment.physical_ids()
    resources = template["Resources"]
    lambdas = deployment.client("lambda")
    functions = {
        logical: lambdas.get_function(FunctionName=physical[logical])["Configuration"]["FunctionArn"]
        for logical, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    [api] = [logical for logical, resource in resources.items() if resource["Type"] == "AWS::ApiGatewayV2::Api"]
    api_id = physical[api]
    Routes(deployment.client("apigatewayv2"), api_id, functions).make(resources[api]["Properties"]["Body"])
    print(json.dumps({"apiId": api_id, "outputs": deployment.outputs(), "functions": functions}))


main()

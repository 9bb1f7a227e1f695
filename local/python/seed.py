"""Makes the first administrator and a small demonstration in a freshly deployed system.

usage: seed.py WISHES

WISHES is a JSON object: apiUrl, awsEndpoint, region, orgId, platformAccount, customerAccount,
demonstration (whether to make one) and known (what an earlier run printed, when its state was
kept). Prints what it made as a JSON object.
"""

import base64
import json
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

ROOT_SECRET = "test"


class Api:
    """Drawbridge's own HTTP API."""

    def __init__(self, url):
        self.url = url
        self.token = None

    def post(self, path, body):
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise SystemExit(f"POST {path} answered {refusal.code}: {refusal.read().decode()}") from refusal

    def log_in_with_aws(self, identity_id, key, region):
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html, signed, not sent."""
        url = f"https://sts.{region}.amazonaws.com/"
        body = "Action=GetCallerIdentity&Version=2011-06-15"
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        request = AWSRequest("POST", url, data=body, headers={**headers, "Host": f"sts.{region}.amazonaws.com"})
        SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "sts", region).add_auth(request)
        answer = self.post("/api/v1/auth/aws-auth/login", {
            "identityId": identity_id,
            "iamHttpRequestMethod": "POST",
            "iamRequestBody": base64.b64encode(body.encode()).decode(),
            "iamRequestHeaders": base64.b64encode(json.dumps(dict(request.headers)).encode()).decode(),
        })
        self.token = answer["accessToken"]

    def log_in(self, client_id, client_secret):
        login = {"clientId": client_id, "clientSecret": client_secret}
        self.token = self.post("/api/v1/auth/universal-auth/login", login)["accessToken"]


def trust(principal, external_id=None):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return statement


def allow(actions, resource="*"):
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Account:
    """An AWS account, as its root."""

    def __init__(self, wishes, number):
        self.number = number
        self.settings = {
            "endpoint_url": wishes["awsEndpoint"],
            "region_name": wishes["region"],
            "aws_access_key_id": number,
            "aws_secret_access_key": ROOT_SECRET,
        }
        self.iam = self.client("iam")

    def client(self, service):
        return boto3.client(service, **self.settings)

    def user(self, name):
        """A user with one new access key."""
        try:
            self.iam.create_user(UserName=name)
        except self.iam.exceptions.EntityAlreadyExistsException:
            for key in self.iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
                self.iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        return self.iam.create_access_key(UserName=name)["AccessKey"]

    def arn(self, role_name):
        return f"arn:aws:iam::{self.number}:role/{role_name}"

    def role(self, name, trusted, *permissions, hours=1):
        """A role as described, whatever an earlier run left of it."""
        try:
            self.iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=policy(trusted), MaxSessionDuration=hours * 3600,
            )
        except self.iam.exceptions.EntityAlreadyExistsException:
            self.iam.update_assume_role_policy(RoleName=name, PolicyDocument=policy(trusted))
        self.iam.put_role_policy(RoleName=name, PolicyName="demonstration", PolicyDocument=policy(*permissions))
        return self.arn(name)


def demonstration_in_drawbridge(api, wishes):
    project = api.post("/api/v1/projects", {"projectName": "demo"})["project"]
    identity = api.post("/api/v1/identities", {
        "name": "demo-administrator", "organizationId": wishes["orgId"], "role": "admin",
    })["identity"]
    path = f"/api/v1/auth/universal-auth/identities/{identity['id']}"
    client_id = api.post(path, {})["identityUniversalAuth"]["clientId"]
    client_secret = api.post(f"{path}/client-secrets", {"description": "local run"})["clientSecret"]
    return {
        "projectId": project["id"],
        "adminIdentityId": identity["id"],
        "adminClientId": client_id,
        "adminClientSecret": client_secret,
    }


# Exactly what Infisical's documentation asks a customer to allow, word for word.
SECRETS_MANAGER = [
    "secretsmanager:ListSecrets", "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue",
    "secretsmanager:CreateSecret", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret",
    "secretsmanager:DescribeSecret", "secretsmanager:TagResource", "secretsmanager:UntagResource",
]
PARAMETER_STORE = [
    "ssm:PutParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:DescribeParameters",
    "ssm:DeleteParameters", "ssm:ListTagsForResource", "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource",
]
FOR_A_KEY = ["kms:ListAliases", "kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]


def secrets_in_step_with_customer_account(api, customer, platform, project_id):
    """A folder of secrets, a sync to each service, and beside what these make a secret that is somebody else's."""
    role = customer.role(
        "drawbridge-secrets",
        trust(f"arn:aws:iam::{platform}:root", project_id),
        allow(SECRETS_MANAGER + FOR_A_KEY),
        allow(PARAMETER_STORE + FOR_A_KEY),
    )
    foreign = {"secretsManager": "demo/FOREIGN", "parameterStore": "/demo/FOREIGN"}
    try:
        customer.client("secretsmanager").create_secret(Name=foreign["secretsManager"], SecretString="somebody else's")
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] != "ResourceExistsException":
            raise
    customer.client("ssm").put_parameter(
        Name=foreign["parameterStore"], Value="somebody else's", Type="SecureString", Overwrite=True,
    )
    connection = api.post("/api/v1/app-connections/aws", {
        "name": "demo-secrets", "method": "assume-role", "projectId": project_id, "credentials": {"roleArn": role},
    })["appConnection"]
    place = {"workspaceId": project_id, "environment": "dev"}
    api.post("/api/v1/folders", {**place, "name": "api", "path": "/"})
    for name, value in [
        ("DB_USER", "app"), ("DB_PASSWORD", "correct-horse-battery-staple"),
        ("DB_URL", "postgres://${DB_USER}:${DB_PASSWORD}@db.internal/app"),
    ]:
        api.post(f"/api/v3/secrets/raw/{name}", {**place, "secretPath": "/api", "secretValue": value})

    def sync(destination, schema, config):
        return api.post(f"/api/v1/secret-syncs/{destination}", {
            "name": f"demo-{destination}", "projectId": project_id, "connectionId": connection["id"],
            "environment": "dev", "secretPath": "/api", "isAutoSyncEnabled": True,
            "syncOptions": {"initialSyncBehavior": "overwrite-destination", "keySchema": schema},
            "destinationConfig": config,
        })["secretSync"]["id"]

    region = customer.settings["region_name"]
    return {
        "secretsRoleArn": role,
        "secretsConnectionId": connection["id"],
        "secretsEnvironment": "dev",
        "secretsPath": "/api",
        "secretsManagerSyncId": sync(
            "aws-secrets-manager", "demo/{{secretKey}}", {"region": region, "mappingBehavior": "one-to-one"},
        ),
        "parameterStoreSyncId": sync("aws-parameter-store", "", {"region": region, "path": "/demo/"}),
        "foreignSecretName": foreign["secretsManager"],
        "foreignParameterName": foreign["parameterStore"],
    }


def recordings_in_customer_account(api, customer, platform, project_id, origin, known):
    """A bucket that a browser may read from, and a connection whose role may do there what the documentation asks for.

    Our own address may be another one in each run, and so the bucket's rule.
    """
    bucket = f"drawbridge-recordings-{customer.number}"
    s3 = boto3.client("s3", **customer.settings, config=boto3.session.Config(s3={"addressing_style": "path"}))
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedHeaders": ["*"], "AllowedOrigins": [origin], "MaxAgeSeconds": 3600},
    ]})
    role = customer.role(
        "drawbridge-recordings",
        trust(f"arn:aws:iam::{platform}:root", project_id),
        allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/pam/*"),
        allow(["s3:ListBucket"], f"arn:aws:s3:::{bucket}"),
        allow(["s3:DeleteObject"], f"arn:aws:s3:::{bucket}/pam/.test/*"),
    )
    made = {"recordingsBucket": bucket, "recordingsPrefix": "pam", "recordingsRoleArn": role}
    if "recordingsConnectionId" in known:
        return made
    connection = api.post("/api/v1/app-connections/aws", {
        "name": "demo-recordings", "method": "assume-role", "projectId": project_id, "credentials": {"roleArn": role},
    })["appConnection"]
    return {**made, "recordingsConnectionId": connection["id"]}


def demonstration_in_customer_account(customer, platform, project_id):
    """Roles for a connection, one badly protected, a user to rotate, a bucket."""
    root = f"arn:aws:iam::{platform}:root"
    connection = allow([
        "secretsmanager:*", "ssm:*", "iam:*AccessKey*", "iam:ListUsers", "kms:ListAliases", "acm:*", "acm-pca:*",
        "route53:GetHostedZone", "route53:ChangeResourceRecordSets", "elasticloadbalancing:*", "s3:*",
        "cloudtrail:LookupEvents",
    ])
    made = {
        "connectionRoleArn": customer.role("drawbridge-connection", trust(root, project_id), connection),
        "unprotectedRoleArn": customer.role("drawbridge-unprotected", trust(root), connection),
        "rotationUserName": "legacy-application",
        "rotationUserAccessKeyId": customer.user("legacy-application")["AccessKeyId"],
        "bucket": f"drawbridge-demonstration-{customer.number}",
    }
    s3 = boto3.client("s3", **customer.settings, config=boto3.session.Config(s3={"addressing_style": "path"}))
    s3.create_bucket(Bucket=made["bucket"])
    return made


def console_roles_in_customer_account(customer, platform, project_id):
    """The way into the console: a resource's role, and behind it the roles that people use."""
    root = f"arn:aws:iam::{platform}:root"
    onwards = allow("sts:AssumeRole", customer.arn("drawbridge-target*"))
    resource_arn = customer.role(
        "drawbridge-resource", trust(root, project_id), onwards, allow("cloudtrail:LookupEvents"),
    )
    trusted = trust(resource_arn, project_id)
    look = allow(["cloudtrail:LookupEvents", "ec2:Describe*", "iam:Get*", "iam:List*", "s3:Get*", "s3:List*"])
    # Whoever may change the role may end its sessions: a Deny in its own policies does that.
    end = allow(
        ["iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"], customer.arn("drawbridge-target-endable"),
    )
    return {
        "resourceRoleArn": resource_arn,
        "unprotectedResourceRoleArn": customer.role("drawbridge-resource-unprotected", trust(root), onwards),
        "targetRoleArn": customer.role("drawbridge-target", trusted, look),
        "endableTargetRoleArn": customer.role("drawbridge-target-endable", trusted, look, end, hours=4),
        "administratorTargetRoleArn": customer.role("drawbridge-target-administrator", trusted, allow("*"), hours=12),
    }


def main():
    wishes = json.loads(sys.argv[1])
    platform = Account(wishes, wishes["platformAccount"])
    customer = Account(wishes, wishes["customerAccount"])
    api = Api(wishes["apiUrl"])

    deployer = platform.user("deployer")
    api.log_in_with_aws(wishes["orgId"], deployer, wishes["region"])
    made = wishes["known"]
    made.update(deployerAccessKeyId=deployer["AccessKeyId"], deployerSecretAccessKey=deployer["SecretAccessKey"])
    if wishes["demonstration"]:
        # moto is slow at first and has nothing to do with the rest.
        with ThreadPoolExecutor() as beside:
            in_moto = beside.submit(demonstration_in_moto, customer)
            if "projectId" not in made:
                made.update(demonstration_in_drawbridge(api, wishes))
                made.update(demonstration_in_customer_account(customer, platform.number, made["projectId"]))
            made.update(console_roles_in_customer_account(customer, platform.number, made["projectId"]))
            made.update(in_moto.result())
        api.log_in(made["adminClientId"], made["adminClientSecret"])
        with ThreadPoolExecutor() as beside:
            where = (api, customer, platform.number, made["projectId"])
            certificates = beside.submit(certificates_from_customer_account, *where, made)
            made.update(recordings_in_customer_account(*where, wishes["apiUrl"], made))
            if "secretsManagerSyncId" not in made:
                made.update(secrets_in_step_with_customer_account(*where))
            made.update(certificates.result())
    made["adminToken"] = api.token
    print(json.dumps(made))


try:
    main()
except ClientError as refusal:
    raise SystemExit(f"seeding AWS: {refusal}") from refusal

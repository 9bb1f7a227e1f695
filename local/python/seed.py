"""Makes the first administrator and a small demonstration in a freshly deployed system.

usage: seed.py WISHES

WISHES is a JSON object: apiUrl, awsEndpoint, region, orgId, platformAccount, customerAccount,
demonstration (whether to make one) and known (what an earlier run printed, when its state was
kept). Prints what it made as a JSON object.
"""

import base64
import datetime
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
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT_SECRET = "test"
# A domain that is nobody's: https://www.rfc-editor.org/rfc/rfc2606
ZONE = "demo.example.com"


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
PRIVATE_CA = [
    "acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificateAuthorityCertificate", "acm-pca:IssueCertificate",
    "acm-pca:GetCertificate", "acm-pca:RevokeCertificate",
]
PUBLIC_CA = [
    "acm:RequestCertificate", "acm:DescribeCertificate", "acm:ExportCertificate", "acm:RenewCertificate",
    "acm:RevokeCertificate", "acm:ListCertificates",
]
CERTIFICATE_MANAGER = [
    "acm:ListCertificates", "acm:DescribeCertificate", "acm:GetCertificate", "acm:ImportCertificate",
    "acm:ExportCertificate", "acm:DeleteCertificate", "acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate",
    "acm:ListTagsForCertificate",
]
LOAD_BALANCER = [
    "acm:ListCertificates", "acm:ImportCertificate", "acm:DeleteCertificate", "acm:DescribeCertificate",
    "acm:ListTagsForCertificate", "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:RemoveListenerCertificates",
    "elasticloadbalancing:ModifyListener",
]
HOSTED_ZONE = ["route53:GetHostedZone", "route53:ChangeResourceRecordSets"]


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


def certificates_from_customer_account(api, customer, platform, project_id, made):
    """The customer's private CA and its hosted zone as authorities, and what is asked of them.

    The stand-in's CA and zone are new with each run, and so is all of this.
    """
    zone, authority = made["hostedZoneId"], made["certificateAuthorityArn"]
    role = customer.role(
        "drawbridge-certificates",
        trust(f"arn:aws:iam::{platform}:root", project_id),
        allow(PRIVATE_CA, authority),
        allow(PUBLIC_CA),
        allow(HOSTED_ZONE, f"arn:aws:route53:::hostedzone/{zone}"),
    )
    run = zone[-6:].lower()
    manager, region = "/api/v1/cert-manager", customer.settings["region_name"]
    connection = api.post("/api/v1/app-connections/aws", {
        "name": f"demo-certificates-{run}", "method": "assume-role", "projectId": project_id,
        "credentials": {"roleArn": role},
    })["appConnection"]["id"]

    def make(path, name, **fields):
        return api.post(f"{manager}/{path}", {"projectId": project_id, name[0]: f"{name[1]}-{run}", **fields})

    private = make("ca/aws-pca", ("name", "demo-private"), status="active", configuration={
        "appConnectionId": connection, "certificateAuthorityArn": authority, "region": region,
    })["id"]
    public = make("ca/aws-acm-public-ca", ("name", "demo-public"), status="active", configuration={
        "appConnectionId": connection, "dnsAppConnectionId": connection, "hostedZoneId": zone, "region": region,
    })["id"]
    policy = make(
        "certificate-policies", ("name", "demo-servers"),
        subject=[{"type": "common_name", "allowed": ["*.example.com"]}],
        sans=[{"type": "dns_name", "allowed": ["*.example.com"]}],
        keyUsages={"allowed": ["digital_signature", "key_encipherment"]},
        extendedKeyUsages={"allowed": ["server_auth", "client_auth"]},
    )["certificatePolicy"]["id"]

    def profile(slug, ca, **defaults):
        return make(
            "certificate-profiles", ("slug", slug), caId=ca, certificatePolicyId=policy, issuerType="ca", defaults=defaults,
        )["certificateProfile"]["id"]

    usages = {"keyUsages": ["digital_signature"], "extendedKeyUsages": ["server_auth"]}
    profiles = {
        "privateProfileId": profile("demo-private", private, ttlDays=30, **usages),
        "publicProfileId": profile("demo-public", public, ttlDays=198),
    }
    application = make("applications", ("name", "demo"), profileIds=list(profiles.values()))["application"]["id"]
    return {
        "certificatesRoleArn": role,
        "certificatesConnectionId": connection,
        "privateCaId": private,
        "publicCaId": public,
        "certificatePolicyId": policy,
        "certificateApplicationId": application,
        **profiles,
        **certificate_syncs_to_customer_account(api, customer, platform, project_id, made, application),
    }


def certificate_syncs_to_customer_account(api, customer, platform, project_id, made, application):
    """A sync to ACM and one to a listener, each with a connection of its own; nothing is attached yet.

    The stand-in's load balancer is new with each run, and so is all of this.
    """
    run, region = made["loadBalancerArn"][-6:], customer.settings["region_name"]

    def sync(destination, name, actions, config):
        role = customer.role(
            f"drawbridge-certificates-{name}", trust(f"arn:aws:iam::{platform}:root", project_id), allow(actions),
        )
        connection = api.post("/api/v1/app-connections/aws", {
            "name": f"demo-certificates-{name}-{run}", "method": "assume-role", "projectId": project_id,
            "credentials": {"roleArn": role},
        })["appConnection"]["id"]
        return connection, api.post(f"/api/v1/cert-manager/syncs/{destination}", {
            "name": f"demo-{name}-{run}", "applicationId": application, "connectionId": connection,
            "syncOptions": {"canRemoveCertificates": True, "certificateNameSchema": "demo-{{shortCertificateId}}"},
            "destinationConfig": {"region": region, **config},
        })["id"]

    _, acm = sync("aws-certificate-manager", "acm", CERTIFICATE_MANAGER, {})
    connection, balancer = sync("aws-elastic-load-balancer", "listener", LOAD_BALANCER, {
        "loadBalancerArn": made["loadBalancerArn"],
        "listeners": [{"listenerArn": made["listenerArn"], "port": 443, "protocol": "HTTPS"}],
    })
    return {"acmSyncId": acm, "loadBalancerSyncId": balancer, "loadBalancerConnectionId": connection}


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


def private_ca(pca, name, parent=None):
    """A CA with its own certificate: the root's is its own, another's that of its parent.

    https://docs.aws.amazon.com/privateca/latest/userguide/PCACertInstall.html
    """
    kind, template = ("SUBORDINATE", "SubordinateCACertificate_PathLen0") if parent else ("ROOT", "RootCACertificate")
    authority = pca.create_certificate_authority(
        CertificateAuthorityType=kind,
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": {"CommonName": name},
        },
    )["CertificateAuthorityArn"]
    issuer = parent or authority
    csr = pca.get_certificate_authority_csr(CertificateAuthorityArn=authority)["Csr"]
    issued = pca.issue_certificate(
        CertificateAuthorityArn=issuer, Csr=csr.encode(), SigningAlgorithm="SHA256WITHECDSA",
        TemplateArn=f"arn:aws:acm-pca:::template/{template}/V1",
        Validity={"Type": "DAYS", "Value": 1825 if parent else 3650},
    )["CertificateArn"]
    certificate = pca.get_certificate(CertificateAuthorityArn=issuer, CertificateArn=issued)
    chain = {"CertificateChain": certificate["CertificateChain"].encode()} if parent else {}
    pca.import_certificate_authority_certificate(
        CertificateAuthorityArn=authority, Certificate=certificate["Certificate"].encode(), **chain,
    )
    return authority


def foreign_certificate(acm):
    """One that somebody else made and imported, by hand and years ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.com")])
    today = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("www.example.com")]), False)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return acm.import_certificate(
        Certificate=made.public_bytes(serialization.Encoding.PEM), PrivateKey=key.private_bytes(*plain),
        Tags=[{"Key": "owner", "Value": "somebody else"}],
    )["CertificateArn"]


def load_balancers(customer):
    """One for HTTP and one for TCP, with listeners that serve somebody else's certificate, and one that serves none."""
    foreign = foreign_certificate(customer.client("acm"))
    ec2, elb = customer.client("ec2"), customer.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]

    def balancer(name, kind, protocol):
        [made] = elb.create_load_balancer(Name=name, Subnets=subnets, Type=kind)["LoadBalancers"]
        [group] = elb.create_target_group(Name=name, Protocol=protocol, Port=80, VpcId=vpc)["TargetGroups"]
        return made["LoadBalancerArn"], group["TargetGroupArn"]

    def listener(of, port, protocol):
        balancer_arn, group = of
        certificates = {"Certificates": [{"CertificateArn": foreign}]} if protocol in ("HTTPS", "TLS") else {}
        return elb.create_listener(
            LoadBalancerArn=balancer_arn, Protocol=protocol, Port=port, **certificates,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )["Listeners"][0]["ListenerArn"]

    application = balancer("drawbridge-demonstration", "application", "HTTP")
    network = balancer("drawbridge-demonstration-tcp", "network", "TCP")
    return {
        "foreignCertificateArn": foreign,
        "loadBalancerArn": application[0],
        "listenerArn": listener(application, 443, "HTTPS"),
        "httpListenerArn": listener(application, 80, "HTTP"),
        "networkLoadBalancerArn": network[0],
        "tlsListenerArn": listener(network, 443, "TLS"),
    }


def demonstration_in_moto(customer):
    """Private CAs, hosted zones and load balancers. moto keeps no state between runs."""
    pca, zones = customer.client("acm-pca"), customer.client("route53")
    root = private_ca(pca, "Drawbridge demonstration root")
    authority = private_ca(pca, "Drawbridge demonstration", root)

    def zone(name, **more):
        made = zones.create_hosted_zone(Name=name, CallerReference=f"{name} {len(more)}", **more)
        return made["HostedZone"]["Id"].removeprefix("/hostedzone/")

    vpc_of_zone = {"VPCRegion": customer.settings["region_name"], "VPCId": "vpc-0123456789abcdef0"}
    private = zone(ZONE, HostedZoneConfig={"PrivateZone": True}, VPC=vpc_of_zone)
    return {
        "rootCertificateAuthorityArn": root,
        "certificateAuthorityArn": authority,
        "hostedZoneId": zone(ZONE),
        "hostedZoneName": ZONE,
        "privateHostedZoneId": private,
        **load_balancers(customer),
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

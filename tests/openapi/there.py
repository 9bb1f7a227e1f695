"""One of everything that a route names, made over the API in the demonstration of a local system.

Invented identifiers lead to 404 and no further. `standing` makes what requests are led to, once; `fresh` makes one thing more, for a
request that changes or deletes it.
"""

import json
import time
import urllib.error
import urllib.request
import uuid

# Seconds that a private CA's certificate may take.
PATIENCE = 120
MANAGER = "/api/v1/cert-manager"
UNIVERSAL = "/api/v1/auth/universal-auth/identities"


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:10]}"


class Demonstration:
    """The demonstration's project, for its administrator; `ready` is what the ready file holds."""

    def __init__(self, ready: dict):
        self.ready = ready
        self.project = ready["projectId"]
        self.place = {"workspaceId": self.project, "environment": "dev"}

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        headers = {"Authorization": f"Bearer {self.ready['adminToken']}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.ready["apiUrl"] + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise RuntimeError(f"{method} {path}: {refused.code} {refused.read().decode()}") from refused

    def post(self, path: str, /, **body) -> dict:
        return self.ask("POST", path, body)

    def fresh(self, name: str, path: str, others: dict) -> str | None:
        """One more of what the parameter `name` of `path` is about, with its `others`; None for what cannot be two."""
        make = {
            "accountId": lambda: self.account(self.resource()["id"])["id"],
            "applicationId": lambda: self.application()["id"],
            "caId": self.authority,
            "certificateId": self.imported if not path.endswith("/revoke") else lambda: self.request()["certificateId"],
            "clientSecretId": lambda: self.client_secret(others["identityId"]),
            "connectionId": lambda: self.connection("connectionRoleArn"),
            "environmentId": lambda: self.environment()["id"],
            "folderId": lambda: self.folder()["id"],
            "identityId": self.identity,
            "membershipId": self.membership,
            "policyId": self.policy,
            "profileId": lambda: self.profile()["id"],
            "projectId": lambda: self.other_project()["id"],
            "resourceId": lambda: self.resource()["id"],
            "secretImportId": self.secret_import,
            "secretName": lambda: self.secret()["secretKey"],
            "slug": lambda: self.other_project()["slug"],
            "syncId": self.secret_sync if "/secret-syncs/" in path else self.certificate_sync,
            "tagId": lambda: self.tag()["id"],
        }.get(name)
        return make() if make else None

    def standing(self) -> list:
        """Rules, of which the first counts that has a name: a pattern of paths, and what stands under each name there."""
        request = self.request()
        resource = self.resource()
        account = self.account(resource["id"])
        console = f"{resource['name']}/{account['name']}"
        access = self.post("/api/v1/pam/accounts/access", path=console, duration="15m", accessMethod="cli")
        recording, token = self.recording()
        secret, tag, folder, environment = self.secret(), self.tag(), self.folder(), self.environment()
        identity, rotation = self.identity(), self.rotation()
        project = self.ask("GET", f"/api/v1/projects/{self.project}")["project"]
        application = self.ask("GET", f"{MANAGER}/applications/{self.ready['certificateApplicationId']}")["application"]
        profile = self.ask("GET", f"{MANAGER}/certificate-profiles/{self.ready['privateProfileId']}")["certificateProfile"]
        return [
            ["/api/v1/(cert-manager|pki)/syncs", {
                "destination": "aws-certificate-manager", "syncId": self.ready["acmSyncId"],
                "connectionId": self.ready["certificatesConnectionId"],
            }],
            ["/api/v1/cert-manager/ca/", {"type": "aws-pca"}],
            ["/certificate-profiles/slug/", {"slug": profile["slug"]}],
            ["/applications/by-name/", {"name": application["name"]}],
            ["/tags/slug/", {"slug": tag["slug"]}],
            ["/environments/slug/", {"slug": environment["slug"]}],
            ["/projects/slug/|/v2/workspace/|/audit-logs-retention", {"slug": project["slug"]}],
            ["/enrollment/", {"method": "api"}],
            ["/connection-name/", {"name": "demo-secrets"}],
            ["/sync-name/", {"name": "demo-aws-secrets-manager", "environment": "dev", "secretPath": "/api"}],
            ["/rotation-name/", {"name": rotation["name"], "environment": "dev", "secretPath": "/"}],
            ["/api/v1/folders/.*/.*/", {"path": folder["name"]}],
            ["/sessions/.*/(chunks|credentials|playback)", {"sessionId": recording}],
            ["/pam/(accounts/access|access-requests)", {"path": console, "duration": "15m"}],
            ["/recordings/", {"file": "page.js"}],
            ["/recording-config", {
                "connectionId": self.ready["recordingsConnectionId"], "bucket": self.ready["recordingsBucket"],
                "keyPrefix": self.ready["recordingsPrefix"], "region": self.ready["region"],
            }],
            ["/folders|/secret-imports", {"path": "/"}],
            ["", {
                "X-Gateway-Upload-Token": token,
                "accountId": account["id"],
                "appConnectionId": self.ready["certificatesConnectionId"],
                "applicationId": application["id"],
                "caId": self.ready["privateCaId"],
                "certificateAuthorityArn": self.ready["certificateAuthorityArn"],
                "certificateId": request["certificateId"],
                "certificateIds": [request["certificateId"]],
                "certificatePolicyId": self.ready["certificatePolicyId"],
                "clientSecretId": self.client_secret(identity),
                "connectionId": self.ready["secretsConnectionId"],
                "destination": "aws-secrets-manager",
                "environment": "dev",
                "environmentId": environment["id"],
                "folderId": folder["id"],
                "hostedZoneId": self.ready["hostedZoneId"],
                "identityId": identity,
                "loadBalancerArn": self.ready["loadBalancerArn"],
                "membershipId": self.membership(),
                "organizationId": self.ready["orgId"],
                "policyId": self.ready["certificatePolicyId"],
                "profileId": profile["id"],
                "profileIds": [profile["id"]],
                "projectId": self.project,
                "recordingId": recording,
                "region": self.ready["region"],
                "requestId": request["id"],
                "resourceId": resource["id"],
                "roleArn": self.ready["connectionRoleArn"],
                "rotationId": rotation["id"],
                "secretId": secret["id"],
                "secretImportId": self.secret_import(),
                "secretName": secret["secretKey"],
                "secretPath": "/",
                "sessionId": access["sessionId"],
                "syncId": self.ready["secretsManagerSyncId"],
                "tagId": tag["id"],
                "targetRoleArn": self.ready["targetRoleArn"],
                "tagIds": [tag["id"]],
                "tagSlugs": [tag["slug"]],
                "workspaceId": self.project,
            }],
        ]

    def other_project(self) -> dict:
        return self.post("/api/v1/projects", projectName=unique("hostile"))["project"]

    def environment(self) -> dict:
        name = unique("e")
        return self.post(f"/api/v1/projects/{self.project}/environments", name=name, slug=name)["environment"]

    def membership(self) -> str:
        emails = [f"{unique('somebody')}@example.com"]
        return self.post(f"/api/v1/projects/{self.project}/memberships", emails=emails)["memberships"][0]["id"]

    def identity(self) -> str:
        """A member of the project, with every way to log in."""
        name, organization = unique("hostile"), self.ready["orgId"]
        identity = self.post("/api/v1/identities", name=name, organizationId=organization)["identity"]["id"]
        self.post(f"{UNIVERSAL}/{identity}")
        principal = f"arn:aws:iam::{self.ready['customerAccountId']}:user/{self.ready['rotationUserName']}"
        self.post(f"/api/v1/auth/aws-auth/identities/{identity}", allowedPrincipalArns=principal)
        issuer = self.ready["oidcIssuer"]
        self.post(
            f"/api/v1/auth/oidc-auth/identities/{identity}", oidcDiscoveryUrl=issuer, boundIssuer=issuer,
            boundAudiences=self.ready["oidcAudience"], boundSubject=name, boundClaims={},
        )
        self.post(f"/api/v1/projects/{self.project}/memberships/identities/{identity}", role="viewer")
        return identity

    def client_secret(self, identity: str) -> str:
        return self.post(f"{UNIVERSAL}/{identity}/client-secrets")["clientSecretData"]["id"]

    def connection(self, role: str) -> str:
        made = self.post(
            "/api/v1/app-connections/aws", name=unique("hostile"), method="assume-role", projectId=self.project,
            credentials={"roleArn": self.ready[role]},
        )
        return made["appConnection"]["id"]

    def folder(self) -> dict:
        return self.post("/api/v1/folders", **self.place, name=unique("folder"), path="/")["folder"]

    def tag(self) -> dict:
        path = f"/api/v1/projects/{self.project}/tags"
        return self.post(path, slug=unique("tag"), color="#123456")["tag"]

    def secret(self) -> dict:
        return self.post(f"/api/v3/secrets/raw/{unique('HOSTILE')}", **self.place, secretValue="value")["secret"]

    def secret_import(self) -> str:
        source = {"environment": "dev", "path": f"/{self.folder()['name']}"}
        body = {"path": "/", "import": source}
        return self.ask("POST", "/api/v1/secret-imports", {**self.place, **body})["secretImport"]["id"]

    def secret_sync(self) -> str:
        made = self.post(
            "/api/v1/secret-syncs/aws-secrets-manager", name=unique("hostile"), projectId=self.project,
            connectionId=self.ready["secretsConnectionId"], environment="dev", secretPath="/api", isAutoSyncEnabled=False,
            syncOptions={"initialSyncBehavior": "overwrite-destination", "keySchema": unique("h") + "/{{secretKey}}"},
            destinationConfig={"region": self.ready["region"], "mappingBehavior": "one-to-one"},
        )
        return made["secretSync"]["id"]

    def rotation(self) -> dict:
        """The one of the demonstration's user, which can have no other."""
        before = self.ask("GET", f"/api/v2/secret-rotations?projectId={self.project}")["secretRotations"]
        if before:
            return before[0]
        made = self.post(
            "/api/v2/secret-rotations/aws-iam-user-secret", name=unique("hostile"), projectId=self.project,
            connectionId=self.connection("connectionRoleArn"), environment="dev", secretPath="/",
            isAutoRotationEnabled=False, rotationInterval=30,
            parameters={"userName": self.ready["rotationUserName"], "region": self.ready["region"]},
            secretsMapping={"accessKeyId": "HOSTILE_KEY_ID", "secretAccessKey": "HOSTILE_KEY"},
        )
        return made["secretRotation"]

    def authority(self) -> str:
        made = self.post(
            f"{MANAGER}/ca/aws-pca", projectId=self.project, name=unique("hostile"), status="active",
            configuration={
                "appConnectionId": self.ready["certificatesConnectionId"], "region": self.ready["region"],
                "certificateAuthorityArn": self.ready["certificateAuthorityArn"],
            },
        )
        return made["id"]

    def policy(self) -> str:
        made = self.post(
            f"{MANAGER}/certificate-policies", projectId=self.project, name=unique("hostile"),
            subject=[{"type": "common_name", "allowed": ["*"]}], sans=[{"type": "dns_name", "allowed": ["*"]}],
        )
        return made["certificatePolicy"]["id"]

    def profile(self) -> dict:
        made = self.post(
            f"{MANAGER}/certificate-profiles", projectId=self.project, slug=unique("hostile"), issuerType="ca",
            caId=self.ready["privateCaId"], certificatePolicyId=self.ready["certificatePolicyId"], defaults={"ttlDays": 30},
        )
        return made["certificateProfile"]

    def application(self) -> dict:
        return self.post(f"{MANAGER}/applications", projectId=self.project, name=unique("hostile"))["application"]

    def request(self) -> dict:
        """A certificate's request, when the CA has issued it; with its own `id`."""
        asked = self.post(
            f"{MANAGER}/certificates", profileId=self.ready["privateProfileId"],
            applicationId=self.ready["certificateApplicationId"],
            attributes={
                "commonName": "hostile.example.com", "altNames": [{"type": "dns_name", "value": "hostile.example.com"}],
                "keyAlgorithm": "EC_prime256v1",
            },
        )["certificateRequestId"]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            request = self.ask("GET", f"{MANAGER}/certificates/certificate-requests/{asked}")
            if request.get("certificateId"):
                return {**request, "id": asked}
            time.sleep(1)
        raise RuntimeError(f"no certificate after {PATIENCE} s: {request['status']}")

    def imported(self) -> str:
        issued = self.request()["certificateId"]
        bundle = self.ask("GET", f"{MANAGER}/certificates/{issued}/bundle")
        made = self.post(
            f"{MANAGER}/certificates/import-certificate", projectId=self.project, certificatePem=bundle["certificate"],
            chainPem=bundle["certificateChain"], privateKeyPem=bundle["privateKey"],
        )
        return made["certificateId"]

    def certificate_sync(self) -> str:
        made = self.post(
            f"{MANAGER}/syncs/aws-certificate-manager", name=unique("hostile"),
            applicationId=self.ready["certificateApplicationId"], connectionId=self.ready["certificatesConnectionId"],
            syncOptions={"canRemoveCertificates": True, "certificateNameSchema": unique("h") + "-{{shortCertificateId}}"},
            destinationConfig={"region": self.ready["region"]},
        )
        return made["id"]

    def resource(self) -> dict:
        made = self.post(
            "/api/v1/pam/resources/aws-iam", projectId=self.project, name=unique("hostile"),
            connectionDetails={"roleArn": self.ready["resourceRoleArn"]},
        )
        return made["resource"]

    def account(self, resource: str) -> dict:
        made = self.post(
            "/api/v1/pam/accounts/aws-iam", resourceId=resource, name=unique("hostile"),
            credentials={"targetRoleArn": self.ready["endableTargetRoleArn"], "defaultSessionDuration": 900},
        )
        return made["account"]

    def recording(self) -> tuple[str, str]:
        """A session that is recorded, and the token of its gateway."""
        self.post(
            f"/api/v1/pam/projects/{self.project}/recording-config", storageBackend="aws-s3",
            connectionId=self.ready["recordingsConnectionId"], bucket=self.ready["recordingsBucket"],
            keyPrefix=self.ready["recordingsPrefix"], region=self.ready["region"],
        )
        made = self.post("/api/v1/pam/recordings", projectId=self.project, accountType="ssh", accountName="root")
        session = made["session"]["id"]
        given = self.ask("GET", f"/api/v1/pam/sessions/{session}/credentials")
        return session, given["recording"]["uploadToken"]

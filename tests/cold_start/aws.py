"""A loopback AWS over TLS 1.3: an empty DynamoDB table, and a KMS key whose public half can be read.

It runs in a process of its own, so that it and the function under measurement never wait for one another's lock.
"""

import base64
import datetime
import hashlib
import ipaddress
import json
import multiprocessing
import socketserver
import ssl
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000"


class Key:
    """The token signing key: its public half for KMS, its private half to sign the token of the measurement."""

    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())
        public = self.private.public_key()
        encoding = serialization.Encoding.DER
        self.public = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)

    def token(self, claims: dict) -> str:
        """A JWT signed with ES256, with the key's id as `identities` makes it (shared/tokens/src/own.rs)."""
        header = {"alg": "ES256", "typ": "JWT", "kid": hashlib.sha256(self.public).hexdigest()[:32]}
        text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        der = self.private.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return f"{text}.{encode(r.to_bytes(32) + s.to_bytes(32))}"


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback with its key, and a bundle of its issuer among the public roots of the web."""
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = name("cold start authority")
    root = (
        certificate_of(authority, authority_key, authority)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(authority_key, hashes.SHA256())
    )
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = (
        certificate_of(name("cold start"), server_key, authority)
        .add_extension(loopback, False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .sign(authority_key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = server_key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server, bundle = folder / "server.pem", folder / "roots.pem"
    server.write_bytes(leaf.public_bytes(encoding) + private)
    bundle.write_bytes(Path(certifi.where()).read_bytes() + root.public_bytes(encoding))
    return server, bundle


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def certificate_of(subject: x509.Name, key, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(hours=1),
        not_valid_after=now + datetime.timedelta(days=1),
    )


def answers(public_key: bytes) -> dict:
    """What each operation answers."""
    return {
        "DynamoDB_20120810.Query": {"Items": [], "Count": 0, "ScannedCount": 0},
        "DynamoDB_20120810.GetItem": {},
        "DynamoDB_20120810.BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
        "TrentService.GetPublicKey": {
            "KeyId": KEY_ARN,
            "KeySpec": "ECC_NIST_P256",
            "KeyUsage": "SIGN_VERIFY",
            "PublicKey": base64.b64encode(public_key).decode(),
            "SigningAlgorithms": ["ECDSA_SHA_256"],
        },
    }


def serve(server_pem: Path, public_key: bytes, port) -> None:
    known = {operation: json.dumps(body).encode() for operation, body in answers(public_key).items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self):
            operation = self.headers["x-amz-target"]
            self.rfile.read(int(self.headers["content-length"]))
            body = known.get(operation)
            self.send_response(200 if body else 400)
            body = body or json.dumps({"__type": "UnknownOperationException", "message": operation}).encode()
            self.send_header("content-type", "application/x-amz-json-1.0")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(server_pem)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def get_request(self):
            connection, address = super().get_request()
            # The handshake belongs to the connection's own thread.
            return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, *_):
            # A function that has been measured is killed in the middle of its connection.
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        port.value = server.server_address[1]
        server.serve_forever()


class LoopbackAws:
    """The running stand-in: `with LoopbackAws(folder) as aws`."""

    def __init__(self, folder: Path):
        self.key = Key()
        server, self.roots = certificate(folder)
        self._port = multiprocessing.Value("i", 0)
        arguments = (server, self.key.public, self._port)
        self._process = multiprocessing.Process(target=serve, args=arguments, daemon=True)

    def __enter__(self):
        self._process.start()
        while self._port.value == 0 and self._process.is_alive():
            self._process.join(0.01)
        if self._port.value == 0:
            raise SystemExit("the loopback AWS did not start")
        self.url = f"https://127.0.0.1:{self._port.value}"
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.join()

"""ACM's public certificates: validation by records in the hosted zones, export, renewal, revocation, and failures.

moto issues after a minute whatever the zones say, signs each certificate with its own key, and neither renews nor
revokes. Here a certificate is pending until the CNAMEs of all its names are in a public zone of any account, and fails
as AWS's does: when a zone's CAA records leave Amazon out, and for names that Amazon gives to nobody.
https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html
"""

import hashlib
import os

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from moto.acm.exceptions import AWSError, AWSValidationException
from moto.acm.models import AWSCertificateManagerBackend, CertBundle, TagHolder, make_arn_for_certificate
from moto.acm.responses import AWSCertificateManagerResponse as Acm
from moto.core.responses import ActionResult, EmptyResult

# A request knows its records, and a zone its certificate, a little later.
RECORDS_AFTER = datetime.timedelta(seconds=1)
ISSUED_AFTER = datetime.timedelta(seconds=1)
TIMES_OUT_AFTER = datetime.timedelta(hours=72)
LIFE = datetime.timedelta(days=198)
NAMES = 10
USUAL_KEYS = ["RSA_1024", "RSA_2048"]
KEYS = {"RSA_2048", "EC_prime256v1", "EC_secp384r1"}
VALIDATION = {"ISSUED": "SUCCESS", "SUCCESS": "SUCCESS", "PENDING_VALIDATION": "PENDING_VALIDATION"}
AMAZONS = ("amazonaws.com", "cloudfront.net", "elasticbeanstalk.com")
# Reserved for other things than the public: https://www.rfc-editor.org/rfc/rfc6761
NOT_PUBLIC = ("invalid", "internal", "local", "localhost", "test")
ISSUERS = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")

uncorrected_request = Acm.request_certificate


class PublicCa:
    """Stands for Amazon's: a root, and below it the CA that issues."""

    def __init__(self):
        self.root_key, self.key = new_key("EC_secp384r1"), new_key("EC_prime256v1")
        self.root = self.certify("Stand-in Root CA", self.root_key, "Stand-in Root CA", self.root_key)
        self.issuing = self.certify("Stand-in Issuing CA", self.key, "Stand-in Root CA", self.root_key)
        self.chain = pem(self.issuing) + pem(self.root)

    def certify(self, subject, key, issuer, signer):
        named = lambda name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usages = key_usage({"DigitalSignature", "KeyCertSign", "CRLSign"})
        builder = self.builder(named(subject), key, named(issuer), signer, datetime.timedelta(days=3650))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        return builder.add_extension(usages, True).sign(signer, hashes.SHA256())

    def builder(self, subject, key, issuer, signer, life):
        midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(midnight)
            .not_valid_after(midnight + life - datetime.timedelta(seconds=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
        )

    def issue(self, names, key, renewals):
        """A renewed certificate ends later than the one before, as AWS's do, though both may be of one day here."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        life = LIFE + datetime.timedelta(days=renewals)
        builder = self.builder(subject, key, self.issuing.subject, self.key, life)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(key_usage({"DigitalSignature", "KeyEncipherment"}), True)
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return builder.add_extension(x509.ExtendedKeyUsage(both), False).sign(self.key, hashes.SHA256())


PUBLIC_CA = PublicCa()


class Requested(CertBundle):
    """A certificate that was requested, in the place of moto's, which has one from the first moment on."""

    # moto files its models by the module that they come from.
    __module__ = CertBundle.__module__

    def __init__(self, account, region, names, algorithm, options):
        self.arn = make_arn_for_certificate(account, region)
        self.names, self.algorithm = names, algorithm
        self.common_name, self.sans = names[0], names
        self.cert_options = {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"} | options
        self.type, self.status, self.cert_authority_arn = "AMAZON_ISSUED", "PENDING_VALIDATION", None
        self.created_at, self.tags, self.in_use_by = now(), TagHolder(), []
        self.proved_at = self.failure = self.renewal = self._cert = self._key = None
        self.cert = self.chain = b""
        self.exports = self.renewals = 0

    def records(self):
        """One CNAME a domain: a wildcard's is that of what it is a wildcard of."""
        found = {}
        for name in self.names:
            domain = name.removeprefix("*.")
            digest = hashlib.sha256(f"{self.arn.split(':')[4]} {domain}".encode()).hexdigest()
            found[name] = (f"_{digest[:32]}.{domain}.", f"_{digest[32:]}.jkddzztszm.acm-validations.aws.")
        return found

    def check(self):
        """What time and the zones have done to it."""
        if self._cert and now() >= self._cert.not_valid_after_utc:
            self.status = "EXPIRED"
        waiting = self.status == "PENDING_VALIDATION"
        renewing = self.status == "ISSUED" and self.renewal == "PENDING_VALIDATION"
        if not waiting and not renewing:
            return
        self.failure = refused(self.names)
        if self.failure:
            self.status, self.renewal = ("FAILED", None) if waiting else ("ISSUED", "FAILED")
            return
        if not all(value in resolved(name, "CNAME") for name, value in self.records().values()):
            self.proved_at = None
            if waiting and now() - self.created_at > TIMES_OUT_AFTER:
                self.status = "VALIDATION_TIMED_OUT"
            return
        self.proved_at = self.proved_at or now()
        if now() - self.proved_at >= ISSUED_AFTER:
            self._key = new_key(self.algorithm)
            self.renewals += renewing
            self._cert = PUBLIC_CA.issue(self.names, self._key, self.renewals)
            self.cert, self.chain = pem(self._cert).encode(), PUBLIC_CA.chain.encode()
            self.status, self.renewal, self.proved_at = "ISSUED", "SUCCESS" if renewing else None, None

    def options(self, status):
        told = []
        for name, (record, value) in self.records().items():
            option = {
                "DomainName": name, "ValidationDomain": name, "ValidationMethod": "DNS",
                "ValidationStatus": VALIDATION.get(status, "FAILED"),
            }
            if now() - self.created_at >= RECORDS_AFTER:
                option["ResourceRecord"] = {"Name": record, "Type": "CNAME", "Value": value}
            told.append(option)
        return told

    def describe(self):
        eligible = self.status == "ISSUED" and (self.exports or self.in_use_by)
        told = {
            "CertificateArn": self.arn, "DomainName": self.names[0], "SubjectAlternativeNames": self.names,
            "DomainValidationOptions": self.options(self.status), "KeyAlgorithm": self.algorithm,
            "Status": self.status, "Type": self.type, "InUseBy": self.in_use_by, "Options": self.cert_options,
            "RenewalEligibility": "ELIGIBLE" if eligible else "INELIGIBLE", "CreatedAt": self.created_at.timestamp(),
        }
        if self.status == "FAILED":
            told["FailureReason"] = self.failure
        if self._cert:
            told |= {
                "Serial": colons(self._cert.serial_number), "Subject": f"CN={self.names[0]}", "Issuer": "Amazon",
                "SignatureAlgorithm": "SHA256WITHECDSA", "IssuedAt": self._cert.not_valid_before_utc.timestamp(),
                "NotBefore": self._cert.not_valid_before_utc.timestamp(),
                "NotAfter": self._cert.not_valid_after_utc.timestamp(),
                "KeyUsages": [{"Name": "DIGITAL_SIGNATURE"}, {"Name": "KEY_ENCIPHERMENT"}],
                "ExtendedKeyUsages": [{"Name": "TLS_WEB_SERVER_AUTHENTICATION"}, {"Name": "TLS_WEB_CLIENT_AUTHENTICATION"}],
            }
        if self.renewal:
            told["RenewalSummary"] = {
                "RenewalStatus": self.renewal, "DomainValidationOptions": self.options(self.renewal),
                "UpdatedAt": now().timestamp(),
            }
            if self.renewal == "FAILED":
                told["RenewalSummary"]["RenewalStatusReason"] = self.failure
        return {"Certificate": told}

    def serialize_pk(self, passphrase_bytes):
        return encrypted(self._key, passphrase_bytes)


def refused(names):
    """Why Amazon issues no certificate for one of the names; nothing when it does."""
    for name in names:
        domain = name.removeprefix("*.")
        if any(domain == theirs or domain.endswith(f".{theirs}") for theirs in AMAZONS):
            return "ADDITIONAL_VERIFICATION_REQUIRED"
        if domain.rsplit(".", 1)[-1] in NOT_PUBLIC or "." not in domain:
            return "INVALID_PUBLIC_DOMAIN"
        # The nearest of a domain and its parents that says anything: https://www.rfc-editor.org/rfc/rfc8659
        while domain:
            said = [value for value in resolved(domain, "CAA") if " issue" in value]
            if said:
                if not any(issuer in value for value in said for issuer in ISSUERS):
                    return "CAA_ERROR"
                break
            domain = domain.partition(".")[2]
    return None


def der(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, length] if length < 0x80 else [tag, 0x80 | len(size), *size]) + content


def encrypted(key, passphrase):
    """PKCS#8 under PBES2 with PBKDF2 (HMAC-SHA-1, 2,048 rounds) and AES-256 in CBC mode, as ACM exports keys.

    So is the example of https://docs.aws.amazon.com/acm/latest/userguide/export-public-certificate-cli.html
    """
    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    )
    salt, vector = os.urandom(20), os.urandom(16)
    secret = PBKDF2HMAC(hashes.SHA1(), 32, salt, 2048).derive(passphrase)
    padder, cipher = padding.PKCS7(128).padder(), Cipher(algorithms.AES(secret), modes.CBC(vector)).encryptor()
    text = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    sequence, octets, number, oid = 0x30, 0x04, 0x02, 0x06
    identifier = lambda digits: der(oid, bytes.fromhex(digits))
    derivation = der(
        sequence, identifier("2a864886f70d01050c"), der(sequence, der(octets, salt), der(number, b"\x08\x00")),
    )
    encryption = der(sequence, identifier("60864801650304012a"), der(octets, vector))
    scheme = der(sequence, identifier("2a864886f70d01050d"), der(sequence, derivation, encryption))
    whole = base64.b64encode(der(sequence, scheme, der(octets, text))).decode()
    lines = "\n".join(whole[n:n + 64] for n in range(0, len(whole), 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{lines}\n-----END ENCRYPTED PRIVATE KEY-----\n"


def requested(response):
    """The certificate of a call, which must be one that was requested and is issued."""
    found = response.acm_backend.get_certificate(response._get_param("CertificateArn"))
    if not isinstance(found, Requested):
        raise AWSValidationException(f"Certificate {found.arn} is not one that ACM issued.")
    if found.status == "PENDING_VALIDATION":
        raise AWSError(
            "The certificate request is in process and the certificate has not yet been issued.",
            exception_type="RequestInProgressException",
        )
    if found.status != "ISSUED":
        raise AWSValidationException(f"Certificate {found.arn} is in state {found.status}.")
    return found


def request_certificate(response):
    if response._get_param("CertificateAuthorityArn"):
        return uncorrected_request(response)
    names, token = [response._get_param("DomainName")], response._get_param("IdempotencyToken")
    names += [name for name in response._get_param("SubjectAlternativeNames") or [] if name not in names]
    if len(names[0]) > 64:
        raise AWSValidationException("The first domain name can have no more than 64 characters.")
    if len(names) > NAMES:
        raise AWSError(
            f"Error: The number of domain names exceeds the quota of {NAMES}.", exception_type="LimitExceededException",
        )
    algorithm = response._get_param("KeyAlgorithm") or "RSA_2048"
    if algorithm not in KEYS:
        raise AWSValidationException(f"ACM cannot issue certificates with the key algorithm {algorithm}.")
    backend = response.acm_backend
    # Within an hour the same token means the same request, whatever else it says.
    arn = backend._get_arn_from_idempotency_token(token) if token else None
    if not arn:
        made = Requested(
            backend.account_id, backend.region_name, names, algorithm, response._get_param("Options") or {},
        )
        arn = made.arn
        backend._certificates[arn] = made
        made.tags.add(response._get_param("Tags") or [])
        if token:
            backend._set_idempotency_token_arn(token, arn)
    return ActionResult(result={"CertificateArn": arn})


def list_certificates(response):
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html: other keys only when they are asked for."""
    includes = {"keyTypes": USUAL_KEYS} | (response._get_param("Includes") or {})
    found = list(response.acm_backend.list_certificates(response._get_param("CertificateStatuses"), includes))
    start, size = int(response._get_param("NextToken") or 0), int(response._get_param("MaxItems") or 1000)
    summaries = []
    for bundle in found[start:start + size]:
        told = bundle.describe()["Certificate"]
        names = told.pop("SubjectAlternativeNames", [])
        for usages in ("KeyUsages", "ExtendedKeyUsages"):
            told[usages] = [usage["Name"] for usage in told.get(usages, [])]
        summaries.append(told | {
            "SubjectAlternativeNameSummaries": names[:100], "HasAdditionalSubjectAlternativeNames": len(names) > 100,
            "InUse": bool(told.pop("InUseBy", [])), "Exported": bool(getattr(bundle, "exports", 0)),
            "ExportOption": bundle.cert_options["Export"],
        })
    result = {"CertificateSummaryList": summaries}
    if start + size < len(found):
        result["NextToken"] = str(start + size)
    return ActionResult(result=result)


def export_certificate(response):
    found = requested(response)
    if found.cert_options["Export"] != "ENABLED":
        raise AWSValidationException(f"Certificate ARN: {found.arn} is not exportable.")
    passphrase = base64.standard_b64decode(response._get_param("Passphrase"))
    if not 4 <= len(passphrase) <= 128 or set(b"#$%") & set(passphrase):
        raise AWSValidationException("The passphrase must have 4 to 128 characters, and none of #, $ and %.")
    found.exports += 1
    return ActionResult(result={
        "Certificate": found.cert.decode(), "CertificateChain": found.chain.decode(),
        "PrivateKey": found.serialize_pk(passphrase),
    })


def renew_certificate(response):
    found = requested(response)
    if found.renewal == "PENDING_VALIDATION":
        raise AWSError("The renewal of the certificate is in progress.", exception_type="RequestInProgressException")
    if not found.exports and not found.in_use_by:
        raise AWSValidationException("Certificate is not eligible for renewal: it is neither exported nor in use.")
    found.renewal = "PENDING_VALIDATION"
    return EmptyResult()


def revoke_acm_certificate(response):
    found = requested(response)
    if found.in_use_by:
        raise AWSError(f"Certificate {found.arn} is in use.", exception_type="ResourceInUseException")
    found.status = "REVOKED"
    return ActionResult(result={"CertificateArn": found.arn})


Acm.export_certificate = export_certificate
Acm.list_certificates = list_certificates
Acm.renew_certificate = renew_certificate
Acm.request_certificate = request_certificate
Acm.revoke_certificate = revoke_acm_certificate

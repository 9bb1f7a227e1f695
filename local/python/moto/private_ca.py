"""AWS Private CA: what a CA issues, and when.

moto signs everything with an RSA key for 364 days at once. Here the CA's key, the template, the requested validity,
names and usages, tokens of repeated requests, "in progress" and revocation are as AWS has them.
https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html
https://docs.aws.amazon.com/privateca/latest/userguide/UsingTemplates.html
"""

import base64
import datetime
import ipaddress
import json
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from moto.acmpca.models import ACMPCABackend, CertificateAuthority, acmpca_backends
from moto.acmpca.responses import ACMPCAResponse
from moto.core.exceptions import JsonRESTError
from moto.moto_api._internal import urls as moto_urls

IN_PROGRESS = datetime.timedelta(seconds=1)
TOKEN_LIVES = datetime.timedelta(minutes=5)
SHORT_LIFE = datetime.timedelta(days=7)
HASHES = {"SHA256": hashes.SHA256, "SHA384": hashes.SHA384, "SHA512": hashes.SHA512}
SUBJECT = {
    "CommonName": NameOID.COMMON_NAME, "Organization": NameOID.ORGANIZATION_NAME,
    "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME, "Country": NameOID.COUNTRY_NAME,
    "State": NameOID.STATE_OR_PROVINCE_NAME, "Locality": NameOID.LOCALITY_NAME,
}
USAGES = {
    "DigitalSignature": "digital_signature", "NonRepudiation": "content_commitment",
    "KeyEncipherment": "key_encipherment", "DataEncipherment": "data_encipherment", "KeyAgreement": "key_agreement",
    "KeyCertSign": "key_cert_sign", "CRLSign": "crl_sign", "EncipherOnly": "encipher_only",
    "DecipherOnly": "decipher_only",
}
EXTENDED_USAGES = {
    "SERVER_AUTH": ExtendedKeyUsageOID.SERVER_AUTH, "CLIENT_AUTH": ExtendedKeyUsageOID.CLIENT_AUTH,
    "CODE_SIGNING": ExtendedKeyUsageOID.CODE_SIGNING, "EMAIL_PROTECTION": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "TIME_STAMPING": ExtendedKeyUsageOID.TIME_STAMPING, "OCSP_SIGNING": ExtendedKeyUsageOID.OCSP_SIGNING,
}
TEMPLATE = re.compile(r"arn:aws[a-z-]*:acm-pca:::template/(\w+)/V1")

uncorrected_authority = CertificateAuthority.__init__
uncorrected_description = CertificateAuthority.to_json
uncorrected_create = ACMPCAResponse.create_certificate_authority


class Refused(JsonRESTError):
    code = 400


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def new_key(algorithm):
    if algorithm.startswith("RSA_"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(algorithm.removeprefix("RSA_")))
    curves = {"EC_prime256v1": ec.SECP256R1, "EC_secp384r1": ec.SECP384R1, "EC_secp521r1": ec.SECP521R1}
    return ec.generate_private_key(curves[algorithm]())


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def plain_serial(text):
    return text.replace(":", "").lower().lstrip("0")


def authority(self, *arguments, **fields):
    uncorrected_authority(self, *arguments, **fields)
    self.signing_key = new_key(self.certificate_authority_configuration["KeyAlgorithm"])
    self.usage_mode = "GENERAL_PURPOSE"
    self.issued, self.tokens = {}, {}


def csr(self):
    builder = x509.CertificateSigningRequestBuilder().subject_name(self.issuer)
    return builder.sign(self.signing_key, self.usual_hash()).public_bytes(serialization.Encoding.PEM)


def usual_hash(self):
    return HASHES[self.certificate_authority_configuration["SigningAlgorithm"].split("WITH")[0]]()


def description(self):
    told = uncorrected_description(self)
    if self.certificate:
        told["Serial"] = colons(self.certificate.serial_number)
    return told


def colons(serial):
    digits = f"{serial:x}"
    digits = digits.zfill(len(digits) + len(digits) % 2)
    return ":".join(digits[n:n + 2] for n in range(0, len(digits), 2))


def moment(validity, start):
    """https://docs.aws.amazon.com/privateca/latest/APIReference/API_Validity.html"""
    kind, value = validity["Type"], validity["Value"]
    if kind == "ABSOLUTE":
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    if kind == "END_DATE":
        text = str(value)
        form = "%Y%m%d%H%M%S" if len(text) == 14 else "%y%m%d%H%M%S"
        return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc)
    days = {"DAYS": 1, "MONTHS": 30, "YEARS": 365}
    if kind not in days:
        raise Refused("ValidationException", f"Value '{kind}' at 'validity.type' is not known.")
    return start + datetime.timedelta(days=value * days[kind])


def times(self, request, is_its_own):
    start = now()
    end = moment(request["Validity"], start)
    # An hour earlier, for clocks that are late.
    begin = start - datetime.timedelta(hours=1)
    if request.get("ValidityNotBefore"):
        begin = moment(request["ValidityNotBefore"], start)
    if end <= start or end <= begin:
        raise Refused("ValidationException", "The end of the validity must lie in the future.")
    if not is_its_own and end > self.certificate.not_valid_after_utc:
        raise Refused(
            "ValidationException", "The certificate validity specified exceeds the certificate authority validity.",
        )
    if self.usage_mode == "SHORT_LIVED_CERTIFICATE" and not is_its_own and end - start > SHORT_LIFE:
        raise Refused(
            "ValidationException",
            "Certificates of a certificate authority in SHORT_LIVED_CERTIFICATE mode live 7 days at most.",
        )
    return begin.replace(microsecond=0), end.replace(microsecond=0)


def read_csr(request):
    try:
        read = x509.load_pem_x509_csr(base64.b64decode(request["Csr"]))
        if not read.is_signature_valid:
            raise ValueError("its signature")
        return read
    except (ValueError, TypeError, InvalidSignature) as problem:
        raise Refused("MalformedCSRException", "The certificate signing request is invalid.") from problem


def asked_of(csr, kind):
    try:
        return csr.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def key_usage(names):
    return x509.KeyUsage(**{python: name in names for name, python in USAGES.items()})


def alt_name(name):
    if "IpAddress" in name:
        return x509.IPAddress(ipaddress.ip_address(name["IpAddress"]))
    kinds = {"DnsName": x509.DNSName, "Rfc822Name": x509.RFC822Name, "UniformResourceIdentifier": x509.UniformResourceIdentifier}
    for field, kind in kinds.items():
        if field in name:
            return kind(name[field])
    raise Refused("ValidationException", f"The name {name} is not supported.")


def extensions(template, csr, api):
    """The extensions as (extension, critical): of the template before the API's before the CSR's."""
    asked = (api or {}).get("Extensions", {})
    usual = lambda kind: asked_of(csr, kind) if "CSRPassthrough" in template else None
    found = []
    if asked.get("SubjectAlternativeNames"):
        found.append((x509.SubjectAlternativeName([alt_name(name) for name in asked["SubjectAlternativeNames"]]), False))
    elif asked_of(csr, x509.SubjectAlternativeName):
        names = asked_of(csr, x509.SubjectAlternativeName)
        found.append((names.value, names.critical))
    authority = re.match(r"(?:Blank)?SubordinateCACertificate_PathLen(\d)", template)
    if template.startswith("RootCACertificate") or authority:
        length = int(authority[1]) if authority else None
        found.append((x509.BasicConstraints(ca=True, path_length=length), True))
        found.append((key_usage({"DigitalSignature", "KeyCertSign", "CRLSign"}), True))
        return found
    found.append((x509.BasicConstraints(ca=False, path_length=None), True))
    if template.startswith("Blank"):
        if asked.get("KeyUsage"):
            found.append((key_usage({name for name, is_set in asked["KeyUsage"].items() if is_set}), True))
        elif usual(x509.KeyUsage):
            found.append((usual(x509.KeyUsage).value, True))
        if asked.get("ExtendedKeyUsage"):
            oids = [
                EXTENDED_USAGES[usage["ExtendedKeyUsageType"]] if "ExtendedKeyUsageType" in usage
                else x509.ObjectIdentifier(usage["ExtendedKeyUsageObjectIdentifier"])
                for usage in asked["ExtendedKeyUsage"]
            ]
            found.append((x509.ExtendedKeyUsage(oids), False))
        elif usual(x509.ExtendedKeyUsage):
            found.append((usual(x509.ExtendedKeyUsage).value, False))
        return found
    found.append((key_usage({"DigitalSignature", "KeyEncipherment"}), True))
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    only = {"EndEntityServerAuthCertificate": both[:1], "EndEntityClientAuthCertificate": both[1:]}
    found.append((x509.ExtendedKeyUsage(only.get(template.split("_")[0], both)), False))
    return found


def issue(self, request):
    template = TEMPLATE.fullmatch(request.get("TemplateArn") or "arn:aws:acm-pca:::template/EndEntityCertificate/V1")
    if not template:
        raise Refused("ValidationException", f"The template {request['TemplateArn']} is not supported.")
    template = template[1]
    if request.get("ApiPassthrough") and "API" not in template:
        raise Refused("ValidationException", f"ApiPassthrough is not supported with the template {template}.")
    is_its_own = template.startswith("RootCACertificate")
    if self.status != "ACTIVE" and not (is_its_own and self.status == "PENDING_CERTIFICATE"):
        raise Refused("InvalidStateException", f"The certificate authority is not in the correct state: {self.status}.")
    # Within five minutes the same token means the same request, whatever else it says.
    token, again = request.get("IdempotencyToken"), self.tokens.get(request.get("IdempotencyToken"))
    if token and again and now() - self.issued[again]["at"] < TOKEN_LIVES:
        return again
    csr = read_csr(request)
    begin, end = times(self, request, is_its_own)
    digest, _, family = request["SigningAlgorithm"].partition("WITH")
    if digest not in HASHES or (family == "RSA") != isinstance(self.signing_key, rsa.RSAPrivateKey):
        raise Refused(
            "ValidationException",
            f"{request['SigningAlgorithm']} is not of the family of the key of the certificate authority.",
        )
    subject = csr.subject
    if (request.get("ApiPassthrough") or {}).get("Subject"):
        asked = request["ApiPassthrough"]["Subject"]
        subject = x509.Name([x509.NameAttribute(oid, asked[name]) for name, oid in SUBJECT.items() if asked.get(name)])
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(self.issuer).public_key(csr.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.signing_key.public_key()), False)
    )
    for extension, critical in extensions(template, csr, request.get("ApiPassthrough")):
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(self.signing_key, HASHES[digest]())
    arn = f"{self.arn}/certificate/{certificate.serial_number:032x}"
    chain = "" if is_its_own else self.certificate_bytes.decode() + own_chain(self)
    # A CA's own certificate is made while somebody waits for the CA.
    at = now() - IN_PROGRESS if "CACertificate" in template else now()
    self.issued[arn] = {"certificate": certificate, "chain": chain, "at": at, "revoked": None}
    if token:
        self.tokens[token] = arn
    return arn


def own_chain(self):
    """What leads from the CA's certificate to its root; moto keeps it as it came, in base64."""
    return base64.b64decode(self.certificate_chain).decode() if self.certificate_chain else ""


def of(response):
    request = json.loads(response.body)
    return request, response.acmpca_backend.describe_certificate_authority(request["CertificateAuthorityArn"])


def create_certificate_authority(response):
    answer = uncorrected_create(response)
    made = response.acmpca_backend.certificate_authorities[json.loads(answer)["CertificateAuthorityArn"]]
    made.usage_mode = json.loads(response.body).get("UsageMode") or "GENERAL_PURPOSE"
    return answer


def issue_certificate(response):
    request, authority = of(response)
    return json.dumps({"CertificateArn": issue(authority, request)})


def get_certificate(response):
    request, authority = of(response)
    found = authority.issued.get(request["CertificateArn"])
    if not found:
        raise Refused("ResourceNotFoundException", f"Could not find {request['CertificateArn']}.")
    if now() - found["at"] < IN_PROGRESS:
        raise Refused("RequestInProgressException", "The request to issue the certificate is still in progress.")
    answer = {"Certificate": pem(found["certificate"])}
    return json.dumps(answer | ({"CertificateChain": found["chain"]} if found["chain"] else {}))


def revoke_certificate(response):
    request, authority = of(response)
    if authority.status != "ACTIVE":
        raise Refused(
            "InvalidStateException", f"The certificate authority is not in the correct state: {authority.status}.",
        )
    serial = plain_serial(request["CertificateSerial"])
    found = [one for one in authority.issued.values() if f"{one['certificate'].serial_number:x}" == serial]
    if not found:
        raise Refused("ResourceNotFoundException", f"Could not find a certificate with the serial number {serial}.")
    if found[0]["revoked"]:
        raise Refused("RequestAlreadyProcessedException", "Your request has already been completed.")
    found[0]["revoked"] = request["RevocationReason"]
    return "{}"


def issued_by_all(request, full_url, headers):
    """What each CA has issued: serial number, and why it was revoked."""
    told = {
        authority.arn: [
            {"serial": f"{one['certificate'].serial_number:x}", "revoked": one["revoked"]}
            for one in authority.issued.values()
        ]
        for account in acmpca_backends.values() for region in account.values()
        for authority in region.certificate_authorities.values()
    }
    return 200, {"content-type": "application/json"}, json.dumps(told)


moto_urls.url_paths["{0}/moto-api/issued"] = issued_by_all
CertificateAuthority.__init__ = authority
CertificateAuthority.csr = property(csr)
CertificateAuthority.to_json = description
CertificateAuthority.usual_hash = usual_hash
ACMPCAResponse.create_certificate_authority = create_certificate_authority
ACMPCAResponse.get_certificate = get_certificate
ACMPCAResponse.issue_certificate = issue_certificate
ACMPCAResponse.revoke_certificate = revoke_certificate

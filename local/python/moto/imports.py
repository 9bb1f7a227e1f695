"""ACM's imported certificates: what is taken, what may take a certificate's place, what is told, and what is in use.

moto takes any certificate with any key, forgets tags and use when one is imported again, and deletes what is in use.
https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html
https://docs.aws.amazon.com/acm/latest/userguide/import-reimport.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html
"""

from moto.elbv2.models import elbv2_backends

# A load balancer lets go of a certificate a little after its listener did.
IN_USE_FOR = datetime.timedelta(seconds=1)
# Bytes of PEM: https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html
LONGEST = {"Certificate": 32_768, "PrivateKey": 5_120, "CertificateChain": 2_097_152}
IMPORTABLE_KEYS = {
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
}
CURVES = {"secp256r1": "EC_prime256v1", "secp384r1": "EC_secp384r1", "secp521r1": "EC_secp521r1"}
USAGE_NAMES = {
    "digital_signature": "DIGITAL_SIGNATURE", "content_commitment": "NON_REPUDIATION",
    "key_encipherment": "KEY_ENCIPHERMENT", "data_encipherment": "DATA_ENCIPHERMENT", "key_agreement": "KEY_AGREEMENT",
    "key_cert_sign": "CERTIFICATE_SIGNING", "crl_sign": "CRL_SIGNING",
}
EXTENDED_USAGE_NAMES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "TLS_WEB_SERVER_AUTHENTICATION",
    ExtendedKeyUsageOID.CLIENT_AUTH: "TLS_WEB_CLIENT_AUTHENTICATION",
    ExtendedKeyUsageOID.CODE_SIGNING: "CODE_SIGNING",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "EMAIL_PROTECTION",
    ExtendedKeyUsageOID.TIME_STAMPING: "TIME_STAMPING",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSP_SIGNING",
}


def key_algorithm(key):
    if isinstance(key, ec.EllipticCurvePublicKey):
        return CURVES.get(key.curve.name, key.curve.name)
    return f"RSA_{key.key_size}" if isinstance(key, rsa.RSAPublicKey) else "UNKNOWN"


def usages_of(certificate):
    """Names of the key usages and of the extended ones; those of a certificate without the extension are none."""
    def extension(kind):
        try:
            return certificate.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    usage, extended = extension(x509.KeyUsage), extension(x509.ExtendedKeyUsage)
    plain = [name for field, name in USAGE_NAMES.items() if usage and getattr(usage, field)]
    return plain, [EXTENDED_USAGE_NAMES.get(oid, "CUSTOM") for oid in extended or []]


def pem_of(response, field):
    given = response._get_param(field)
    return base64.standard_b64decode(given) if given else None


def several(text, invalid):
    try:
        return x509.load_pem_x509_certificates(text)
    except ValueError as failure:
        raise AWSValidationException(invalid) from failure


def signed_by(certificate, issuer):
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def check_chain(leaf, chain):
    """Immediate issuer first, each one signed by the next."""
    below = leaf
    for index, issuer in enumerate(chain):
        if not signed_by(below, issuer):
            raise AWSValidationException(
                "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
                "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
                f"certificate is: {index}",
            )
        below = issuer
    if not chain and not signed_by(leaf, leaf):
        raise AWSValidationException(
            "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate "
            "or certificate chain.",
        )


def check_import(certificate, private_key, chain):
    for field, value in zip(LONGEST, (certificate, private_key, chain or b"")):
        if len(value) > LONGEST[field]:
            raise AWSValidationException(f"{field} can have no more than {LONGEST[field]} bytes.")
    found = several(certificate, "The certificate is not PEM-encoded or is not valid.")
    if len(found) != 1:
        raise AWSValidationException(
            "The certificate field contains more than one certificate. You can specify only one certificate in this field.",
        )
    [leaf] = found
    if b"ENCRYPTED" in private_key:
        raise AWSValidationException("The private key is encrypted. Provide an unencrypted private key.")
    try:
        key = serialization.load_pem_private_key(private_key, None)
    except (ValueError, TypeError) as failure:
        raise AWSValidationException("The private key is not PEM-encoded or is not valid.") from failure
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    encoded = lambda public: public.public_bytes(serialization.Encoding.DER, spki)
    if encoded(key.public_key()) != encoded(leaf.public_key()):
        raise AWSValidationException("The certificate and the private key do not match.")
    if key_algorithm(leaf.public_key()) not in IMPORTABLE_KEYS:
        raise AWSValidationException("The certificate's key algorithm or size is not supported.")
    if leaf.not_valid_after_utc <= now():
        raise AWSValidationException("The certificate has expired.")
    if leaf.not_valid_before_utc > now():
        raise AWSValidationException("The certificate is not in effect yet, is not valid.")
    invalid = "The certificate chain is not PEM-encoded or is not valid."
    check_chain(leaf, several(chain, invalid) if chain else [])
    return leaf


def check_place(old, leaf):
    """Whether a certificate may take the place of an earlier one, which keeps its ARN."""
    if old.type != "IMPORTED":
        raise AWSValidationException(f"Certificate {old.arn} was not imported, and cannot be imported again.")
    had, has = key_algorithm(old._cert.public_key()), key_algorithm(leaf.public_key())
    if had != has:
        raise AWSValidationException(
            f"The certificate to import again must have the key algorithm and size of the one it replaces: {had}, not {has}.",
        )
    for kind, before, after in zip(("Key usages", "Extended key usages"), usages_of(old._cert), usages_of(leaf)):
        missing = sorted(set(before) - set(after))
        if missing:
            raise AWSValidationException(f"{kind} cannot be removed from a certificate: {', '.join(missing)}")


class Imported(CertBundle):
    """An imported certificate, checked before it is made."""

    # moto files its models by the module that they come from.
    __module__ = CertBundle.__module__

    def __init__(self, account, region, leaf, private_key, chain, old):
        self.arn = old.arn if old else make_arn_for_certificate(account, region)
        self._cert, self._key = leaf, serialization.load_pem_private_key(private_key, None)
        self.cert, self.key, self.chain = pem(leaf).encode(), private_key, chain
        self.type, self.status, self.cert_authority_arn = "IMPORTED", "ISSUED", None
        self.created_at, self.tags = now(), old.tags if old else TagHolder()
        self.cert_options = {"CertificateTransparencyLoggingPreference": "DISABLED", "Export": "DISABLED"}
        try:
            named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            self.sans = [str(name.value) for name in named]
        except x509.ExtensionNotFound:
            self.sans = []
        common = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        self.common_name = common[0].value if common else (self.sans or [""])[0]

    def check(self):
        if now() >= self._cert.not_valid_after_utc:
            self.status = "EXPIRED"

    def describe(self):
        usages, extended = usages_of(self._cert)
        issuer = self._cert.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        return {"Certificate": {
            "CertificateArn": self.arn, "DomainName": self.common_name, "SubjectAlternativeNames": self.sans,
            "Serial": colons(self._cert.serial_number), "Subject": self._cert.subject.rfc4514_string(),
            "Issuer": issuer[0].value if issuer else "", "ImportedAt": self.created_at.timestamp(),
            "Status": self.status, "NotBefore": self._cert.not_valid_before_utc.timestamp(),
            "NotAfter": self._cert.not_valid_after_utc.timestamp(), "Type": self.type, "InUseBy": self.in_use_by,
            "KeyAlgorithm": key_algorithm(self._cert.public_key()), "SignatureAlgorithm": "SHA256WITHECDSA",
            "KeyUsages": [{"Name": name} for name in usages], "ExtendedKeyUsages": [{"Name": name} for name in extended],
            "RenewalEligibility": "INELIGIBLE", "Options": self.cert_options,
        }}


def import_certificate(response):
    backend, arn = response.acm_backend, response._get_param("CertificateArn")
    certificate, key, chain = (pem_of(response, field) for field in LONGEST)
    if not certificate or not key:
        raise AWSValidationException("The certificate and the private key are required.")
    tags = response._get_param("Tags") or []
    if arn and tags:
        raise AWSValidationException("Tagging is not permitted on re-import.")
    old = backend.get_certificate(arn) if arn else None
    leaf = check_import(certificate, key, chain)
    if old:
        check_place(old, leaf)
    made = Imported(backend.account_id, backend.region_name, leaf, key, chain, old)
    made.tags.add(tags)
    backend._certificates[made.arn] = made
    return ActionResult(result={"CertificateArn": made.arn})


def get_imported_or_issued(response):
    found = response.acm_backend.get_certificate(response._get_param("CertificateArn"))
    if found.status == "PENDING_VALIDATION":
        raise AWSError(
            "The certificate request is in process and the certificate has not yet been issued.",
            exception_type="RequestInProgressException",
        )
    told = {"Certificate": found.cert.decode()}
    if found.chain:
        told["CertificateChain"] = found.chain.decode()
    return ActionResult(result=told)


def users_of(certificate):
    """The load balancers that serve a certificate, or did until a moment ago."""
    _, _, _, region, account, _ = certificate.arn.split(":", 5)
    balancers = elbv2_backends[account][region].load_balancers.values()
    return [balancer.arn for balancer in balancers if any(
        listener_serves(listener, certificate.arn, IN_USE_FOR) for listener in list(balancer.listeners.values())
    )]


def delete_certificate(response):
    backend, arn = response.acm_backend, response._get_param("CertificateArn")
    found = backend.get_certificate(arn)
    if found.in_use_by:
        raise AWSError(
            f"Certificate {arn} in account {backend.account_id} is in use.", exception_type="ResourceInUseException",
        )
    backend.delete_certificate(arn)
    return EmptyResult()


# Asked of the listeners; what moto itself writes down counts for nothing.
CertBundle.in_use_by = property(users_of, lambda certificate, users: None)
AWSCertificateManagerBackend.set_certificate_in_use_by = lambda backend, arn, user: backend.get_certificate(arn)
Acm.delete_certificate = delete_certificate
Acm.get_certificate = get_imported_or_issued
Acm.import_certificate = import_certificate

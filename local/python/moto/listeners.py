"""Load balancers' kinds, and listeners' certificates: the default and the list for SNI apart, and what of them is refused.

moto keeps one list whose first element is the default. A listener remembers all that it ever served, which the guard
tells: so a test can say that there was no moment without a valid certificate.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

from moto.acm.models import CertificateNotFound, acm_backends
from moto.elbv2 import models as balancers
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import urls as moto_urls

# Of all listeners of a load balancer together, their defaults not counted. Others on request.
CERTIFICATES_PER_BALANCER = 25
SERVE_TLS = {"HTTPS", "TLS"}

KINDS = {"network": "net", "gateway": "gwy"}

uncorrected_create_load_balancer = balancers.ELBv2Backend.create_load_balancer
uncorrected_create_listener = balancers.ELBv2Backend.create_listener
uncorrected_modify_listener = balancers.ELBv2Backend.modify_listener


def remember(listener):
    """What it serves from now on."""
    served = (listener.certificate, tuple(listener.for_sni))
    history = vars(listener).setdefault("history", [])
    if not history or history[-1][1:] != served:
        history.append((now(), *served))


def listener_serves(listener, arn, lately):
    """Whether it serves the certificate now, or did so `lately`."""
    ends = [since for since, *_ in listener.history[1:]] + [None]
    return any(
        arn in (default, *for_sni) and (end is None or now() - end < lately)
        for (_, default, for_sni), end in zip(listener.history, ends)
    )


def one_certificate(backend, protocol, certificates):
    """The default that a call gives to a listener, or none."""
    if protocol not in SERVE_TLS:
        if certificates:
            raise ELBClientError("ValidationError", f"A certificate cannot be specified for {protocol} listeners")
        return None
    if len(certificates or []) != 1:
        raise ELBClientError("ValidationError", f"You must specify exactly one certificate for {protocol} listeners")
    return usable(backend, certificates)[0]


def usable(backend, certificates):
    """The ARNs of issued certificates with a name and a key that a load balancer takes."""
    arns = []
    for certificate in certificates:
        arn = certificate["CertificateArn"]
        if "IsDefault" in certificate:
            raise ELBClientError("ValidationError", "You cannot set the isDefault parameter for a certificate.")
        try:
            found = acm_backends[backend.account_id][backend.region_name].get_certificate(arn)
        except CertificateNotFound:
            found = None
        if not found or found.status not in ("ISSUED", "EXPIRED"):
            raise ELBClientError("CertificateNotFound", f"Certificate '{arn}' not found")
        algorithm = found.describe()["Certificate"]["KeyAlgorithm"]
        if "." not in found.common_name or algorithm == "RSA_1024":
            raise ELBClientError(
                "UnsupportedCertificate",
                f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
                "supported key size.",
            )
        arns.append(arn)
    return arns


def one_listener(backend, arn):
    return backend.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]


def create_load_balancer(backend, *arguments, **fields):
    """The kind is in the ARN: moto calls every one an application's."""
    made = uncorrected_create_load_balancer(backend, *arguments, **fields)
    plain, made.arn = made.arn, made.arn.replace("/app/", f"/{KINDS.get(made.type, 'app')}/", 1)
    backend.load_balancers[made.arn] = backend.load_balancers.pop(plain)
    backend.tagging_service.copy_tags(plain, made.arn)
    return made


def create_listener(backend, load_balancer_arn, protocol, port, ssl_policy, certificate, *arguments, **fields):
    given = [{"CertificateArn": certificate}] if certificate else []
    balancer = backend.load_balancers.get(load_balancer_arn)
    if balancer and any(str(listener.port) == str(port) for listener in balancer.listeners.values()):
        raise balancers.DuplicateListenerError()
    default = one_certificate(backend, protocol, given)
    made = uncorrected_create_listener(
        backend, load_balancer_arn, protocol, port, ssl_policy, default, *arguments, **fields,
    )
    made.for_sni = []
    remember(made)
    return made


def modify_listener(backend, arn, port=None, protocol=None, ssl_policy=None, certificates=None, actions=None):
    listener = one_listener(backend, arn)
    kind = protocol or listener.protocol
    if certificates or (kind in SERVE_TLS and not listener.certificate):
        listener.certificate = one_certificate(backend, kind, certificates)
        listener.certificates = [listener.certificate] if listener.certificate else []
        remember(listener)
    # The rest is moto's, which knows of no TLS listener that changes.
    kept, listener.protocol = listener.protocol, "HTTP"
    try:
        return uncorrected_modify_listener(backend, arn, port, None, ssl_policy, [], actions or [])
    finally:
        listener.protocol = protocol or kept


def add_listener_certificates(backend, arn, certificates):
    listener = one_listener(backend, arn)
    if listener.protocol not in SERVE_TLS:
        raise ELBClientError("ValidationError", f"A certificate cannot be specified for {listener.protocol} listeners")
    added = [arn for arn in usable(backend, certificates) if arn not in listener.for_sni]
    balancer = backend.load_balancers[listener.load_balancer_arn]
    if sum(len(other.for_sni) for other in balancer.listeners.values()) + len(added) > CERTIFICATES_PER_BALANCER:
        raise balancers.TooManyCertificatesError()
    listener.for_sni = listener.for_sni + added
    remember(listener)
    return [certificate["CertificateArn"] for certificate in certificates]


def remove_listener_certificates(backend, arn, certificates):
    listener = one_listener(backend, arn)
    arns = [certificate["CertificateArn"] for certificate in certificates]
    if listener.certificate in arns and listener.certificate not in listener.for_sni:
        raise ELBClientError("OperationNotPermitted", "Default certificate cannot be removed")
    listener.for_sni = [arn for arn in listener.for_sni if arn not in arns]
    remember(listener)


def describe_listener_certificates(response):
    """The default first; one that is in the list too is told twice."""
    listener = one_listener(response.elbv2_backend, response._get_param("ListenerArn"))
    served = [{"CertificateArn": listener.certificate, "IsDefault": True}] if listener.certificate else []
    served += [{"CertificateArn": arn, "IsDefault": False} for arn in listener.for_sni]
    start, size = int(response._get_param("Marker") or 0), response._get_int_param("PageSize", 400)
    told = {"Certificates": served[start:start + size]}
    if start + size < len(served):
        told["NextMarker"] = str(start + size)
    return ActionResult(told)


def history_of_listeners(request, full_url, headers):
    """All that each listener served: since when, its default, its list."""
    told = {
        listener.arn: [
            {"since": since.timestamp(), "default": default, "sni": list(for_sni)}
            for since, default, for_sni in listener.history
        ]
        for account in balancers.elbv2_backends.values() for region in account.values()
        for balancer in region.load_balancers.values() for listener in balancer.listeners.values()
    }
    return 200, {"content-type": "application/json"}, json.dumps(told)


moto_urls.url_paths["{0}/moto-api/listeners"] = history_of_listeners
balancers.ELBv2Backend.add_listener_certificates = add_listener_certificates
balancers.ELBv2Backend.create_load_balancer = create_load_balancer
balancers.ELBv2Backend.create_listener = create_listener
balancers.ELBv2Backend.modify_listener = modify_listener
balancers.ELBv2Backend.remove_listener_certificates = remove_listener_certificates
ELBV2Response.describe_listener_certificates = describe_listener_certificates

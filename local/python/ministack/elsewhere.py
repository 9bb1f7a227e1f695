"""Services that another stand-in plays: here only who is calling and whether they may, signature and policies included.

The guard asks before it hands a call on. The actions, resources and condition keys are those of
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsprivatecertificateauthority.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
"""

import re as _re

from ministack import app
from ministack.core import iam_actions, router

ELSEWHERE = ("acm", "acm-pca", "elasticloadbalancing", "route53")
ALLOWED = {"x-drawbridge-allowed": "true"}

arn_before_elsewhere = iam_actions.extract_resource_arn
denial_before_elsewhere = iam_actions.access_denied_response
tags_before_elsewhere = iam_actions.request_tag_context


async def allowed(method, path, headers, body, query_params):
    return 200, dict(ALLOWED), b""


def arn_elsewhere(service, method, path, headers, body, query_params, region, account_id):
    if service == "acm-pca":
        return request_of(body).get("CertificateAuthorityArn") or "*"
    if service == "acm" and headers.get("x-amz-target", "").endswith((".ImportCertificate", ".RequestCertificate")):
        return request_of(body).get("CertificateArn") or certificates_arn()
    if service == "elasticloadbalancing" and iam_actions._query_param(query_params, "Action").startswith("Describe"):
        # Load balancers are looked at all or not at all.
        return "*"
    return arn_before_elsewhere(service, method, path, headers, body, query_params, region, account_id)


def conditions_elsewhere(service, action, body, params):
    context = tags_before_elsewhere(service, action, body, params)
    if service == "route53" and action == "route53:ChangeResourceRecordSets":
        changes = (body or b"").decode(errors="replace")
        every = lambda element: _re.findall(f"<{element}>([^<]*)</{element}>", changes)
        names = [name.lower().rstrip(".") for name in every("Name")]
        return context | {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": names,
            "route53:ChangeResourceRecordSetsRecordTypes": every("Type"),
            "route53:ChangeResourceRecordSetsActions": every("Action"),
        }
    request = request_of(body) if service in ELSEWHERE else {}
    if service == "acm-pca" and request.get("TemplateArn"):
        return context | {"acm-pca:TemplateArn": request["TemplateArn"]}
    if action == "acm:RequestCertificate":
        names = [request.get("DomainName"), *request.get("SubjectAlternativeNames", [])]
        context |= {"acm:DomainNames": [name for name in names if name]}
        for key in ("ValidationMethod", "KeyAlgorithm"):
            if request.get(key):
                context[f"acm:{key}"] = request[key]
        if request.get("Options", {}).get("Export"):
            context["acm:Export"] = request["Options"]["Export"]
    return context


def denial_elsewhere(service, action, principal_arn, request_id, **more):
    """A denial names the resource, as AWS's does."""
    if service in ELSEWHERE and not more.get("message") and not more.get("error_code"):
        more["message"] = iam_actions.identity_denial_message(
            action, principal_arn, more.get("resource_arn", "*"), more.get("explicit_deny", False),
        )
    return denial_before_elsewhere(service, action, principal_arn, request_id, **more)


for elsewhere in ELSEWHERE:
    app.SERVICE_HANDLERS[elsewhere] = guarded(elsewhere, allowed)
router.SERVICE_PATTERNS["acm-pca"] = {
    "target_prefixes": ["ACMPrivateCA"], "host_patterns": [r"acm-pca\."], "credential_scope": "acm-pca",
}
iam_actions.SERVICE_TO_IAM_NAMESPACE["acm-pca"] = "acm-pca"
iam_actions.access_denied_response = denial_elsewhere
iam_actions.extract_resource_arn = arn_elsewhere
iam_actions.request_tag_context = conditions_elsewhere

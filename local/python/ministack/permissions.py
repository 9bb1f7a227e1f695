"""What a call needs besides the action that it is named after, and on which resources.

Tags at creation need the permission to tag:
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
A call with several names needs its action on each of them; a path is a resource itself:
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
What is asked about a key is asked about its user:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
A certificate is imported with tags by who may tag it:
https://docs.aws.amazon.com/acm/latest/userguide/tags-acm.html
A batch of messages is authorised as its messages:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

import json as _json

from ministack.core import iam_actions
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.core.router import extract_access_key_id
from ministack.services import iam, kms, secretsmanager, ssm

SEVERAL_NAMES = {"GetParameters", "DeleteParameters"}

uncorrected_iam_action = iam_actions.extract_iam_action
uncorrected_resource_arn = iam_actions.extract_resource_arn


def parameter_arn(name):
    return f"arn:aws:ssm:{get_region()}:{get_account_id()}:parameter/{name.strip('/')}"


def certificates_arn():
    """A certificate that is not there yet has no ARN: only a policy for all of them allows it."""
    return f"arn:aws:acm:{get_region()}:{get_account_id()}:certificate/*"


def request_of(body):
    try:
        request = _json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def resource_arn(service, method, path, headers, body, query_params, region, account_id):
    action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    if service == "ssm":
        request = request_of(body)
        if action == "GetParametersByPath":
            return parameter_arn(request.get("Path", "/"))
        if action in SEVERAL_NAMES and request.get("Names"):
            return parameter_arn(request["Names"][0])
    found = uncorrected_resource_arn(service, method, path, headers, body, query_params, region, account_id)
    if service == "iam" and found == "*":
        key = iam._access_keys.get(iam_actions._query_param(query_params, "AccessKeyId"))
        user = iam._users.get(key["UserName"]) if key else None
        return user["Arn"] if user else found
    return found


def iam_action(service, *request):
    action = uncorrected_iam_action(service, *request)
    return action.removesuffix("Batch") if service == "sqs" and action else action


def further(service, action, request):
    """The further permissions, as action and resource."""
    if service == "ssm":
        if action in SEVERAL_NAMES:
            return [(f"ssm:{action}", parameter_arn(name)) for name in request.get("Names", [])[1:]]
        if action == "PutParameter":
            tags = [("ssm:AddTagsToResource", parameter_arn(request.get("Name", "")))] if request.get("Tags") else []
            return tags + with_key("kms:Encrypt", request.get("KeyId"), "alias/aws/ssm")
        return []
    if service == "acm":
        tagged = action == "ImportCertificate" and request.get("Tags")
        return [("acm:AddTagsToCertificate", request.get("CertificateArn") or certificates_arn())] if tagged else []
    if action == "CreateSecret" and request.get("Tags"):
        region, account = get_region(), get_account_id()
        arn = f"arn:aws:secretsmanager:{region}:{account}:secret:{request.get('Name', '')}-??????"
        return [("secretsmanager:TagResource", arn)]
    return []


def with_key(action, key_id, managed):
    """A customer's own key needs its permission; AWS's own are open to all of the account through their service."""
    record = kms._resolve_key(key_id) if key_id else None
    if not record or record is kms._resolve_key(managed):
        return []
    return [(action, record["Arn"])]


def guarded(service, uncorrected):
    """The service, for who has the further permissions too."""
    async def handle_request(method, path, headers, body, query_params):
        action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        key = extract_access_key_id(headers, query_params) or ""
        for needed, resource in further(service, action, request_of(body)):
            # The key is used by the service, in the caller's name.
            context = {"kms:ViaService": f"{service}.{get_region()}.amazonaws.com"}
            denied = enforce(
                key, needed, needed.split(":")[0], get_region(), resource_arn=resource, service_context=context,
            )
            if denied:
                return iam_actions.access_denied_response(
                    service, needed, getattr(denied, "principal_arn", ""), new_uuid(), resource_arn=resource,
                    explicit_deny=getattr(denied, "decision", "") == "Deny",
                )
        return await uncorrected(method, path, headers, body, query_params)

    return handle_request


iam_actions.extract_iam_action = iam_action
iam_actions.extract_resource_arn = resource_arn
secretsmanager.handle_request = guarded("secretsmanager", secretsmanager.handle_request)
ssm.handle_request = guarded("ssm", ssm.handle_request)

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
A key of the customer's own is used by the services in the caller's name, who needs its permissions:
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html
https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
A batch of messages is authorised as its messages:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

import json as _json

from ministack.core import iam_actions
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid
from ministack.core.router import extract_access_key_id
from ministack.services import iam, kms, secretsmanager, ssm

SEVERAL_NAMES = {"GetParameters", "DeleteParameters"}
DECRYPTING = {"GetParameter", "GetParameters", "GetParametersByPath"}

# What is said of a key that may not be used, which names no action.
NO_KEY_FOR_SECRETS = "Access to KMS is not allowed"
NO_KEY_FOR_PARAMETERS = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not "
    "allowed to access."
)

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
            is_advanced = ssm_tier(request) == "Advanced"
            encrypts = "kms:GenerateDataKey" if is_advanced else "kms:Encrypt"
            return tags + with_key([encrypts], request.get("KeyId"), "alias/aws/ssm")
        return []
    if service == "acm":
        tagged = action == "ImportCertificate" and request.get("Tags")
        return [("acm:AddTagsToCertificate", request.get("CertificateArn") or certificates_arn())] if tagged else []
    if action == "CreateSecret" and request.get("Tags"):
        region, account = get_region(), get_account_id()
        arn = f"arn:aws:secretsmanager:{region}:{account}:secret:{request.get('Name', '')}-??????"
        return [("secretsmanager:TagResource", arn)]
    return []


def with_key(actions, key_id, managed):
    """A customer's own key needs its permissions; AWS's own are open to all of the account through their service."""
    record = kms._resolve_key(key_id) if key_id else None
    if not record or record is kms._resolve_key(managed):
        return []
    return [(action, record["Arn"]) for action in actions]


def ssm_tier(request):
    existing = ssm._parameters.get(request.get("Name"))
    return request.get("Tier") or (existing["Tier"] if existing else "Standard")


def key_of_secret(name):
    _, secret = secretsmanager._resolve(name)
    return secret.get("KmsKeyId") if secret else None


def keys_of_secret(action, request):
    """What Secrets Manager does with a customer's key for a call."""
    managed = "alias/aws/secretsmanager"
    if action == "CreateSecret":
        return with_key(["kms:GenerateDataKey", "kms:Decrypt"], request.get("KmsKeyId"), managed)
    if action in ("UpdateSecret", "PutSecretValue"):
        now = key_of_secret(request.get("SecretId"))
        then = request.get("KmsKeyId") or now
        every = ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"]
        return with_key(every, then, managed) + with_key(["kms:Decrypt"], now, managed)
    if action == "GetSecretValue":
        return with_key(["kms:Decrypt"], key_of_secret(request.get("SecretId")), managed)
    return []


def no_key(message):
    return error_response_json("AccessDeniedException", message, 400)


def readable(may, action, answer):
    """The answer to a call that reads, as who may use these keys and no others gets it."""
    status, headers, body = answer
    if status != 200:
        return answer
    told = _json.loads(body)
    if action == "BatchGetSecretValue":
        values = told.get("SecretValues", [])
        kept = [value for value in values if may(keys_of_secret("GetSecretValue", {"SecretId": value["ARN"]}))]
        lost = [value["Name"] for value in values if value not in kept]
        errors = [
            {"SecretId": name, "ErrorCode": "AccessDeniedException", "Message": NO_KEY_FOR_SECRETS} for name in lost
        ]
        return json_response({**told, "SecretValues": kept, "Errors": told.get("Errors", []) + errors})
    for parameter in told.get("Parameters") or [told.get("Parameter") or {}]:
        key = (ssm._parameters.get(parameter.get("Name")) or {}).get("KeyId")
        if parameter.get("Type") == "SecureString" and not may(with_key(["kms:Decrypt"], key, "alias/aws/ssm")):
            return no_key(NO_KEY_FOR_PARAMETERS)
    return answer


def guarded(service, uncorrected):
    """The service, for who has the further permissions too."""
    async def handle_request(method, path, headers, body, query_params):
        action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        request = request_of(body)
        key = extract_access_key_id(headers, query_params) or ""
        # The key is used by the service, in the caller's name.
        context = {"kms:ViaService": f"{service}.{get_region()}.amazonaws.com"}

        def denial(needed, resource):
            return enforce(
                key, needed, needed.split(":")[0], get_region(), resource_arn=resource, service_context=context,
            )

        def may(permissions):
            return not any(denial(*permission) for permission in permissions)

        for needed, resource in further(service, action, request):
            denied = denial(needed, resource)
            if denied:
                return iam_actions.access_denied_response(
                    service, needed, getattr(denied, "principal_arn", ""), new_uuid(), resource_arn=resource,
                    explicit_deny=getattr(denied, "decision", "") == "Deny",
                )
        if service == "secretsmanager" and not may(keys_of_secret(action, request)):
            return no_key(NO_KEY_FOR_SECRETS)
        answer = await uncorrected(method, path, headers, body, query_params)
        reads = action == "BatchGetSecretValue" or (action in DECRYPTING and request.get("WithDecryption"))
        return readable(may, action, answer) if reads else answer

    return handle_request


iam_actions.extract_iam_action = iam_action
iam_actions.extract_resource_arn = resource_arn
secretsmanager.handle_request = guarded("secretsmanager", secretsmanager.handle_request)
ssm.handle_request = guarded("ssm", ssm.handle_request)

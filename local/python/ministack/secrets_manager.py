"""Secrets Manager: tokens of retried requests, names scheduled for deletion, filters, keys.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
"""

import json as _json

from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager

VALUE = ("SecretString", "SecretBinary")

uncorrected_create_secret = secretsmanager._create_secret
uncorrected_update_secret = secretsmanager._update_secret
uncorrected_list_secrets = secretsmanager._list_secrets


def same_request_again(secret, request):
    """The answer to a request whose token has made a version already; nothing when it has not."""
    token = request.get("ClientRequestToken")
    version = secret["Versions"].get(token) if token else None
    if not version:
        return None
    if any(version.get(kind) != request.get(kind) for kind in VALUE):
        return error_response_json(
            "ResourceExistsException",
            f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
            f"{secret['ARN']}.", 400,
        )
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token})


def named_by_token(secret, request, answer):
    """The same answer, its version under the token of the request."""
    status, headers, body = answer
    told, token = _json.loads(body), request.get("ClientRequestToken")
    if status != 200 or not token or "VersionId" not in told:
        return answer
    versions = secret["Versions"]
    versions[token] = versions.pop(told["VersionId"])
    return json_response({**told, "VersionId": token})


def unusable_key(request):
    why = unusable(request.get("KmsKeyId"))
    if why == "absent":
        return error_response_json("AccessDeniedException", "Access to KMS is not allowed", 400)
    if why == "disabled":
        message = "Secrets Manager can't encrypt the protected secret text using the provided KMS key."
        return error_response_json("EncryptionFailure", message, 400)
    return None


def create_secret(request):
    secret = secretsmanager._secrets.get(request.get("Name"))
    if secret and secret.get("DeletedDate"):
        return error_response_json(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.", 400,
        )
    again = same_request_again(secret, request) if secret else None
    if again:
        return again
    refusal = unusable_key(request)
    if refusal:
        return refusal
    answer = uncorrected_create_secret(request)
    made = secretsmanager._secrets.get(request.get("Name"))
    return named_by_token(made, request, answer) if made else answer


def update_secret(request):
    _, secret = secretsmanager._resolve(request.get("SecretId"))
    valued = any(kind in request for kind in VALUE)
    if not secret or secret.get("DeletedDate"):
        return uncorrected_update_secret(request)
    again = same_request_again(secret, request) if valued else None
    if again:
        return again
    refusal = unusable_key(request)
    if refusal:
        return refusal
    answer = uncorrected_update_secret(request)
    return named_by_token(secret, request, answer) if valued else answer


def list_secrets(request):
    """ListSecrets tells a secret's key, when it has one of its own."""
    status, headers, body = uncorrected_list_secrets(request)
    told = _json.loads(body)
    for entry in told.get("SecretList", []):
        key = secretsmanager._secrets[entry["Name"]].get("KmsKeyId")
        if key:
            entry["KmsKeyId"] = key
    return json_response(told, status)


def filtered_names(names, filters):
    """Filters are prefixes, case-sensitive but for descriptions; `!` before a value turns it round; all must fit."""
    def fits(name, wanted):
        secret, values = secretsmanager._secrets[name], wanted.get("Values", [])
        tags = secret.get("Tags", [])
        texts = {
            "name": [name],
            "description": [secret.get("Description", "").lower()],
            "tag-key": [tag.get("Key", "") for tag in tags],
            "tag-value": [tag.get("Value", "") for tag in tags],
        }[wanted["Key"]]
        if wanted["Key"] == "description":
            values = [value.lower() for value in values]
        negated = [value[1:] for value in values if value.startswith("!")]
        asked = [value for value in values if not value.startswith("!")]
        begins = lambda prefixes: any(text.startswith(prefix) for text in texts for prefix in prefixes)
        return (not asked or begins(asked)) and not begins(negated)

    return [name for name in names if all(fits(name, wanted) for wanted in filters)]


secretsmanager._create_secret = create_secret
secretsmanager._update_secret = update_secret
secretsmanager._list_secrets = list_secrets
secretsmanager._filter_secret_names = filtered_names

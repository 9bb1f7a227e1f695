"""Keys that AWS manages: an account has them without having made them.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
"""

import json as _json

from ministack.services import kms

AWS_MANAGED = ("alias/aws/secretsmanager", "alias/aws/ssm")

uncorrected_resolve_key = kms._resolve_key


def resolve_key(wanted):
    found = uncorrected_resolve_key(wanted)
    alias = next((alias for alias in AWS_MANAGED if wanted in (alias, kms._alias_arn(alias))), None)
    if found or not alias:
        return found
    _, _, body = kms._create_key({"Description": f"Default key of {alias}"})
    kms._aliases[kms._alias_arn(alias)] = _json.loads(body)["KeyMetadata"]["KeyId"]
    return uncorrected_resolve_key(wanted)


def unusable(key_id):
    """Why a service cannot encrypt with this key of the caller's account: "absent", "disabled" or nothing."""
    if not key_id:
        return None
    record = kms._resolve_key(key_id)
    if not record:
        return "absent"
    return "disabled" if record["KeyState"] != "Enabled" else None


kms._resolve_key = resolve_key

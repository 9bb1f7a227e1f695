"""Parameter Store: tiers with their sizes, keys, and filters.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
"""

from ministack.core.responses import error_response_json
from ministack.services import ssm

STANDARD_BYTES = 4096

uncorrected_filter = ssm._apply_filter
uncorrected_put_parameter = ssm._put_parameter


def put_parameter(request):
    existing = ssm._parameters.get(request.get("Name"))
    asked, size = request.get("Tier"), len(request.get("Value", "").encode())
    had = existing["Tier"] if existing else None
    if asked == "Intelligent-Tiering":
        asked = "Advanced" if had == "Advanced" or size > STANDARD_BYTES or request.get("Policies") else "Standard"
    if asked == "Standard" and had == "Advanced":
        return error_response_json(
            "ValidationException",
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter.", 400,
        )
    tier = asked or ssm._default_tier(request, request.get("Value", ""), existing)
    if tier == "Standard" and size > STANDARD_BYTES:
        return error_response_json(
            "ValidationException",
            f"Standard tier parameters support a maximum parameter value of {STANDARD_BYTES} characters. To create a "
            "larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, "
            "see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
            400,
        )
    why = unusable(request.get("KeyId")) if request.get("Type") == "SecureString" else None
    if why:
        said = "does not exist" if why == "absent" else "is disabled"
        return error_response_json("InvalidKeyId", f"{request['KeyId']} {said}.", 400)
    return uncorrected_put_parameter({**request, "Tier": tier})


def apply_filter(parameter, key, option, values):
    """Filters by tag, `tag:team`; by path one level deep unless asked otherwise."""
    if key.startswith("tag:"):
        tags = ssm._tags.get(parameter["ARN"], {})
        name = key.removeprefix("tag:")
        return name in tags and (not values or tags[name] in values)
    if key == "Path" and option != "Recursive":
        parent = parameter["Name"].rpartition("/")[0]
        return any(parent == value.rstrip("/") for value in values)
    return uncorrected_filter(parameter, key, option, values)


ssm._apply_filter = apply_filter
ssm._put_parameter = put_parameter

"""What Infisical's own Python SDK does against a running system, unmodified.

usage: python_sdk.py ACTION WISHES

WISHES is a JSON object with `host` and what the action needs; the answer is JSON on standard output. AWS credentials come
from the environment, where the SDK looks for them.
"""

import json
import sys

from infisical_sdk import InfisicalSDKClient
from infisical_sdk.infisical_requests import APIError


class Captured(Exception):
    """The request that the SDK was about to send."""


class Capture:
    def post(self, path, json, model):
        raise Captured(path, json)


def who_am_i(client):
    """One more call, with the token that the SDK has got."""
    return client.api.get("/api/v1/identities/details", model=dict).data


def universal(client, wishes):
    login = client.auth.universal_auth.login(wishes["clientId"], wishes["clientSecret"])
    return {"login": vars(login), "details": who_am_i(client)}


def refused(client, wishes):
    try:
        client.auth.universal_auth.login(wishes["clientId"], "not-the-secret")
    except APIError as refusal:
        return {"status": refusal.status_code, "message": str(refusal), "response": refusal.response}
    raise SystemExit("a wrong client secret was let in")


def aws(client, wishes):
    login = client.auth.aws_auth.login(wishes["identityId"])
    return {"login": vars(login), "details": who_am_i(client)}


def oidc(client, wishes):
    login = client.auth.oidc_auth.login(wishes["identityId"], wishes["jwt"])
    return {"login": vars(login), "details": who_am_i(client)}


def sign(client, wishes):
    """The body of the SDK's AWS login, signed and not sent."""
    client.auth.aws_auth.requests = Capture()
    try:
        client.auth.aws_auth.login(wishes["identityId"])
    except Captured as captured:
        path, body = captured.args
        return {"path": path, "body": body}
    raise SystemExit("the SDK sent nothing")


def secrets(client, wishes):
    """One step after the other, each a list: what to do, and with what; what each of them answered."""
    client.auth.universal_auth.login(wishes["clientId"], wishes["clientSecret"])
    place = {"project_id": wishes["projectId"], "environment_slug": wishes["environment"]}
    at = {**place, "secret_path": wishes["path"]}

    def told(secret):
        return {name: getattr(secret, name) for name in ("id", "secretKey", "secretValue", "version", "secretComment")}

    steps = {
        "folder": lambda name: client.folders.create_folder(name=name, path="/", **place).path,
        "folders": lambda: [f.name for f in client.folders.list_folders(path="/", **place).folders],
        "create": lambda name, value: told(client.secrets.create_secret_by_name(name, secret_value=value, **at)),
        "change": lambda name, value: told(client.secrets.update_secret_by_name(name, secret_value=value, **at)),
        "rename": lambda name, new: told(client.secrets.update_secret_by_name(name, new_secret_name=new, **at)),
        "delete": lambda name: told(client.secrets.delete_secret_by_name(name, **at)),
        "get": lambda name: told(client.secrets.get_secret_by_name(name, **at)),
        "list": lambda: [told(secret) for secret in client.secrets.list_secrets(**at).secrets],
    }
    return [steps[step](*arguments) for step, *arguments in wishes["steps"]]


def main():
    action, wishes = sys.argv[1], json.loads(sys.argv[2])
    actions = {"universal": universal, "refused": refused, "aws": aws, "oidc": oidc, "sign": sign, "secrets": secrets}
    with InfisicalSDKClient(host=wishes["host"], cache_ttl=None) as client:
        print(json.dumps(actions[action](client, wishes)))


main()

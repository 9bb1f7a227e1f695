"""What schemathesis sends, made to reach further: three quarters of all paths, queries and bodies are led to what is there.

Which ones is decided by what was invented, so that a failure is found again by its seed. What changes or deletes a thing is led
to one that was made for it: the rest of the run stands on the others.
"""

import atexit
import json
import os
import re
import uuid
import zlib
from collections import defaultdict
from pathlib import Path

import schemathesis
from there import Demonstration

READY = json.loads(os.environ["DRAWBRIDGE_READY"])
RULES = [(re.compile(pattern), names) for pattern, names in json.loads(os.environ["DRAWBRIDGE_STANDING"])]
STANDING = [value for _, names in RULES for value in names.values()]
ABSENT = str(uuid.uuid4())
DEMONSTRATION = Demonstration(READY)
# What was made for the next change or deletion, by path.
spare = {}
statuses = defaultdict(set)


def is_led(invented):
    return zlib.crc32(repr(invented).encode()) % 4 != 0


def standing(path, name):
    return next((names[name] for pattern, names in RULES if name in names and pattern.search(path)), None)


def led(path, value):
    if isinstance(value, list):
        return [led(path, one) for one in value]
    if not isinstance(value, dict):
        return value
    there = {name: standing(path, name) for name in value}
    return {name: led(path, one) if there[name] is None else there[name] for name, one in value.items()}


def changes(operation):
    return operation.method.upper() in ("DELETE", "PATCH") or operation.path.endswith("/revoke")


@schemathesis.hook
def before_call(context, case, kwargs):
    path, parameters = case.operation.path, dict(case.path_parameters or {})
    if parameters:
        if is_led(sorted(parameters.items())):
            parameters = led(path, parameters)
        # What a path is about comes last in it.
        last = re.findall(r"\{\*?(\w+)}", path)[-1]
        if changes(case.operation) and parameters[last] in STANDING:
            if path not in spare:
                spare[path] = DEMONSTRATION.fresh(last, path, parameters)
            if spare[path]:
                parameters[last] = spare[path]
            elif case.operation.method.upper() == "DELETE":
                parameters[last] = ABSENT
        case.path_parameters = parameters
    for name, value in (case.headers or {}).items():
        case.headers[name] = (standing(path, name) if is_led(value) else None) or value
    if isinstance(case.query, dict) and is_led(case.query):
        case.query = led(path, case.query)
    if isinstance(case.body, (dict, list)) and is_led(case.body):
        case.body = led(path, case.body)


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation
    statuses[f"{operation.method.upper()} {operation.path}"].add(response.status_code)
    if changes(operation) and response.status_code < 300:
        spare.pop(operation.path, None)


@atexit.register
def tell():
    told = {operation: sorted(seen) for operation, seen in sorted(statuses.items())}
    Path(os.environ["DRAWBRIDGE_REACHED"]).write_text(json.dumps(told))

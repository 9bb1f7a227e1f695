"""What schemathesis sends, made to reach further: half of the identifiers that it invents become ones that are there.

Invented identifiers lead to 404 and no further. Which half is decided by the value itself, so that a failure is found again
by its seed. Nothing is aimed at a deletion of what the run stands on.
"""

import json
import os
import zlib

import schemathesis

THERE = json.loads(os.environ.get("DRAWBRIDGE_THERE", "{}"))
# What everything else is in: deleted, the rest of the run would see 404 alone.
STANDS = ("{projectId}", "workspace/{slug}", "{identityId}")


def known(name, value):
    if name in THERE and zlib.crc32(repr(value).encode()) % 2 == 0:
        return THERE[name]
    return value


def reached(values):
    if isinstance(values, dict):
        return {name: known(name, reached(value)) for name, value in values.items()}
    if isinstance(values, list):
        return [reached(value) for value in values]
    return values


@schemathesis.hook
def before_call(context, case, kwargs):
    deletes = case.operation.method.upper() == "DELETE"
    if case.path_parameters and not (deletes and case.operation.path.endswith(STANDS)):
        case.path_parameters = reached(case.path_parameters)
    if isinstance(case.query, dict):
        case.query = reached(case.query)
    if isinstance(case.body, (dict, list)):
        case.body = reached(case.body)

"""Policies' conditions.

For a role's session, aws:PrincipalArn is the ARN of the role, its path included; ministack has the session's there.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
A resource's tags count in session policies too; ministack looks for them only when the role's own policies ask.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
"""

from ministack.core import iam_evaluator
from ministack.services import iam

uncorrected_condition_key = iam_evaluator._resolve_condition_key


def condition_key(key, context):
    kind, _, session = context.principal_arn.partition(":assumed-role/")
    if key.lower() == "aws:principalarn" and session:
        role = iam._roles.get_scoped(kind.split(":")[4], None, session.split("/")[0])
        return role["Arn"] if role else None
    return uncorrected_condition_key(key, context)


uncorrected_names_key = iam_evaluator._names_condition_key


def names_key(policies, prefix):
    return prefix == "aws:resourcetag/" or uncorrected_names_key(policies, prefix)


iam_evaluator._names_condition_key = names_key
iam_evaluator._resolve_condition_key = condition_key

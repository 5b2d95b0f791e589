"""Policies in symbols: what is the same at every place stands for what each place fills in."""

from functools import cache

from datalfred.definitions.permissions import Place, policy_of
from datalfred.local.aws.iam.patterns import arn_pattern
from datalfred.local.aws.iam.policies import parse_policy

ANYWHERE = Place(
    project="{project}",
    stage="{stage}",
    account="{account}",
    region="{region}",
    lake_buckets=("{lake}",),
    semantics_uri="s3://{semantics}",
    job_log_uris=("s3://{job logs}",),
    lake_keys=("{lake key}",),
    lake_formation=True,
)


def symbolic(function):
    """The statements of a function's policy, in symbols."""
    return policy_of(function, ANYWHERE).statements


class Grant:
    """One statement of a function's policy at a place, which knows itself in symbols."""

    def __init__(self, statement, allow, anywhere):
        self.sid = allow.sid
        self.statement = statement
        many = len(anywhere.resources) > 1
        named = anywhere.resources if many else anywhere.resources * len(allow.resources)
        pairs = zip(allow.resources, named, strict=True)
        self._patterns = [(arn_pattern(text), name) for text, name in pairs]

    def patterns_of(self, resource):
        """The statement's resources that a resource falls under, in symbols."""
        return tuple(
            dict.fromkeys(name for pattern, name in self._patterns if pattern.fullmatch(resource))
        )


@cache
def grants(function, place):
    """The statements of a function's policy at a place."""
    policy = policy_of(function, place)
    parsed = parse_policy(policy.document())
    anywhere = {each.sid: each for each in symbolic(function)}
    return tuple(
        Grant(statement, allow, anywhere[allow.sid])
        for statement, allow in zip(parsed, policy.statements, strict=True)
    )

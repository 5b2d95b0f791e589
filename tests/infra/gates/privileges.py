"""What the policies of templates allow, held against the Service Authorization Reference."""

import functools
import re
from fnmatch import fnmatchcase

from policy_sentry.querying.actions import get_action_data, get_actions_for_service

ARNS = {
    "AWS::Bedrock::AgentAlias": "arn:aws:bedrock:eu-west-1:111122223333:agent-alias/A1/B2",
    "AWS::Bedrock::ApplicationInferenceProfile": (
        "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/a1"
    ),
    "AWS::Bedrock::Guardrail": "arn:aws:bedrock:eu-west-1:111122223333:guardrail/a1",
    "AWS::KMS::Key": "arn:aws:kms:eu-west-1:111122223333:key/0a1b",
    "AWS::Lambda::Function": "arn:aws:lambda:eu-west-1:111122223333:function:f",
    "AWS::S3::Bucket": "arn:aws:s3:::b",
    "AWS::SNS::Topic": "arn:aws:sns:eu-west-1:111122223333:t",
}
"""What ``Arn`` of a resource that a template makes looks like."""

ITSELF = {"AWS::KMS::Key"}
"""What a policy of its own calls ``*``."""


def mistakes(templates, explained=frozenset()):
    """What is wrong with the policies of a stage's templates, a line for each.

    Actions that are explained elsewhere are left out.
    """
    found = []
    for part, template in templates.items():
        for name, resource in template.get("Resources", {}).items():
            for document in documents(resource):
                for statement in resolved(document["Statement"], templates, template):
                    if statement["Effect"] == "Allow":
                        itself = resource["Type"] in ITSELF
                        wrong = _wrong(statement, explained, itself=itself)
                        found += [f"{part}/{name}: {each}" for each in wrong]
    return found


def documents(resource):
    """The policies of a resource: what it may do, or what may be done to it."""
    properties = resource.get("Properties", {})
    inline = properties.get("Policies", ()) if resource["Type"] == "AWS::IAM::Role" else ()
    own = (properties.get(name) for name in ("PolicyDocument", "KeyPolicy"))
    return [*(each["PolicyDocument"] for each in inline), *(each for each in own if each)]


def resolved(value, templates, template):
    """A value with an example in the place of each reference."""
    if isinstance(value, list):
        return [resolved(each, templates, template) for each in value]
    if not isinstance(value, dict):
        return value
    found = _reference(value, templates, template)
    if found is not None:
        return found
    return {key: resolved(each, templates, template) for key, each in value.items()}


def _reference(value, templates, template):
    """An example of what an intrinsic function gives; None for what is none."""
    match value:
        case {"Ref": "AWS::AccountId"}:
            found = "111122223333"
        case {"Ref": name} | {"Fn::GetAtt": [name, _]}:
            found = ARNS[template["Resources"][name]["Type"]]
        case {"Fn::Join": [separator, parts]}:
            found = separator.join(resolved(parts, templates, template))
        case {"Fn::GetStackOutput": {"StackName": stack, "OutputName": output}}:
            other = templates[stack.rpartition("-")[2]]
            found = resolved(other["Outputs"][output]["Value"], templates, other)
        case _:
            found = None
    return found


def _wrong(statement, explained, *, itself):
    actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
    known = {each: _formats(each) for each in actions if each not in explained}
    for action, formats in known.items():
        if not formats:
            yield f"{action} does not exist"
        elif not itself and not any(_fits(each, formats) for each in resources):
            yield f"{action} allows nothing on {resources}"
    if itself or len(known) < len(actions):
        return
    for resource in resources:
        if not any(_fits(resource, formats) for formats in known.values()):
            yield f"{resource} is for none of {actions}"


def _listed(value):
    return value if isinstance(value, list) else [value]


@functools.cache
def _formats(pattern):
    """The formats of ARN that an action, or each action of a pattern, takes; ``*`` for none."""
    service = pattern.partition(":")[0]
    names = [each for each in get_actions_for_service(service) if fnmatchcase(each, pattern)]
    rows = [row for each in names for row in _rows(each)]
    formats = {re.sub(r"\$\{\w+\}", "*", row["resource_arn_format"]) for row in rows}
    return frozenset(formats - {"*"} or formats)


def _rows(action):
    service, _, name = action.partition(":")
    return get_action_data(service, name).get(service, [])


def _fits(resource, formats):
    """Whether a resource is one of these formats: ``*`` only where there is no other."""
    if resource == "*":
        return formats == {"*"}
    return any(each != "*" and _overlap(resource, each) for each in formats)


@functools.cache
def _overlap(one, other):
    """Whether some text matches both patterns, in which ``*`` is any text."""
    if not one or not other:
        return set(one + other) <= {"*"}
    if one[0] == "*":
        return _overlap(one[1:], other) or _overlap(one, other[1:])
    if other[0] == "*":
        return _overlap(other, one)
    return one[0] == other[0] and _overlap(one[1:], other[1:])


def writes_on_everything(templates):
    """The actions that change something and are allowed on ``*``, by resource."""
    return {
        f"{part}/{name}: {action}"
        for part, template in templates.items()
        for name, resource in template.get("Resources", {}).items()
        if resource["Type"] not in ITSELF
        for document in documents(resource)
        for statement in document["Statement"]
        if statement["Effect"] == "Allow" and "*" in _listed(statement["Resource"])
        for action in _listed(statement["Action"])
        if any(row["access_level"] not in {"List", "Read"} for row in _rows(action))
    }

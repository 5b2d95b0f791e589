"""Reads roles and their policies out of synthesised templates."""

from datalfred.local.aws.message import ACCOUNT

PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
}
POLICIES = {"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"}


def resolved(value):
    """A value as CloudFormation fills it in; what another resource knows stands as its name."""
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return separator.join(resolved(part) for part in parts)
    if set(value) == {"Ref"}:
        return PSEUDO.get(value["Ref"], f"<{value['Ref']}>")
    if len(value) == 1 and next(iter(value)).startswith("Fn::"):
        return f"<{next(iter(value.values()))}>"
    return {key: resolved(each) for key, each in value.items()}


def listed(value):
    """One or several, as several."""
    return value if isinstance(value, list) else [value]


def as_written(document):
    """A document in one form: the CDK sorts actions and resources, and writes one as no list."""
    statements = [
        {
            key: sorted(listed(value)) if key in {"Action", "Resource"} else _conditions(value)
            for key, value in statement.items()
        }
        for statement in document["Statement"]
    ]
    return {**document, "Statement": statements}


def _conditions(value):
    if not isinstance(value, dict):
        return value
    return {
        operator: {key: listed(each) for key, each in keys.items()}
        for operator, keys in value.items()
    }


def inline_policies(templates):
    """The inline policies of every role that has a name, by role and policy name."""
    return {
        each["Properties"]["RoleName"]: {
            policy["PolicyName"]: resolved(policy["PolicyDocument"])
            for policy in each["Properties"].get("Policies", [])
        }
        for template in templates.values()
        for each in template["Resources"].values()
        if each["Type"] == "AWS::IAM::Role" and "RoleName" in each["Properties"]
    }


def statements(templates):
    """Every statement of every policy of whatever role or person: where it stands, and itself."""
    for part, template in templates.items():
        for name, each in template["Resources"].items():
            properties = each.get("Properties", {})
            documents = [
                policy["PolicyDocument"]
                for policy in properties.get("Policies", [])
                if each["Type"] == "AWS::IAM::Role"
            ]
            if each["Type"] in POLICIES:
                documents.append(properties["PolicyDocument"])
            for document in documents:
                for statement in resolved(document)["Statement"]:
                    yield f"{part}/{name}", statement

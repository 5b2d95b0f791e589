"""How resources are named: ``datalfred_{project}_{stage}_...``, unless AWS demands otherwise."""

NAMED_BY = {
    "AWS::Athena::WorkGroup": "Name",
    "AWS::Bedrock::Agent": "AgentName",
    "AWS::Bedrock::Guardrail": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SSM::Parameter": "Name",
}
"""The property that names a resource of each type."""

BY_CLOUDFORMATION = {
    "AWS::IAM::Role": "the longest names of agents would exceed 64 characters",
}
"""Types whose resources may have no name of ours, and why."""

OTHERWISE = {
    "AWS::Bedrock::AgentAlias": "an alias is named within its agent",
    "AWS::Bedrock::ApplicationInferenceProfile": "named for bills: {project}_{domain}_{stage}_...",
    "AWS::Bedrock::GuardrailVersion": "numbered by Bedrock",
    "AWS::KMS::Key": "known by its alias",
    "AWS::Lambda::LayerVersion": "named within its stack, and nobody asks for it by name",
    "AWS::Lambda::Permission": "part of a function",
    "AWS::Lambda::Url": "part of a function",
    "AWS::S3::BucketPolicy": "part of a bucket",
    "AWS::SNS::Subscription": "part of a topic",
    "AWS::SNS::TopicPolicy": "part of a topic",
}
"""Types whose resources have no name of that kind, and why."""

PREFIXES = {
    "AWS::KMS::Alias": "alias/",
    "AWS::Logs::LogGroup": "/aws/lambda/",
    "AWS::SSM::Parameter": "/",
}
SEPARATORS = {"AWS::S3::Bucket": "-", "AWS::SSM::Parameter": "/"}
"""What stands in a name where others have an underscore."""


def misnamed(templates, stage):
    """The resources that are not called what the convention demands, a line for each."""
    return [
        f"{part}/{name} is called {called}"
        for part, template in templates.items()
        for name, resource in template.get("Resources", {}).items()
        if (called := _called(resource)) is not None and not _follows(called, resource, stage)
    ]


def _called(resource):
    """The name of a resource; None where it needs none."""
    kind = resource["Type"]
    if kind in OTHERWISE:
        return None
    name = resource["Properties"].get(NAMED_BY.get(kind, ""))
    return None if name is None and kind in BY_CLOUDFORMATION else str(name)


def _follows(called, resource, stage):
    kind = resource["Type"]
    words = ("datalfred", stage.project, stage.stage, "")
    return called.startswith(PREFIXES.get(kind, "") + SEPARATORS.get(kind, "_").join(words))

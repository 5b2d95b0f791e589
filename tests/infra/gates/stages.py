"""What gates are held against: the stages of the product, and two that use what those do not."""

from infra.configuration import STAGES as FOLDER
from infra.configuration import Configuration, Features

STAGES = sorted(each.stem for each in FOLDER.glob("*.yaml"))

NETWORK = {
    "vpc_id": "vpc-0a1b2c3d",
    "subnet_ids": ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
    "security_group_ids": ["sg-0a1b2c3d"],
}
LAKE = {
    "buckets": ["raw-lake", "fine-lake"],
    "semantics_uri": "s3://shared-documents/semantics/sales",
    "job_log_uris": ["s3://job-logs/emr"],
    "keys": ["arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"],
    "lake_formation": True,
}

PLAIN = Configuration.model_validate(
    {
        "project": "demo",
        "stage": "plain",
        "sizes": ["small"],
        "features": dict.fromkeys(Features.model_fields, False),
    }
)
"""Nothing that a stage may do without."""

EVERYTHING = Configuration.model_validate(
    {
        "project": "longestprojectof",  # 16 characters, as many as there may be
        "stage": "thelongestofall0",
        "account": "111122223333",
        "region": "eu-west-1",
        "bedrock_region": "us-west-2",
        "git_repository": "https://example.com/data/datalfred",
        "failure_notification_receivers": ["on-call@example.com"],
        "network": NETWORK,
        "lake": LAKE,
        "features": dict.fromkeys(Features.model_fields, True),
        "models": {"large": "global.anthropic.claude-sonnet-4-6"},
        "retain_data": True,
        "log_retention_days": 731,
    }
)
"""Everything that a stage may ask for at once, with the longest names, in two regions."""


def demo(**fields):
    """A small stage in which something differs."""
    return Configuration.model_validate(
        {"project": "demo", "stage": "dev", "sizes": ["small"], **fields}
    )


MATRIX = {
    **{f"without {each}": demo(features={each: False}) for each in Features.model_fields},
    "without anything": PLAIN,
    "with everything": EVERYTHING,
    "medium alone": demo(sizes=["medium"]),
    "large and medium": demo(sizes=["large", "medium"]),
    "in a network": demo(network=NETWORK),
    "over a wide lake": demo(lake=LAKE),
    "agents elsewhere": demo(bedrock_region="us-east-1"),
    "agents elsewhere without a key": demo(
        bedrock_region="us-east-1", features={"customer_managed_key": False}
    ),
    "in another region": demo(region="ap-southeast-2"),
    "in a region of no geography": demo(region="sa-east-1"),
    "in an account": demo(account="111122223333"),
    "narrowed": demo(
        pipelines={
            "names": ["etl-*"],
            "functions": ["etl-*"],
            "workgroups": ["etl"],
            "log_groups": ["/aws/etl/*"],
        }
    ),
}
"""What a stage may be, one difference at a time."""

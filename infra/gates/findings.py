"""What the AWS Solutions rules of cdk-nag find in an app."""

import re
from dataclasses import dataclass

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

LOOKED_AT = {"@aws-cdk/core:annotationsInValidationReport": False}
"""The context of an app that is looked at: with this flag on, a finding ends the synthesis."""

_FINDING = re.compile(r"AwsSolutions-(?P<rule>\w+)(\[(?P<what>.*?)\])?: ")


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        rule: such as ``IAM5``, without the name of the pack.
        what: what was found in particular, such as ``Resource::*``; empty for many rules.
        where: the construct's path below its stack.
    """

    rule: str
    what: str
    where: str


def findings(app: cdk.App) -> list[Finding]:
    """Synthesises an app that was made with the context :data:`LOOKED_AT`; says what is found."""
    cdk.Aspects.of(app).add(AwsSolutionsChecks())
    found = []
    for stack in app.synth().stacks:
        for message in stack.messages:
            said = _FINDING.match(str(message.entry.data))
            if said:
                where = message.id.split("/", 2)[2]
                found.append(Finding(said["rule"], said["what"] or "", where))
    return found

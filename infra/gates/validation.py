"""Rules that CDK holds against every template before it is written: AWS's own, and ours.

AWS's know the schema of each resource; ``rules/*.guard`` say what this product promises. A template
that breaks one is not synthesised, whoever asks: ``make synth``, ``make deploy`` or ``cdk``.
"""

from pathlib import Path

import aws_cdk as cdk

from datalfred.errors import ConfigurationError
from infra.configuration import Configuration

RULES = Path(__file__).parent / "rules"
ALWAYS = ("access", "agents", "data", "functions")
RETAINED = "retained"
OWN_KEY = "own_key"

_REPORTED = "ValidationFailed"


def rules_of(configuration: Configuration) -> tuple[str, ...]:
    """The files of rules that hold for a stage, by name.

    A key serves its own region alone, so the rules of the stage's key hold where everything is in
    the region of the data.
    """
    here = configuration.bedrock_region in {"", configuration.region}
    conditional = {
        RETAINED: configuration.retain_data,
        OWN_KEY: configuration.features.customer_managed_key and here,
    }
    return (*ALWAYS, *(name for name, holds in conditional.items() if holds))


def hold_against(app: cdk.App, *names: str) -> None:
    """Makes the app hold files of rules against what it synthesises."""
    rules = [
        cdk.ValidationRuleSource(name=name, content=(RULES / f"{name}.guard").read_text("utf-8"))
        for name in names
    ]
    cdk.Validations.of(app).add_plugins(cdk.CloudFormationValidatePlugin(guard_rules=rules))


def synthesise(app: cdk.App, configuration: Configuration) -> None:
    """Writes the templates of a stage, if they keep every rule.

    Raises:
        ConfigurationError: they do not; CDK has printed where.
    """
    hold_against(app, *rules_of(configuration))
    try:
        app.synth()
    except RuntimeError as error:
        if _REPORTED not in str(error):
            raise
        hint = "Each line above names a resource, a rule of infra/gates/rules and what it demands."
        problem = "breaks rules that every stage keeps, so nothing is deployed."
        raise ConfigurationError(f"the stage {configuration.stage}", problem, hint=hint) from None

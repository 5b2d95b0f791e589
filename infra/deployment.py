"""What ``make`` runs for a stage: bootstrap, deploy, destroy, smoke.

Each is a list of commands, begun one after the other until one fails: ``cdk``, pinned in
``package.json``, and ``datalfred``. They run in the stage's regions, and as the stage's deploy role
where it names one.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datalfred.definitions.naming import SIZES, stack_name
from datalfred.definitions.outputs import model_variables
from datalfred.errors import ConfigurationError, DatalfredError
from infra.configuration import Configuration, load

ROOT = Path(__file__).parent.parent
CDK = Path("infra", "node_modules", ".bin", "cdk")
ABOVE_DATA = ("observability", "channels", "agents")
"""The stacks that hold nothing which is not in the checkout, in the order in which they go."""

LAPTOP = "local"
"""The stage of a laptop, which has no configuration and which only a smoke test is for."""

Command = tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """What a person asks of a stage.

    Attributes:
        confirm: ``PROJECT/STAGE``, said beforehand; empty to be asked.
        unattended: nobody is there to be asked, as in a pipeline.
        doctor: whether ``datalfred doctor`` must find nothing before a deployment.
        pipeline: of a smoke test: one that has failed, to be asked for a redrive.
        adopt: take what is there already under a name of the stage, such as the log groups that
            outlive one which retains its data.
        assumed: the stage's deploy role was assumed already.
    """

    confirm: str = ""
    unattended: bool = False
    doctor: bool = True
    pipeline: str = ""
    adopt: bool = False
    assumed: bool = False


def bootstrap(stage: Configuration, _request: Request) -> Iterator[Command]:
    """Makes, once in an account and region, the bucket and roles that ``cdk`` deploys with."""
    decided = stage.bootstrap
    policies, bound = ",".join(decided.execution_policies), decided.permissions_boundary
    limits = ("--cloudformation-execution-policies", policies) if policies else ()
    bounds = ("--custom-permissions-boundary", bound) if bound else ()
    yield _cdk(stage, "bootstrap", *limits, *bounds)


def deploy(stage: Configuration, request: Request) -> Iterator[Command]:
    """Looks what in the account is in the way, deploys all stacks, prints what clients need.

    Every stack is compared anew (``--force``): one that reads another's outputs has the same
    template when only they have changed, and ``cdk`` would pass it over.
    """
    if request.doctor:
        yield from _looked_at(stage)
    overrides = f"build/{stage.project}-{stage.stage}.overrides.json"
    yield _datalfred(stage, "stage", "override", "--keep", overrides)
    approval = ("--require-approval", "never") if request.unattended else ()
    adoption = ("--import-existing-resources",) if request.adopt else ()
    yield _cdk(stage, "deploy", "--all", "--force", *approval, *adoption)
    yield _datalfred(stage, "stage", "override", "--kept", overrides)
    yield _datalfred(stage, "stage", "outputs")


def destroy(stage: Configuration, request: Request) -> Iterator[Command]:
    """Takes a stage down. Data goes too, unless the stage retains it: then its stack stays."""
    _check_confirmed(stage, request)
    yield _destroyed(stage, *ABOVE_DATA)
    if not stage.retain_data:
        yield _datalfred(stage, "stage", "empty", "--confirm", _full_name(stage))
        yield _destroyed(stage, "data")


def smoke(stage: Configuration, request: Request) -> Iterator[Command]:
    """Asks every team of the stage real questions."""
    pipeline = ("--pipeline", request.pipeline) if request.pipeline else ()
    for size in stage.sizes:
        yield _datalfred(stage, "stage", "smoke", "-m", size, *pipeline)


VERBS: dict[str, Callable[[Configuration, Request], Iterator[Command]]] = {
    each.__name__: each for each in (bootstrap, deploy, destroy, smoke)
}


def commands(verb: str, stage: Configuration, request: Request) -> Iterator[Command]:
    """What is to be run, one after the other.

    Raises:
        ConfigurationError: a destruction is not confirmed.
    """
    if stage.role_to_assume_arn and not request.assumed:
        if verb == "destroy":
            _check_confirmed(stage, request)
        again = (sys.executable, "-m", "infra.deployment", verb, stage.stage, *_words(request))
        role = stage.role_to_assume_arn
        yield (*_regions(stage), *_DATALFRED, "stage", "assume", role, *again, "--assumed")
    else:
        yield from VERBS[verb](stage, request)


_QUIET = ("env", "JSII_DEPRECATED=quiet", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20")
"""What concerns developers of the app is shown to them, by `make check`."""
_DATALFRED = (sys.executable, "-m", "datalfred")


def _looked_at(stage: Configuration) -> Iterator[Command]:
    """Looks at the models of every size of the stage, which it may choose for itself."""
    chosen = [f"{model_variables(size)[0]}={model}" for size, model in stage.models.items()]
    every = set(stage.sizes) == set(SIZES)
    for size in ((),) if every else (("-m", each) for each in stage.sizes):
        looked = _datalfred(stage, "doctor", "--account", "--target", "aws", *size)
        yield (looked[0], *chosen, *looked[1:])


def _datalfred(stage: Configuration, *arguments: str) -> Command:
    named = ("-p", stage.project, "-s", stage.stage)
    return (*_regions(stage), *_DATALFRED, *arguments, *named)


def _cdk(stage: Configuration, *arguments: str) -> Command:
    # Not from the folder of cdk.json: there `packaging` would be ours instead of the library.
    app = f"{sys.executable} -m infra.app {stage.stage}"
    return (*_QUIET, str(CDK), *arguments, "--app", app, "--output", f"build/cdk.out/{stage.stage}")


def _destroyed(stage: Configuration, *parts: str) -> Command:
    stacks = [stack_name(stage.project, stage.stage, part) for part in parts]
    return _cdk(stage, "destroy", *stacks, "--exclusively", "--force")


def _regions(stage: Configuration) -> Command:
    bedrock = stage.bedrock_region or stage.region
    named = {"AWS_REGION": stage.region, "DATALFRED_REGION": stage.region}
    named["DATALFRED_BEDROCK_REGION"] = bedrock
    return ("env", *(f"{name}={region}" for name, region in named.items()))


def _full_name(stage: Configuration) -> str:
    return f"{stage.project}/{stage.stage}"


def _check_confirmed(stage: Configuration, request: Request) -> None:
    if request.confirm != _full_name(stage):
        raise ConfigurationError(
            "CONFIRM",
            f"does not say {_full_name(stage)}, so nothing is destroyed.",
            hint=f"If it is meant: make destroy STAGE={stage.stage} CONFIRM={_full_name(stage)}",
        )


def _words(request: Request) -> Iterator[str]:
    """The options that say the same again."""
    if request.confirm:
        yield from ("--confirm", request.confirm)
    if request.unattended:
        yield "--unattended"
    if not request.doctor:
        yield "--no-doctor"
    if request.pipeline:
        yield from ("--pipeline", request.pipeline)
    if request.adopt:
        yield "--adopt"


def _read(arguments: Sequence[str]) -> tuple[str, str, Request]:
    parser = argparse.ArgumentParser(prog="python -m infra.deployment")
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("stage", nargs="?", default="")
    parser.add_argument("--confirm", default="")
    parser.add_argument("--unattended", action="store_true")
    parser.add_argument("--no-doctor", dest="doctor", action="store_false")
    parser.add_argument("--pipeline", default="")
    parser.add_argument("--adopt", action="store_true")
    parser.add_argument("--assumed", action="store_true")
    values = vars(parser.parse_args(arguments))
    return values.pop("verb"), values.pop("stage"), Request(**values)


def _asked(verb: str, stage: Configuration, request: Request) -> Request:
    """The request, with the name that a person at a terminal types before a stage is destroyed.

    A stage that retains its data is never asked about: its name must stand in the command.
    """
    if verb != "destroy" or request.confirm or stage.retain_data or not sys.stdin.isatty():
        return request
    name = _full_name(stage)
    typed = input(f"All of {name} goes, with its tables and buckets. Type {name} to go on: ")
    return Request(**{**vars(request), "confirm": typed.strip()})


def _commands(verb: str, name: str, request: Request) -> Iterator[Command]:
    if (verb, name) == ("smoke", LAPTOP):
        yield (*_DATALFRED, "stage", "smoke")
    else:
        stage = load(name)
        yield from commands(verb, stage, _asked(verb, stage, request))


def main(arguments: Sequence[str]) -> int:
    """Runs what a verb asks for, until a command fails; its exit code is then ours."""
    verb, name, request = _read(arguments)
    try:
        for command in _commands(verb, name, request):
            finished = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 -- built above
            if finished.returncode:
                if "doctor" in command:
                    sys.stderr.write(
                        f"To deploy all the same: make deploy STAGE={name} DOCTOR=no\n"
                    )
                return finished.returncode
    except DatalfredError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

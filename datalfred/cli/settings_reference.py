"""The page of every variable: what it sets, where its value comes from, who may change it.

A test holds it against the variables that the code names.
"""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping

from datalfred import parameters, settings
from datalfred.definitions.functions import DECIDED_BY_STAGE
from datalfred.definitions.naming import SIZES, agent_variables
from datalfred.definitions.outputs import GUARDRAIL_ID, GUARDRAIL_VERSION, model_variables

_HEAD = """\
**Source** says where the value comes from:

- *template*: on AWS every function is deployed with it, from `infra/stages/<stage>.yaml` and the \
names of the stage's resources. On a laptop it is a variable of your shell, or the default.
- *template, parameter*: the same, and an operator may change it without a deployment, as far as \
*may be changed* says.
- *laptop*: your shell alone; nothing that is deployed reads it.
"""

_OPERATORS = """\
## Without a deployment

One parameter of SSM a stage holds what its operator has changed, as a JSON object of the \
variables above:

```shell
aws ssm put-parameter --name /datalfred/demo/prod/settings --overwrite \\
  --value '{{"DATALFRED_QUERY_BUDGET_USD": 1, "DATALFRED_CALLS_PER_TURN": 12}}'
```

Every function reads it at the start of an invocation, at most once in {fresh} seconds. `{{}}` \
ends all changes. A name or value that is refused is logged by its name, and the others count. \
Where the parameter cannot be read, is no JSON object or is gone, what was read last counts, else \
what was deployed; the log says so once, and the next attempt is made after {failure} seconds. A \
deployment leaves what is in the parameter, unless the parameter itself changes, such as by a new \
tag: then it says `{{}}` again.

Nothing can be opened by it: a limit of money, calls or time to decide can only be lowered, and \
who may approve, what may be read and where things are is the template's alone. So \
`ssm:PutParameter` on it is no right that a security review must follow further \
([decision 15](../decisions/0015-an-override-only-lowers.md)). Never put a secret in it. Functions \
inside a VPC need a way to SSM (an interface endpoint or NAT); without one, each attempt takes up \
to five seconds.
"""

_CLIENTS = """\
## For clients

The outputs of a deployed stage, each under its variable in CamelCase; `datalfred local \
--env-file` writes the same for a laptop. A variable that is set wins over the output.
"""

_LAPTOP = """\
## On a laptop, and for the SDK
"""

_OF_LAPTOP = {
    "DATALFRED_STATE": "where a laptop keeps its stacks; by default `datalfred` below "
    "`XDG_STATE_HOME`, else below `~/.local/state`",
    "DATALFRED_LAKE_BUCKETS": "buckets of your own tables that the functions of a laptop may read, "
    "separated by commas; on AWS `lake.buckets` of the stage",
    "AWS_REGION": "the region of the calls; else `AWS_DEFAULT_REGION`, else "
    f"`{settings.DEFAULT_REGION}`. Lambda sets it for functions",
    "AWS_ENDPOINT_URL": "where the embedded AWS listens; unset for AWS",
    "AWS_ACCESS_KEY_ID": "with `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`: who calls; else "
    "the SDK looks for a profile. Lambda sets them from the function's role",
}


def settings_table() -> str:
    """The page below its title."""
    operators = _OPERATORS.format(
        fresh=round(parameters.FRESH_SECONDS), failure=round(parameters.AFTER_FAILURE_SECONDS)
    )
    plain = ", ".join(f"`{name.upper()}`" for name in sorted(settings.PLAIN_NAMES))
    return "\n".join(
        [
            _HEAD,
            *_table(("variable", "default", "what it sets", "source", "may be changed"), _rows()),
            f"\nWithout the prefix these are read too: {plain}.\n",
            operators,
            _CLIENTS,
            *_table(("variable", "what it names"), _shown(dict(_of_clients()))),
            f"\n{_LAPTOP}",
            *_table(("variable", "what it sets"), _shown(_OF_LAPTOP)),
        ]
    )


def _rows() -> Iterator[tuple[str, ...]]:
    described = dict(
        re.findall(r"^ {4}(\w+): (.+?)(?=^ {4}\w+: |\Z)", _attributes(), re.DOTALL | re.MULTILINE)
    )
    defaults = settings.Settings()
    for name in settings.Settings.__dataclass_fields__:
        default = getattr(defaults, name)
        shown = f"`{default}`" if default not in {"", ()} else ""
        yield f"`DATALFRED_{name.upper()}`", shown, described[name], _source(name), _changed(name)


def _attributes() -> str:
    return inspect.getdoc(settings.Settings).partition("Attributes:\n")[2]  # type: ignore[union-attr]  # it has one


def _source(name: str) -> str:
    if name in parameters.OVERRIDABLE:
        return "template, parameter"
    return "template" if name in DECIDED_BY_STAGE else "laptop"


def _changed(name: str) -> str:
    if name not in parameters.OVERRIDABLE:
        return "no" if name in DECIDED_BY_STAGE else ""
    most = parameters.OVERRIDABLE[name]
    return "lowered" if most is None else f"up to {most:g}"


def _of_clients() -> Iterator[tuple[str, str]]:
    for size in SIZES:
        (agent, alias), (model, profile) = agent_variables(size), model_variables(size)
        yield agent, f"the supervisor of the {size} team"
        yield alias, f"the alias of the supervisor of the {size} team"
        yield model, f"the model of the {size} team"
        yield profile, f"the inference profile of the {size} team"
    yield GUARDRAIL_ID, "the guardrail"
    yield GUARDRAIL_VERSION, "its version"
    yield "DATALFRED_KNOWLEDGE_BASE_ID", "the knowledge base of runbooks; on a laptop alone so far"
    yield "DATALFRED_APPROVER_URL", "the signed URL behind which people approve"


def _shown(described: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for variable, said in described.items():
        yield f"`{variable}`", f"{said}."


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"


def cell(text: str) -> str:
    """A text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")

"""What a laptop needs before its own stack can answer."""

import importlib.util
import platform

from datalfred import settings
from datalfred.definitions.naming import SIZES
from datalfred.errors import LocalStackError

_LOCAL_MODULES = ("duckdb", "flask", "h11", "h2", "jsonata", "moto")


def installation() -> str:
    """Python and the modules of the embedded AWS.

    Raises:
        LocalStackError: one is missing.
    """
    missing = [name for name in _LOCAL_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise LocalStackError(
            f"The embedded AWS lacks {', '.join(missing)}.",
            hint="Install it: pip install 'datalfred[local]'. A deployed stack needs none of it.",
        )
    return f"Python {platform.python_version()}, with the embedded AWS"


def chosen() -> str:
    """The settings of the environment.

    Raises:
        ConfigurationError: one holds what it may not hold.
    """
    loaded = settings.load()
    return f"model {loaded.model}, region {loaded.region}, databases {loaded.databases or 'all'}"


def state() -> str:
    """The directory of the laptop's stacks.

    Raises:
        LocalStackError: it cannot be written.
    """
    folder = settings.state_directory()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_text("", "utf-8")
        probe.unlink()
    except OSError as error:
        hint = "Set DATALFRED_STATE to a folder that you may write."
        raise LocalStackError(f"{folder} cannot be written: {error}.", hint=hint) from error
    return str(folder)


def model() -> str:
    """Each size that is configured says a word; a model that is not enabled names itself here.

    Raises:
        DatalfredError: a model does not answer.
    """
    from datalfred.models.choice import from_settings

    loaded = settings.load()
    sizes = SIZES if loaded.model == "bedrock" and not loaded.model_name else SIZES[:1]
    names = []
    for size in sizes:
        answering = from_settings(loaded, size)
        hello = [{"role": "user", "content": [{"text": "hello"}]}]
        for _ in answering.converse_stream(messages=hello):
            pass
        names.append(answering.model_id)
    return f"{', '.join(names)} answers"

"""Settings of a deployed stage that its operator changes without a deployment.

They are one JSON object in one parameter of SSM, such as ``{"DATALFRED_CALLS_PER_TURN": 12}``,
which every function reads at the start of an invocation, at most once a minute. What the stage was
deployed with counts wherever the parameter says nothing, says what it may not, or cannot be read.

**An override never opens anything.** What limits money or authority can only be lowered
(:data:`OVERRIDABLE`); who may approve, what may be read and where things are is decided by the
template alone. So whoever may write the parameter can make a stage stricter or slower, and that is
all, and a review of the template remains true.
"""

import contextlib
import json
import logging
import threading
import time
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from datalfred import clients, settings
from datalfred.errors import ConfigurationError

FRESH_SECONDS = 60.0
"""How long what was read counts without another look."""

AFTER_FAILURE_SECONDS = 300.0
"""How long nothing is read after a failure: where SSM is out of reach, each attempt takes time."""

OVERRIDABLE: Mapping[str, float | None] = MappingProxyType(
    {
        "query_ask_usd": None,
        "query_budget_usd": None,
        "query_reuse_minutes": 10_080,  # the most that Athena takes
        "query_timeout_seconds": 840,  # an operation ends before its function does all the same
        "logs_budget_usd": None,
        "approval_minutes": None,
        "calls_per_turn": None,
    }
)
"""The settings that may be overridden, with the most that each may be; None: what is deployed."""

_VARIABLE = "DATALFRED_SETTINGS_PARAMETER"
_PREFIX = "DATALFRED_"
_NOTHING = "{}"
_SECONDS = 2.0
_SHOWN = 64

_log = logging.getLogger(__name__)
# Lambda stops a function's time between invocations; that of the wall goes on.
_now: Callable[[], float] = time.time
_lock = threading.Lock()
_kept: dict[tuple[str | None, ...], "Kept[Mapping[str, str]]"] = {}

_Value = TypeVar("_Value")


class Kept(Generic[_Value]):
    """A value that is read elsewhere and kept for a while, such as a parameter or a secret.

    One thread reads at a time; others go on with what there is, and wait for the first reading
    alone. While it cannot be read, the last value counts, and the log says so once.
    """

    def __init__(
        self,
        what: str,
        read: Callable[[], _Value],
        fallback: _Value,
        *,
        fresh_seconds: float = FRESH_SECONDS,
    ) -> None:
        """Keeps nothing yet, and reads nothing.

        Args:
            what: its name, for the log.
            read: gives the current value, or raises.
            fallback: what counts until it could be read.
            fresh_seconds: how long a value counts.
        """
        self._what = what
        self._read = read
        self._value = fallback
        self._fresh_seconds = fresh_seconds
        self._due: float | None = None
        self._failing = False
        self._reading = threading.Lock()

    def get(self) -> _Value:
        """The value, read anew when it is no longer fresh."""
        if self._is_due() and self._reading.acquire(blocking=self._due is None):
            try:
                if self._is_due():  # or another thread has read it meanwhile
                    self._refresh()
            finally:
                self._reading.release()
        return self._value

    def _is_due(self) -> bool:
        return self._due is None or _now() >= self._due

    def _refresh(self) -> None:
        try:
            self._value = self._read()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the last value counts
            if not self._failing:
                code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
                _log.warning(
                    "kept=<%s>, error=<%s>, aws_code=<%s> | cannot be read; the last value counts",
                    self._what,
                    type(error).__name__,
                    code,
                )
            self._failing = True
            self._due = _now() + AFTER_FAILURE_SECONDS
        else:
            self._failing = False
            self._due = _now() + self._fresh_seconds


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """Lets what the operator has set count in the current context, over what was deployed.

    Without the variable that names the parameter nothing is read and nothing changes.
    """
    deployed = settings.environment()
    name = deployed.get(_VARIABLE)
    overrides = _kept_of(name, deployed).get() if name else {}
    if not overrides:
        yield
        return
    with settings.using(ChainMap(dict(overrides), deployed)):  # type: ignore[arg-type]  # never written
        yield


def _kept_of(name: str, deployed: Mapping[str, str]) -> Kept[Mapping[str, str]]:
    """What is kept of a parameter: on a laptop for each function, which has a role of its own."""
    key = (name, *(deployed.get(each) for each in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID")))
    with _lock:
        if key not in _kept:
            _kept[key] = Kept(name, _Parameter(name).read, {})
        return _kept[key]


class _Parameter:
    """Remembers its text, so that each is judged, and complained of, once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._text = _NOTHING
        self._overrides: Mapping[str, str] = {}

    def read(self) -> Mapping[str, str]:
        with clients.within(_SECONDS):
            ssm = clients.client("ssm", read_timeout=_SECONDS, retries=1)
            text: str = ssm.get_parameter(Name=self._name)["Parameter"]["Value"]
        if text != self._text:
            self._overrides = _judged(self._name, text)
            self._text = text
        return self._overrides


def _judged(name: str, text: str) -> Mapping[str, str]:
    """The overrides of a parameter's text, without those that are refused."""
    given = json.loads(text)
    if not isinstance(given, dict):
        raise ConfigurationError(name, "is no JSON object.")
    deployed = settings.load()
    taken = {each: str(value) for each, value in given.items() if _allows(deployed, each, value)}
    for refused in sorted(given.keys() - taken.keys()):
        _log.warning(
            "parameter=<%s>, variable=<%s> | refused; what is deployed counts",
            name,
            "".join(each for each in refused[:_SHOWN] if each.isalnum() or each == "_"),
        )
    return taken


def _allows(deployed: settings.Settings, variable: str, value: Any) -> bool:
    setting = variable.removeprefix(_PREFIX).lower()
    is_named = variable == f"{_PREFIX}{setting.upper()}" and setting in OVERRIDABLE
    if not is_named or isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        with settings.using({variable: str(value)}):
            chosen = getattr(settings.load(), setting)
    except ConfigurationError:
        return False
    most = OVERRIDABLE[setting]
    return bool(chosen <= (getattr(deployed, setting) if most is None else most))

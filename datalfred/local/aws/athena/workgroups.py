"""Workgroups: where results go, and how much a query may scan."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from datalfred.local.aws.athena.failures import RequestError

PRIMARY = "primary"
SMALLEST_CUTOFF = 10_000_000  # bytes; Athena takes no lower limit
_ENGINE = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}


@dataclass(frozen=True)
class Workgroup:
    """One workgroup, as the API describes it."""

    name: str
    configuration: Mapping[str, Any]
    description: str = ""
    state: str = "ENABLED"
    created: float = field(default_factory=time.time)

    @property
    def output_location(self) -> str:
        """Where its results go; empty when it does not say."""
        return str((self.configuration.get("ResultConfiguration") or {}).get("OutputLocation", ""))

    @property
    def encryption(self) -> Mapping[str, Any]:
        """``EncryptionConfiguration`` of its results; empty for none."""
        results = self.configuration.get("ResultConfiguration") or {}
        return results.get("EncryptionConfiguration") or {}

    @property
    def manages_results(self) -> bool:
        """Whether Athena keeps results itself, in no bucket of the account."""
        managed = self.configuration.get("ManagedQueryResultsConfiguration") or {}
        return bool(managed.get("Enabled"))

    @property
    def enforced(self) -> bool:
        """Whether its settings win over those of a request."""
        return bool(self.configuration.get("EnforceWorkGroupConfiguration", True))

    @property
    def cutoff(self) -> int:
        """Bytes that a query may scan; 0 for no limit."""
        return int(self.configuration.get("BytesScannedCutoffPerQuery") or 0)

    def described(self) -> dict[str, Any]:
        """``WorkGroup`` of the API."""
        return {
            "Name": self.name,
            "State": self.state,
            "Configuration": dict(self.configuration),
            "Description": self.description,
            "CreationTime": self.created,
        }

    def summary(self) -> dict[str, Any]:
        """``WorkGroupSummary`` of the API."""
        described = self.described()
        del described["Configuration"]
        return {**described, "EngineVersion": _ENGINE}


class Workgroups:
    """All workgroups; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = {PRIMARY: Workgroup(PRIMARY, _configuration({}, enforced=False))}

    def find(self, name: str) -> Workgroup:
        """The workgroup.

        Raises:
            RequestError: there is none of that name.
        """
        found = self._known.get(name)
        if found is None:
            raise RequestError(f"WorkGroup {name} is not found.", "WORKGROUP_NOT_FOUND")
        return found

    def listed(self) -> list[Workgroup]:
        """All of them, by name."""
        return sorted(self._known.values(), key=lambda each: each.name)

    def create(self, parameters: Mapping[str, Any]) -> None:
        """``CreateWorkGroup``.

        Raises:
            RequestError: it exists, or its limit is too low.
        """
        name = parameters["Name"]
        made = Workgroup(
            name,
            _configuration(parameters.get("Configuration") or {}),
            parameters.get("Description", ""),
        )
        with self._lock:
            if name in self._known:
                raise RequestError(f"WorkGroup {name} is already created", "WORKGROUP_EXISTS")
            self._known[name] = made

    def update(self, parameters: Mapping[str, Any]) -> None:
        """``UpdateWorkGroup``.

        Raises:
            RequestError: there is none of that name, or its limit is too low.
        """
        with self._lock:
            old = self.find(parameters["WorkGroup"])
            updates = parameters.get("ConfigurationUpdates") or {}
            self._known[old.name] = replace(
                old,
                configuration=_updated(old.configuration, updates),
                description=parameters.get("Description", old.description),
                state=parameters.get("State", old.state),
            )

    def delete(self, name: str) -> None:
        """``DeleteWorkGroup``.

        Raises:
            RequestError: there is none of that name, or it is the primary one.
        """
        if name == PRIMARY:
            raise RequestError("The primary workgroup cannot be deleted.")
        with self._lock:
            self.find(name)
            del self._known[name]


def _configuration(given: Mapping[str, Any], *, enforced: bool = True) -> dict[str, Any]:
    configuration = {
        "EnforceWorkGroupConfiguration": enforced,
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False,
        "ResultConfiguration": {},
        **given,
        "EngineVersion": _ENGINE,
    }
    _check_cutoff(configuration)
    return configuration


def _check_cutoff(configuration: Mapping[str, Any]) -> None:
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and cutoff < SMALLEST_CUTOFF:
        raise RequestError(
            f"BytesScannedCutoffPerQuery must be at least {SMALLEST_CUTOFF}: {cutoff}"
        )


def _updated(old: Mapping[str, Any], updates: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(old)
    results = dict(changed.get("ResultConfiguration") or {})
    for key, value in updates.items():
        if key == "ResultConfigurationUpdates":
            _update_results(results, value)
        elif key == "ManagedQueryResultsConfigurationUpdates":
            managed = dict(changed.get("ManagedQueryResultsConfiguration") or {})
            _update_results(managed, value)
            changed["ManagedQueryResultsConfiguration"] = managed
        elif key == "RemoveBytesScannedCutoffPerQuery":
            if value:
                changed.pop("BytesScannedCutoffPerQuery", None)
        elif key != "EngineVersion":
            changed[key] = value
    changed["ResultConfiguration"] = results
    _check_cutoff(changed)
    return changed


def _update_results(results: dict[str, Any], updates: Mapping[str, Any]) -> None:
    for key, value in updates.items():
        if key.startswith("Remove"):
            if value:
                results.pop(key.removeprefix("Remove"), None)
        else:
            results[key] = value

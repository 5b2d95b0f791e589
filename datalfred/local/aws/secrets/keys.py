"""KMS: the states of a key and what they refuse, and ciphertexts that fit no key.

See https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html and the errors of
https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html.
"""

import base64
import binascii
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.compute.wire import answer
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request, Response

if TYPE_CHECKING:
    from moto.kms.models import Key, KmsBackend

_JSON = "application/x-amz-json-1.1"
_SHORTEST_WINDOW, _LONGEST_WINDOW = 7, 30
_KEY_ID = 36
"""A ciphertext of moto begins with the id of its key."""

_USES = {
    "Encrypt": ("KeyId",),
    "GenerateDataKey": ("KeyId",),
    "GenerateDataKeyWithoutPlaintext": ("KeyId",),
    "Decrypt": ("KeyId",),
    "ReEncrypt": ("SourceKeyId", "DestinationKeyId"),
}
"""The parameters that name the keys which an operation works with."""

_CHANGES = ("DisableKey", "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion")
"""The operations that change a key's state; moto knows keys by id alone there, not by ARN."""

_CONTEXT = {"Decrypt": "EncryptionContext", "ReEncrypt": "SourceEncryptionContext"}
_ALGORITHMS = {
    "Encrypt": ("EncryptionAlgorithm",),
    "Decrypt": ("EncryptionAlgorithm",),
    "ReEncrypt": ("SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm"),
}
"""What an answer says of the algorithm, and moto's does not."""

_UNREADABLE = "The ciphertext is damaged, or its encryption context is another one."


class Keys:
    """Changes the states of keys, and looks at uses of them before moto does."""

    def __init__(self, warm: Callable[[], None]) -> None:
        """Makes the service; loads nothing.

        Args:
            warm: loads moto, which empties its store, before the store is used.
        """
        self._warm = warm

    def handle(self, request: Request) -> Response | None:
        """The response to a change of state; None where moto may answer.

        Raises:
            FaultError: KMS would refuse the request.
        """
        service, operation = request.target
        if service != "TrentService" or operation not in (*_USES, *_CHANGES):
            return None
        from moto.kms.models import kms_backends

        self._warm()
        given = json.loads(request.body or b"{}")
        backend = kms_backends[ACCOUNT][request.caller.region]
        if operation in _CHANGES:
            return answer(_changed(backend, operation, given), _JSON)
        named = [_find(backend, given.get(name, "")) for name in _USES[operation]]
        for key in named:
            _check_state(key)
        if operation in _CONTEXT:
            _check_readable(backend, given, named[0], given.get(_CONTEXT[operation], {}))
        optional = {"Decrypt": "KeyId", "ReEncrypt": "SourceKeyId"}.get(operation)
        known = all(
            key or (name == optional and not given.get(name))
            for name, key in zip(_USES[operation], named, strict=True)
        )
        if operation in _ALGORITHMS and known:
            return _crypted(backend, operation, given)
        return None


def _changed(backend: "KmsBackend", operation: str, given: dict[str, Any]) -> dict[str, Any]:
    wanted = given.get("KeyId", "")
    key = None if "alias/" in wanted else _find(backend, wanted)
    if key is None:
        raise FaultError("NotFoundException", f"Key '{wanted}' does not exist")
    going = key.key_state == "PendingDeletion"
    if going is not (operation == "CancelKeyDeletion"):
        state = "is pending deletion" if going else "is not pending deletion"
        raise FaultError("KMSInvalidStateException", f"{key.arn} {state}.")
    if operation == "ScheduleKeyDeletion":
        days = given.get("PendingWindowInDays", _LONGEST_WINDOW)
        if not _SHORTEST_WINDOW <= days <= _LONGEST_WINDOW:
            raise FaultError("ValidationException", "PendingWindowInDays must be from 7 to 30.")
        date = backend.schedule_key_deletion(key.id, days)
        now = {"KeyState": key.key_state, "PendingWindowInDays": days}
        return {"KeyId": key.arn, "DeletionDate": date, **now}
    if operation == "CancelKeyDeletion":
        backend.cancel_key_deletion(key.id)
        return {"KeyId": key.arn}
    change = backend.enable_key if operation == "EnableKey" else backend.disable_key
    change(key.id)
    return {}


def _find(backend: "KmsBackend", wanted: str) -> "Key | None":
    """The key of an id, an ARN or an alias; None lets moto say that there is none."""
    name = wanted.rpartition(":")[2]
    if name.startswith("alias/"):
        aliased = (key for key in backend.keys.values() if name in key.aliases)
        return next(aliased, None)
    return backend.keys.get(name.removeprefix("key/"))


def _crypted(backend: "KmsBackend", operation: str, given: dict[str, Any]) -> Response | None:
    """The answer to Encrypt, Decrypt or ReEncrypt; None lets moto say what is wrong."""
    from moto.core.exceptions import JsonRESTError

    context = given.get(_CONTEXT.get(operation, "EncryptionContext"), {})
    algorithms = dict.fromkeys(_ALGORITHMS[operation], "SYMMETRIC_DEFAULT")
    try:
        blob = base64.b64decode(given.get("Plaintext", given.get("CiphertextBlob", "")))
        if operation == "Encrypt":
            made, arn = backend.encrypt(given.get("KeyId", ""), blob, context)
            keys = {"KeyId": arn, "CiphertextBlob": base64.b64encode(made).decode()}
        elif operation == "Decrypt":
            made, arn = backend.decrypt(blob, context)
            keys = {"KeyId": arn, "Plaintext": base64.b64encode(made).decode()}
        else:
            there = given.get("DestinationEncryptionContext", {})
            made, before, arn = backend.re_encrypt(
                blob, context, given.get("DestinationKeyId", ""), there
            )
            keys = {"CiphertextBlob": base64.b64encode(made).decode(), "SourceKeyId": before}
            keys |= {"KeyId": arn}
    except (JsonRESTError, KeyError, binascii.Error):
        return None
    return answer(keys | algorithms, _JSON)


def _check_state(key: "Key | None") -> None:
    if key is None or key.key_state == "Enabled":
        return
    if key.key_state == "Disabled":
        raise FaultError("DisabledException", f"{key.arn} is disabled.")
    raise FaultError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def _check_readable(
    backend: "KmsBackend", given: dict[str, Any], named: "Key | None", context: dict[str, str]
) -> None:
    from moto.core.exceptions import JsonRESTError

    try:
        blob = base64.b64decode(given.get("CiphertextBlob", ""))
        key = backend.keys.get(blob[:_KEY_ID].decode())
    except (binascii.Error, UnicodeDecodeError):
        key = None
    if key is None:
        raise FaultError("InvalidCiphertextException", _UNREADABLE)
    _check_state(key)
    if named is not None and named.id != key.id:
        raise FaultError(
            "IncorrectKeyException",
            "The key ID in the request does not identify a KMS key that can perform this "
            "operation.",
        )
    try:
        backend.decrypt(ciphertext_blob=blob, encryption_context=context)
    except JsonRESTError:
        raise FaultError("InvalidCiphertextException", _UNREADABLE) from None

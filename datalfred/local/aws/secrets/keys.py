"""KMS: keys that are disabled or about to go, and ciphertexts that fit no key, refused in words.

See https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html and the errors of
https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html.
"""

import base64
import binascii
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request, Response

if TYPE_CHECKING:
    from moto.kms.models import Key, KmsBackend

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

_CONTEXT = {"Decrypt": "EncryptionContext", "ReEncrypt": "SourceEncryptionContext"}
_UNREADABLE = "The ciphertext is damaged, or its encryption context is another one."


class Keys:
    """Looks at a request before moto does, and answers nothing itself."""

    def __init__(self, warm: Callable[[], None]) -> None:
        """Makes the service; loads nothing.

        Args:
            warm: loads moto, which empties its store, before the store is used.
        """
        self._warm = warm

    def handle(self, request: Request) -> Response | None:
        """None: moto answers what is not refused.

        Raises:
            FaultError: KMS would refuse the request.
        """
        service, operation = request.target
        if service != "TrentService" or operation not in _USES:
            return None
        from moto.kms.models import kms_backends

        self._warm()
        given = json.loads(request.body or b"{}")
        backend = kms_backends[ACCOUNT][request.caller.region]
        named = [_find(backend, given.get(name, "")) for name in _USES[operation]]
        for key in named:
            _check_state(key)
        if operation in _CONTEXT:
            _check_readable(backend, given, named[0], given.get(_CONTEXT[operation], {}))
        return None


def _find(backend: "KmsBackend", wanted: str) -> "Key | None":
    """The key of an id, an ARN or an alias; None lets moto say that there is none."""
    from moto.core.exceptions import JsonRESTError

    if not wanted:
        return None
    try:
        return backend.keys.get(backend.any_id_to_key_id(wanted))
    except JsonRESTError:
        return None


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

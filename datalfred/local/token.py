"""The secret of a state directory: whoever can read it is the user of this machine."""

import os
import secrets
import threading
from pathlib import Path

TOKEN_HEADER = "x-datalfred-token"  # noqa: S105 -- the header's name, not a token
"""Carries the secret to a function's URL."""

_PATIENCE = 20
_PAUSE_SECONDS = 0.05


def read_token(state: Path) -> str:
    """The secret of a state directory, which only the user of this machine can read.

    Made by the first who asks for it; never empty, since whoever brings no secret brings an empty
    one.
    """
    path = state / "token"
    try:
        return _made(path, os.O_EXCL)
    except FileExistsError:
        pass
    pause = threading.Event()
    for _ in range(_PATIENCE):
        if known := path.read_text(encoding="ascii").strip():
            return known
        pause.wait(_PAUSE_SECONDS)  # whoever makes it has not written it yet
    return _made(path, os.O_TRUNC)  # whoever made it died before


def _made(path: Path, how: int) -> str:
    token = secrets.token_urlsafe(32)
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | how, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token)
    return token

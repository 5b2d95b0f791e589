"""The secret of a state directory: whoever can read it is the user of this machine."""

import secrets
from pathlib import Path

TOKEN_HEADER = "x-datalfred-token"  # noqa: S105 -- the header's name, not a token
"""Carries the secret to a function's URL."""


def read_token(state: Path) -> str:
    """The secret of a state directory, which only the user of this machine can read.

    Made by the first who asks for it.
    """
    path = state / "token"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32), encoding="ascii")
    return path.read_text(encoding="ascii")

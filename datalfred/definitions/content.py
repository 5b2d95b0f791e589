"""Finds the content that is no Python: agents, schemas, runbooks, evals.

In a checkout it lies beside the package, in a wheel inside it (``datalfred/_content``).
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def content_folder(name: str) -> Path:
    """The folder ``name``, such as ``agents`` or ``openapi``, of a checkout or a wheel."""
    installed = _PACKAGE / "_content"
    return (installed if installed.is_dir() else _PACKAGE.parent) / name

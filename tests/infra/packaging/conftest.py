import shutil

import pytest

from infra.packaging.recipe import ROOT


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the code is built from, and of some that it is not."""
    copied = tmp_path / "checkout"
    for folder in ("datalfred", "action_groups", "openapi", "tests/infra"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copied / folder, ignore=ignored)
    for file in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / file, copied)
    return copied

import shutil

import pytest

from infra.packaging.recipe import ROOT
from infra.packaging.sources import sources

AT_HOME = (
    "README.md",
    "pyproject.toml",
    "openapi/*.json",
    "tests/infra/conftest.py",
    "datalfred/cli/ask.py",
    "datalfred/evals/*.py",
    "datalfred/local/host.py",
    "datalfred/definitions/permissions/*.py",
)


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the code is built from, and of some that it is not."""
    at_home = [path for pattern in AT_HOME for path in ROOT.glob(pattern)]
    for path in (*(ROOT / each for each in sources(ROOT)), *at_home):
        copied = tmp_path / "checkout" / path.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copied)
    return tmp_path / "checkout"

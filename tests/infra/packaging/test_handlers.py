"""Handlers run from the code asset and the twin of the layer alone, and start cheaply there."""

import subprocess
import sys

import pytest

from infra.packaging.recipe import PYTHON, ROOT
from infra.packaging.sources import handlers
from tests.infra.packaging import lambda_like

NEVER = {
    "aws_xray_sdk", "boto3", "botocore.session", "click", "duckdb", "flask", "moto", "numpy",
    "pandas", "pyarrow", "rich", "sqlglot", "yaml",
}  # fmt: skip
MODULES = {"datalfred.approvals.handler.handler": 280}
MODULES_OF_OPERATIONS = 520


@pytest.mark.parametrize("python", lambda_like.PYTHONS)
@pytest.mark.parametrize("handler", handlers(ROOT))
def test_a_handler_imports_from_the_asset_and_the_twin_within_its_budget(handler, python):
    with lambda_like.worker(python) as worker:
        loaded = worker.loaded(handler)

    ours = {name for name in loaded if name.partition(".")[0] in {"datalfred", "action_groups"}}
    assert handler.rpartition(".")[0] in ours
    assert all(loaded[name].startswith(str(lambda_like.code())) for name in ours)
    assert loaded["pydantic"].startswith(str(lambda_like.twin(python)))
    assert not NEVER & set(loaded)
    assert len(loaded) <= MODULES.get(handler, MODULES_OF_OPERATIONS)


@pytest.mark.slow
@pytest.mark.timeout(900)  # all tests of all handlers, which are many
def test_the_tests_of_handlers_pass_on_lambdas_python_from_the_asset_and_the_twin_alone():
    lambda_like.interpreter(PYTHON)
    lambda_like.twin(PYTHON)
    lambda_like.runtime()

    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
            *("-p", "tests.infra.packaging.from_the_asset"),
            *("--ignore", "tests/action_groups/test_faults.py"),
            # These give a handler its deadline, or see it raise: both end where its process does.
            *("--ignore", "tests/action_groups/athena/test_deadline.py"),
            *("-k", "not importing and not rings_the_alarm"),
            *("tests/action_groups", "tests/approvals/test_handler.py"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    assert "never succeeded" not in ran.stdout

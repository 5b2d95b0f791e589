"""The AWS SDK for JavaScript v3, as its users install it, against the served stack.

``make test`` installs what ``tests/javascript/package-lock.json`` pins, where npm is at hand.
"""

import json
import shutil
import subprocess

import pytest

from datalfred import settings
from tests.scenarios.commands import CHILD, ROOT

_FOLDER = ROOT / "tests" / "javascript"
_NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    _NODE is None or not (_FOLDER / "node_modules").is_dir(),
    reason="needs Node.js and `npm ci --prefix tests/javascript`, which `make test` runs",
)


def run(script, *arguments, served):
    environment = {**settings.environment(), **CHILD, **served.environment()}
    finished = subprocess.run(
        [_NODE, "--no-warnings", str(_FOLDER / script), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_invoke_agent_answers_over_cleartext_http2_as_in_the_terminal(served, ask):
    question = "what tables are in customer?"

    came = run("invoke_agent.mjs", question, served=served)

    assert came["handler"] == "NodeHttp2Handler"
    assert came["answer"].strip() == ask(question)["answer"]
    assert came["agents"] == ["data_analyst", "supervisor"]


def test_a_query_of_athena_is_read_by_its_pages_and_by_its_object(served, truth):
    sql = "SELECT country, count(*) AS orders FROM sales.orders GROUP BY 1 ORDER BY 1"

    came = run("athena.mjs", sql, "demo-lake", served=served)

    assert came["state"] == "SUCCEEDED"
    expected = [[country, str(orders)] for country, orders in truth.rows(sql)]
    assert came["rows"] == [["country", "orders"], *expected]
    assert came["csv"].splitlines()[0] == '"country","orders"'
    assert len(came["csv"].splitlines()) == len(came["rows"])
    assert came["was"] == "né"

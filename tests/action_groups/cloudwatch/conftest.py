import pytest

from tests.pipelines_stack import pipelines_stack


@pytest.fixture(scope="module")
def stack():
    with pipelines_stack() as stack:
        yield stack

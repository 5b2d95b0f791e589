import pytest

from tests.pipelines_stack import pipelines_stack


@pytest.fixture(scope="module")
def stack():
    with pipelines_stack() as stack:
        stack.tables()
        yield stack

"""A small lake in the embedded AWS, and the settings that read it."""

import pytest

from datalfred import settings
from tests.support import small_lake
from tests.support.faulty_world import faulty_world


@pytest.fixture(scope="module")
def small_aws():
    with small_lake.running() as aws:
        yield aws


@pytest.fixture
def lake(small_aws):
    """The embedded AWS; what a test calls reads from it."""
    with settings.using(small_lake.environment(small_aws)):
        yield small_aws


@pytest.fixture(scope="module")
def world():
    with faulty_world() as world:
        yield world

"""A running embedded AWS for the tests of what is built on it."""

import pytest

from datalfred.local.aws.embedded import EmbeddedAws


@pytest.fixture(scope="module")
def embedded_aws():
    """Empty, with a port of its own; one at a time in a process, because moto is global."""
    with EmbeddedAws() as aws:
        yield aws

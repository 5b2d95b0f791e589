"""Templates of stages, synthesised once for each configuration that a test asks for."""

import pytest

from infra.configuration import load
from tests.infra.package_stand_in import synthesise


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory):
    """A function of a configuration: its templates by part (``data``, ``agents`` ...)."""
    known = {}

    def templates(configuration):
        key = configuration.model_dump_json()
        if key not in known:
            known[key] = synthesise(configuration, tmp_path_factory.mktemp("cdk"))
        return known[key]

    return templates


@pytest.fixture(scope="session")
def templates(synthesised):
    """The templates of production, by part."""
    return synthesised(load("prod"))

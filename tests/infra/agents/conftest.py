"""Templates of the agents' stack, synthesised once for each set of arguments."""

import pytest

from infra.configuration import load
from tests.infra.agents.stand_in import synthesise


@pytest.fixture(scope="session")
def agents_of(tmp_path_factory):
    """A function of a configuration and the stack's options: its template."""
    known = {}

    def template(configuration, **options):
        key = (configuration.model_dump_json(), repr(sorted(options.items())))
        if key not in known:
            known[key] = synthesise(configuration, tmp_path_factory.mktemp("agents"), **options)
        return known[key]

    return template


@pytest.fixture(scope="session")
def production(agents_of):
    """The template of production, all sizes of it."""
    return agents_of(load("prod"))

"""Templates of stages, synthesised once for each configuration that a test asks for."""

import json
from pathlib import Path

import pytest

from infra.app import build
from infra.configuration import load


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory):
    """A function of a configuration: its templates by part (``data``, ``agents`` ...)."""
    known = {}

    def synthesise(configuration):
        key = configuration.model_dump_json()
        if key not in known:
            folder = str(tmp_path_factory.mktemp("cdk"))
            app = build(configuration, outdir=folder, builtin_cloud_formation_validation=False)
            known[key] = {
                each.stack_name.rpartition("-")[2]: json.loads(
                    Path(each.template_full_path).read_text("utf-8")
                )
                for each in app.synth().stacks
            }
        return known[key]

    return synthesise


@pytest.fixture(scope="session")
def templates(synthesised):
    """The templates of production, by part."""
    return synthesised(load("prod"))

import json

import pytest

from datalfred.definitions.content import content_folder
from datalfred.definitions.handlers import APPROVER_HANDLER, handler_of, load_handler
from datalfred.errors import ConfigurationError


def test_a_handler_is_loaded_by_the_string_that_the_template_names():
    assert load_handler("json.dumps") is json.dumps
    assert handler_of("glue") == "action_groups.glue.handler.handler"
    assert callable(load_handler(APPROVER_HANDLER))


@pytest.mark.parametrize("dotted", ["no.such.module", "json.nothing", "json.decoder", "plain", ""])
def test_a_wrong_handler_string_is_refused_with_its_name(dotted):
    with pytest.raises(ConfigurationError) as caught:
        load_handler(dotted)

    assert repr(dotted) in caught.value.message


@pytest.mark.parametrize("name", ["agents", "openapi", "evals"])
def test_content_lies_beside_the_package_in_a_checkout(name):
    assert content_folder(name).is_dir()


def test_the_content_of_a_wheel_lies_inside_the_package(tmp_path, monkeypatch):
    (tmp_path / "_content" / "agents").mkdir(parents=True)
    monkeypatch.setattr("datalfred.definitions.content._PACKAGE", tmp_path)

    assert tmp_path / "_content" / "agents" == content_folder("agents")

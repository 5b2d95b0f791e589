"""The assets as CDK takes them."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from datalfred.errors import ConfigurationError
from infra.packaging import assets
from infra.packaging.code import code_hash
from infra.packaging.layer import layer_folder
from infra.packaging.recipe import ROOT
from infra.packaging.sources import handlers
from tests.infra.packaging import lambda_like


def resources(template, kind):
    return [each for each in template["Resources"].values() if each["Type"] == kind]


def synthesised(folder):
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Functions")
    assets.layer(stack)
    cdk.aws_lambda.Function(
        stack,
        "Function",
        runtime=cdk.aws_lambda.Runtime.PYTHON_3_13,
        handler="x.y",
        code=assets.code(stack),
    )
    app.synth()
    return (folder / "Functions.template.json").read_bytes()


def test_the_layer_is_for_lambdas_python_on_arm64(tmp_path):
    lambda_like.layer()
    (found,) = resources(json.loads(synthesised(tmp_path)), "AWS::Lambda::LayerVersion")

    assert found["Properties"]["CompatibleRuntimes"] == ["python3.13"]
    assert found["Properties"]["CompatibleArchitectures"] == ["arm64"]


def test_two_synths_name_the_same_assets(tmp_path):
    lambda_like.layer()

    assert synthesised(tmp_path / "one") == synthesised(tmp_path / "two")


def test_what_is_deployed_is_what_was_built(tmp_path):
    layer, code = lambda_like.layer(), lambda_like.code()
    synthesised(tmp_path)

    staged = {each for each in tmp_path.iterdir() if each.name.startswith("asset.")}
    files = {path.relative_to(each) for each in staged for path in each.rglob("*")}
    assert {path.relative_to(code) for path in code.rglob("*")} <= files
    assert {path.relative_to(layer) for path in layer.rglob("*")} <= files


def test_a_layer_that_is_not_built_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "layer_folder", lambda: tmp_path / "layer-0")

    with pytest.raises(ConfigurationError, match="has not been built") as error:
        assets.layer(cdk.Stack(cdk.App(), "Functions"))
    assert "make package" in error.value.hint


def test_the_code_is_there_without_a_build(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(assets.lambda_.Code, "from_asset", lambda *of, **_: seen.append(of))

    assets.code(cdk.Stack(cdk.App(), "Functions"))
    assert Path(seen[0][0]).name == f"code-{code_hash()}"


def test_the_functions_of_a_stage_are_those_that_are_packaged(request):
    lambda_like.built(layer_folder())
    templates = request.getfixturevalue("templates")
    functions = [
        each["Properties"]
        for template in templates.values()
        for each in resources(template, "AWS::Lambda::Function")
        if each["Properties"]["Runtime"].startswith("python")
    ]

    assert {each["Handler"] for each in functions} == set(handlers(ROOT))
    for each in functions:
        assert (each["Runtime"], each["Architectures"]) == ("python3.13", ["arm64"])
        assert len(each["Layers"]) == 1

"""Templates are what was last reviewed; what has changed since is told by resource and property."""

import json
from pathlib import Path

import pytest

from datalfred.errors import ConfigurationError
from infra import snapshots
from infra.app import build
from infra.configuration import load
from infra.packaging.layer import layer_folder
from infra.snapshots import CDK, compare, reviewed, snapshot, stages, written
from tests.infra.gates.stages import STAGES
from tests.infra.package_stand_in import code, layer, synthesise

PARTS = ["agents", "channels", "data", "observability"]


def flat(value, path=""):
    """Every leaf of a template by its path."""
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {
            name: leaf for key, each in pairs for name, leaf in flat(each, f"{path}/{key}").items()
        }
    return {path: value}


def changes(before, after):
    """What has changed, a line for each property."""
    old, new = flat(before), flat(after)
    return [
        f"{path}: {old.get(path, 'absent')!r} is now {new.get(path, 'absent')!r}"
        for path in sorted(old.keys() | new.keys())
        if (path in old, old.get(path)) != (path in new, new.get(path))
    ]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("stage", stages())
def test_a_template_is_the_one_that_was_reviewed(synthesised, stage, part):
    template = synthesised(load(stage))[part]
    known = snapshot(stage, part).read_text("utf-8")

    told = changes(json.loads(known), reviewed(template))
    assert told == [], f"Look at `make diff STAGE={stage}`; if it is meant: make snapshots"
    assert known == written(template)


def test_production_is_under_review_and_nothing_that_is_no_stage():
    assert "prod" in stages()
    assert set(stages()) <= set(STAGES)
    assert {each.name for each in snapshots.SNAPSHOTS.iterdir()} == {
        snapshot(stage, part).name for stage in stages() for part in PARTS
    }


def test_a_change_is_told_by_resource_and_property():
    before = {"Resources": {"A": {"Timeout": 60, "Tags": []}, "B": {"Type": "x"}}}
    after = {"Resources": {"A": {"Timeout": 61, "Tags": [], "Memory": None}}}

    assert changes(before, after) == [
        "/Resources/A/Memory: 'absent' is now None",
        "/Resources/A/Timeout: 60 is now 61",
        "/Resources/B/Type: 'x' is now 'absent'",
    ]


def test_a_package_that_changes_is_no_change_of_a_template():
    def function(digit):
        return {"S3Key": f"{digit * 64}.zip", "Description": f"what it imports ({digit * 16})"}

    assert reviewed(function("0")) == reviewed(function("1"))
    assert reviewed({"Description": "live 0123456789abcdef"}) == {
        "Description": "live 0123456789abcdef"
    }


def test_a_schema_that_changes_is_one_line():
    def group(schema):
        return {"ActionGroupName": "glue", "ApiSchema": {"Payload": schema}, "State": "ENABLED"}

    assert reviewed(group("{}"))["ApiSchema"]["Payload"].startswith("openapi/glue.json, ")
    assert len(changes(reviewed(group("{}")), reviewed(group("{ }")))) == 1


@pytest.mark.skipif(not layer_folder().is_dir(), reason="the layer has not been built")
def test_what_is_deployed_is_what_was_reviewed_but_for_the_packages(templates, tmp_path):
    app = build(load("prod"), outdir=str(tmp_path), builtin_cloud_formation_validation=False)

    for stack in app.synth().stacks:
        packaged = json.loads(Path(stack.template_full_path).read_text("utf-8"))
        assert written(packaged) == written(templates[stack.stack_name.rpartition("-")[2]])


def test_writing_again_changes_nothing(templates, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "SNAPSHOTS", tmp_path)

    snapshots.write("prod", tmp_path / "written")

    for part in PARTS:
        assert snapshot("prod", part).read_text("utf-8") == written(templates[part])


def test_a_stage_without_snapshots_is_told_how_to_write_them(tmp_path, monkeypatch):
    template = tmp_path / "template.json"
    monkeypatch.setattr(snapshots, "SNAPSHOTS", tmp_path)
    monkeypatch.setattr(snapshots, "_synthesised", lambda *_: [("stack", "data", template)])

    with pytest.raises(ConfigurationError, match="has no snapshots") as refused:
        snapshots.diff("dev", tmp_path)

    assert refused.value.hint == "Write them: make snapshots STAGE=dev"


@pytest.mark.skipif(not CDK.exists(), reason="the CDK's command line is not installed")
def test_cdk_tells_offline_what_has_changed(tmp_path, capfd):
    parts = synthesise(load("dev"), tmp_path)
    known = tmp_path / "known.json"
    template = next(tmp_path.glob("*-channels.template.json"))
    known.write_text(written(parts["channels"]).replace('"Timeout": 60', '"Timeout": 61'), "utf-8")

    compare("datalfred-demo-dev-channels", Path(template), known)

    told = capfd.readouterr()
    said = told.out + told.err
    assert "[~] AWS::Lambda::Function" in said
    assert "[-] 61" in said
    assert "Number of stacks with differences: 1" in said


def test_cdks_command_line_adds_nothing_to_what_was_reviewed(tmp_path):
    app = build(load("dev"), code=code, layer=layer, outdir=str(tmp_path))
    adding = ("aws:cdk:enable-path-metadata", "aws:cdk:enable-asset-metadata")

    assert {each: app.node.try_get_context(each) for each in adding} == dict.fromkeys(adding, False)
    assert app.node.try_get_context("aws:cdk:version-reporting") is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["write", "nowhere"], "nowhere.yaml: does not exist"), (["diff"], "stage: is not chosen")],
)
def test_what_cannot_be_compared_is_told_in_words(arguments, said):
    with pytest.raises(SystemExit, match=said):
        snapshots.main(arguments)

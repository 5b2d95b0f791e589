"""Every finding of cdk-nag has its written reason, and every reason its finding."""

import pytest

from infra.app import build
from infra.configuration import load
from infra.gates.findings import LOOKED_AT, Finding, findings
from infra.gates.reasons import REASONS, stale, uncovered
from tests.infra.gates.stages import EVERYTHING, PLAIN, STAGES
from tests.infra.package_stand_in import code, layer


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """By stage, and for two more that use what those do not: what is found."""
    configurations = {**{each: load(each) for each in STAGES}, "plain": PLAIN, "all": EVERYTHING}
    return {
        name: findings(
            build(
                each,
                code=code,
                layer=layer,
                outdir=str(tmp_path_factory.mktemp("looked-at")),
                builtin_cloud_formation_validation=False,
                post_cli_context=LOOKED_AT,
            )
        )
        for name, each in configurations.items()
    }


@pytest.mark.parametrize("name", [*STAGES, "plain", "all"])
def test_every_finding_has_a_written_reason(found, name):
    assert uncovered(found[name]) == []


def test_every_reason_has_a_finding(found):
    assert stale([each for name in found for each in found[name]]) == []


def test_reasons_are_sentences():
    assert [each for each in REASONS if len(each.why.split()) < 6 or each.why[-1] != "."] == []


def test_a_finding_without_a_reason_is_told():
    public = Finding("S2", "", "Documents/Resource")
    writes = Finding("IAM5", "Action::s3:*", "GlueOperations/Function/Role/Resource")
    wide = Finding("IAM5", "Resource::arn:aws:s3:::*", "GlueOperations/Function/Role/Resource")

    assert uncovered([public, writes, wide]) == [public, writes, wide]

"""Filter patterns, case by case; the cases are data: ``filter_patterns.yaml``."""

from pathlib import Path

import pytest
import yaml

from datalfred.local.aws.logs.patterns import PatternError, compile_pattern

CASES = yaml.safe_load((Path(__file__).parent / "filter_patterns.yaml").read_text())
GROUPS = ("terms", "regular expressions", "json", "delimited")


@pytest.mark.parametrize(
    "case", [case for group in GROUPS for case in CASES[group]], ids=lambda case: case["pattern"]
)
def test_a_pattern_matches_what_it_should_and_nothing_else(case):
    matches = compile_pattern(case["pattern"])

    assert [m for m in case.get("matches", []) if not matches(m)] == []
    assert [m for m in case.get("misses", []) if matches(m)] == []


@pytest.mark.parametrize("pattern", CASES["invalid"])
def test_a_pattern_that_cloudwatch_would_refuse_is_refused(pattern):
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)

    assert str(caught.value)


def test_a_pattern_longer_than_the_limit_is_refused():
    with pytest.raises(PatternError, match="1024"):
        compile_pattern("a" * 1025)

"""The reference is what the code says, and says all that the code reads."""

import re
from pathlib import Path

from datalfred import parameters, settings
from datalfred.cli.settings_reference import settings_table

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\bDATALFRED_[A-Z][A-Z_]*[A-Z]\b")


def rows():
    lines = [line.split(" | ") for line in settings_table().splitlines() if line.startswith("| `")]
    return {cells[0].strip("| `"): [each.strip(" |") for each in cells[1:]] for cells in lines}


def test_every_variable_that_the_code_names_is_in_the_reference():
    sources = [*ROOT.glob("datalfred/**/*.py"), *ROOT.glob("action_groups/**/*.py")]
    named = {name for path in sources for name in VARIABLE.findall(path.read_text("utf-8"))}

    assert len(named) > 20
    assert named - set(rows()) == set()


def test_every_setting_says_where_it_comes_from_and_whether_it_may_be_changed():
    found = rows()

    for name in settings.Settings.__dataclass_fields__:
        _, _, source, changed = found[f"DATALFRED_{name.upper()}"]
        assert source in {"template", "template, parameter", "laptop"}
        assert (source == "template, parameter") == (name in parameters.OVERRIDABLE)
        assert (changed in {"no", ""}) == (name not in parameters.OVERRIDABLE)
    assert found["DATALFRED_APPROVERS"][2:] == ["template", "no"]
    assert found["DATALFRED_QUERY_BUDGET_USD"][2:] == ["template, parameter", "lowered"]
    assert found["DATALFRED_QUERY_TIMEOUT_SECONDS"][2:] == ["template, parameter", "up to 840"]
    assert found["DATALFRED_MODEL_API_KEY"][2:] == ["laptop", ""]


def test_the_page_is_current_and_shows_a_parameter_that_counts():
    page = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")

    assert settings_table().rstrip() in page
    (example,) = re.findall(r"--value '(\{.+\})'", page)
    assert set(parameters._judged("p", example)) == set(VARIABLE.findall(example))

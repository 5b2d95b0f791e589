"""What holds for the house as a whole: sizes, links, locks, words."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST_MODULE = 400
DATA_ONLY = ("agents", "openapi")


def tracked(*patterns):
    found = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [ROOT / name for name in found.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules():
    return [path for path in tracked("*.py") if not path.is_relative_to(ROOT / "tests")]


def test_no_module_is_longer_than_one_story():
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_MODULE
    }

    assert too_long == {}


def test_nine_functions_in_ten_have_at_most_thirty_lines():
    lengths = sorted(
        node.end_lineno - node.lineno + 1
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    )

    assert lengths[len(lengths) * 9 // 10] <= 30


@pytest.mark.parametrize("folder", DATA_ONLY)
def test_content_folders_hold_no_python(folder):
    assert tracked(f"{folder}/**/*.py") == []


def test_every_action_group_has_the_same_anatomy():
    packages = [path.parent for path in tracked("action_groups/*/__init__.py")]

    assert len(packages) == 5
    for package in packages:
        names = {path.name for path in package.glob("*.py")}
        assert names == {"__init__.py", "models.py", "operations.py", "handler.py"}, package


def test_locks_pin_with_hashes_and_name_no_registry():
    for lock in tracked("requirements/*.txt"):
        text = lock.read_text("utf-8")
        assert "http" not in text
        assert "--index" not in text
        pins = re.findall(r"^[a-z0-9]\S*==\S+", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z0-9][^\n]*\\\n    --hash", text, re.MULTILINE))


def test_every_direct_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["local"]]
    locked = (ROOT / "requirements" / "demo.txt").read_text("utf-8").lower()

    for requirement in asked:
        name = re.match(r"[A-Za-z0-9-]+", requirement)[0].lower()
        assert re.search(rf"^{re.escape(name)}(\[[^]]*\])?==", locked, re.MULTILINE), name


def test_relative_links_of_the_documents_lead_somewhere():
    for page in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_nothing_is_left_for_later_in_the_code():
    marks = re.compile(r'(?<!")\b(TODO|FIXME|XXX|HACK)\b')  # "XXX" is also a pattern of dates

    assert [path for path in modules() if marks.search(path.read_text("utf-8"))] == []


def test_the_readme_stays_short_enough_to_read():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150

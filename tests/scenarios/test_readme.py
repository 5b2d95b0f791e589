"""The README's transcript is what the command prints today."""

import re
import shlex

import pytest

from tests.scenarios.commands import ROOT, run_datalfred

# What differs from run to run, or with the words of an instruction.
_VOLATILE = (
    (r"[0-9a-f]{8}…", "ID"),
    (r"in \d+(\.\d+)? s", "in N s"),
    (r"session \S+", "session S"),
    (r"[\d,]+ tokens", "N tokens"),
)


def settled(text):
    for pattern, stand_in in _VOLATILE:
        text = re.sub(pattern, stand_in, text)
    return text.strip()


def test_the_transcript_is_what_the_command_prints(tmp_path):
    # A stack of its own: elsewhere the result of an earlier question may be reused.
    text = (ROOT / "README.md").read_text("utf-8")
    command, rest = re.search(
        r"````console\n\$ datalfred (.*)\n([\s\S]*?)\n````\n\nNothing", text
    ).groups()

    finished = run_datalfred(*shlex.split(command), state=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert settled(finished.stdout) == settled(rest)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_commands_of_the_readme_are_targets_of_make(target):
    assert f"make {target}" in (ROOT / "README.md").read_text("utf-8")
    assert re.search(rf"^{target}: .*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)

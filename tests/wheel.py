"""Proves the wheel from another folder: [local] answers by itself, the base reaches a stack.

``python -m tests.wheel LOCAL BASE``, each the ``datalfred`` of a bare environment (``make wheel``).
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

QUESTION = "which tables hold customers"


def run(command, arguments, state):
    """The finished command, run where no checkout is near."""
    environment = {"PATH": os.defpath, "HOME": str(state), "DATALFRED_STATE": str(state)}
    return subprocess.run(
        [Path(command).absolute(), *arguments],
        cwd=state,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def check(what, holds, finished):
    """Says what was proved; leaves with the command's own words when it was not."""
    if not holds:
        sys.exit(f"wheel: not so: {what}\n{finished.stdout}{finished.stderr}")
    print(f"wheel: {what}")


def main(local, base):
    """Runs the proofs one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        answered = run(local, ["ask", "--json", QUESTION], state)
        named = (
            answered.returncode == 0
            and "customer.customers" in json.loads(answered.stdout)["answer"]
        )
        check("[local] answers a question by itself", named, answered)
        helped = run(base, ["--help"], state)
        check("the base prints its help", "Usage: datalfred" in helped.stdout, helped)
        alone = run(base, ["ask", QUESTION], state)
        hinted = alone.returncode == 1 and "pip install 'datalfred[local]'" in alone.stderr
        check("the base says what it lacks", hinted, alone)
        serving = subprocess.Popen(
            [Path(local).absolute(), "local", "--port", "0"],
            cwd=state,
            env={"PATH": os.defpath, "HOME": folder, "DATALFRED_STATE": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            serving.stdout.readline()
            reached = run(base, ["ask", QUESTION], state)
            check(
                "the base reaches a served stack", "customer.customers" in reached.stdout, reached
            )
        finally:
            serving.terminate()
            serving.communicate()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How long a person waits: until `datalfred local` listens, and for the first answer of a process.

    python -m benchmarks.startup [RUNS]

Each figure is that of a whole process from its start, beside a bare interpreter and one that only
imports boto3, in the same run. The lake is built before, as it is kept between runs.
"""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from datalfred import settings

DATALFRED = [sys.executable, "-m", "datalfred"]
QUESTIONS = (
    "what tables are in customer?",
    "how many orders did we have in June 2026?",
    "why did orders-ingestion fail?",
)
_PATIENCE_SECONDS = 60.0


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Runs a process to its end."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def seconds_to_listen(environment: dict[str, str]) -> float:
    """From the start of `datalfred local` until its port takes a connection."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    served = subprocess.Popen(
        [*DATALFRED, "local", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - began < _PATIENCE_SECONDS:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                continue
            return time.perf_counter() - began
        raise TimeoutError("the port never answered")
    finally:
        served.terminate()
        served.wait()


def report(name: str, measure: Callable[[], float], runs: int, bare: float | None) -> float:
    """Prints minimum, median and maximum, and the ratio to a bare interpreter; gives the median."""
    taken = sorted(measure() for _ in range(runs))
    median = statistics.median(taken)
    ratio = f"{median / bare:6.1f} x" if bare else ""
    print(f"{name:<46} {taken[0]:6.2f} {median:6.2f} {taken[-1]:6.2f} s {ratio}")
    return median


def main(runs: int) -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**settings.environment(), "DATALFRED_STATE": str(Path(folder))}
        seconds([*DATALFRED, "ask", QUESTIONS[0]], environment)
        print(f"{'process':<46} {'min':>6} {'median':>6} {'max':>6}")
        python = [sys.executable, "-c"]
        bare = report("python", lambda: seconds([*python, "pass"], environment), runs, None)
        report("import boto3", lambda: seconds([*python, "import boto3"], environment), runs, bare)
        report("datalfred local, listening", lambda: seconds_to_listen(environment), runs, bare)
        for question in QUESTIONS:
            command = [*DATALFRED, "ask", question]
            report(f"ask {question!r}", lambda c=command: seconds(c, environment), runs, bare)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

"""How long a diagnosis takes and how many AWS calls it makes, by the kind of what failed.

Every incident of ``evals/incidents`` is played on one embedded AWS and diagnosed ROUNDS times, in
process (no socket). Run it with ``python -m benchmarks.diagnosis [ROUNDS]``. Wanted: at most 1.5 s
each.
"""

import statistics
import sys
import time
from collections import defaultdict

from datalfred.evals.incidents import load_incidents
from datalfred.evals.incidents_lab import laboratory
from datalfred.lake.pipelines import diagnosis

ROUNDS = 3
WANTED_SECONDS = 1.5


def main(rounds: int) -> None:
    """Prints a line for each kind of resource."""
    seconds: dict[str, list[float]] = defaultdict(list)
    calls: dict[str, list[int]] = defaultdict(list)
    with laboratory() as lab:
        for incident in load_incidents():
            arn = lab.play(incident)
            for _ in range(rounds):
                lab.aws.door.calls.clear()
                began = time.perf_counter()
                with lab.denying(incident.denied):
                    found = diagnosis.diagnose(arn)
                kind = found.resource_kind or (
                    "none: the state itself" if found.hypotheses else "nothing is wrong"
                )
                seconds[kind].append(time.perf_counter() - began)
                calls[kind].append(len(lab.aws.door.calls))
            lab.clear()
    print(f"{'kind':<24}{'diagnoses':>10}{'median s':>10}{'slowest s':>10}{'calls':>8}{'most':>6}")
    for kind, taken in sorted(seconds.items()):
        print(
            f"{kind:<24}{len(taken):>10}{statistics.median(taken):>10.3f}{max(taken):>10.3f}"
            f"{statistics.median(calls[kind]):>8.0f}{max(calls[kind]):>6}"
        )
    slowest = max(max(taken) for taken in seconds.values())
    print(f"slowest of all {slowest:.3f} s, wanted <= {WANTED_SECONDS} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)

"""Looks at many things at once, each for a limited time."""

import concurrent.futures
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context

from datalfred import clients
from datalfred.cli.doctor.findings import UNKNOWN, Check, Finding, judged

Report = Callable[[str, float], None]

DEADLINE_SECONDS = 15.0
"""For one check; the calls that it makes end a moment earlier, with words of their own."""

_GRACE_SECONDS = 1.0
_AT_ONCE = 6  # AWS lets nobody read agents faster than a few times a second
_GLANCE_SECONDS = 0.1


def look_at(checks: Sequence[Check], report: Report) -> list[Finding]:
    """The findings, in the order of the checks.

    Args:
        checks: what is looked at.
        report: told which fraction of all has ended.
    """
    pool = concurrent.futures.ThreadPoolExecutor(_AT_ONCE, "doctor")
    try:
        began: dict[int, float] = {}
        futures = {
            pool.submit(copy_context().run, _timed, index, check, began): index
            for index, check in enumerate(checks)
        }
        return _gathered(checks, futures, began, report)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _timed(index: int, check: Check, began: dict[int, float]) -> Finding:
    began[index] = time.monotonic()
    with clients.within(DEADLINE_SECONDS - _GRACE_SECONDS):
        return judged(check)


def _gathered(
    checks: Sequence[Check],
    futures: "dict[concurrent.futures.Future[Finding], int]",
    began: dict[int, float],
    report: Report,
) -> list[Finding]:
    """What ended; a check that outlives its deadline keeps its thread, and nobody waits for it."""
    found: dict[int, Finding] = {}
    last_start = time.monotonic()
    while len(found) < len(checks):
        waiting = [each for each, index in futures.items() if index not in found]
        ended, _ = concurrent.futures.wait(
            waiting, _GLANCE_SECONDS, concurrent.futures.FIRST_COMPLETED
        )
        for each in ended:
            index = futures[each]
            found[index] = each.result()
            report("Looking", len(found) / len(checks))
        now = time.monotonic()
        last_start = max([last_start, *began.values()])
        for index, check in enumerate(checks):
            # One that has not begun waits for threads that hang; it will not begin any more.
            if index not in found and now - began.get(index, last_start) > DEADLINE_SECONDS:
                found[index] = _too_late(check)
    return [found[index] for index in range(len(checks))]


def _too_late(check: Check) -> Finding:
    said = f"No answer came within {DEADLINE_SECONDS:.0f} seconds."
    hint = "Try again; if it stays so, look at the network between here and AWS."
    return Finding(check.what, UNKNOWN, said, hint)

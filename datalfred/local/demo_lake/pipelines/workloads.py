"""How the containers, jobs, steps and queries of the demo pipelines end, and what they log.

Last night's runs failed. What a second try would find:

=============================  =========================================  =======================
pipeline                       why it failed                              a redrive
=============================  =========================================  =======================
``orders-ingestion``           the container ran out of memory            succeeds
``web-sessions-aggregation``   the cluster lost a node                    succeeds
``daily-sales-report``         the query was too slow                     succeeds
``returns-load``               the warehouse's file had not arrived       succeeds
``customer-sync``              a column of the source was renamed         fails the same way
``campaign-import``            its input holds no number                  fails the same way
``crm-export``                 the CRM's token has expired                fails the same way
=============================  =========================================  =======================
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from datalfred.local.aws.compute.workload import Outcome, Workload, WorkloadRun

_FOR_EVER = 10.0 * 365 * 24 * 3600


@dataclass(frozen=True)
class Script:
    """What a workload does on a good day and in the bad night.

    Attributes:
        good: how it ends on a good day.
        bad: how it ends for the data of the bad day; None when it never fails.
        transient: whether a second try succeeds.
    """

    good: Outcome
    bad: Outcome | None = None
    transient: bool = False

    def for_bad_day(self, day: str) -> Workload:
        """The workload, for which ``day`` is the bad one."""

        def run(run: WorkloadRun) -> Outcome:
            about_bad_day = any(day in value for value in run.arguments.values())
            recovered = self.transient and run.attempt > 1
            if self.bad is not None and about_bad_day and not recovered:
                return self.bad
            return _varied(self.good, run)

        return run


def _varied(outcome: Outcome, run: WorkloadRun) -> Outcome:
    """The outcome with the day's own numbers: ``{rows}`` in a line becomes one."""
    key = f"{run.name} {sorted(run.arguments.items())}"
    rows = random.Random(key).randint(1_800, 4_200)  # noqa: S311 -- a plausible number, no secret
    return Outcome(
        outcome.succeeded,
        outcome.reason,
        outcome.exit_code,
        tuple(line.replace("{rows}", f"{rows:,}") for line in outcome.log_lines),
        outcome.seconds + rows % 90,
    )


def _good(*lines: str, seconds: float) -> Outcome:
    return Outcome(log_lines=lines, seconds=seconds)


SCRIPTS: Mapping[tuple[str, str], Script] = {
    ("glue", "orders-staging"): Script(
        _good(
            "INFO staging 24 files from s3://demo-lake/landing/orders/",
            "INFO wrote {rows} rows to s3://demo-lake/staging/orders/",
            seconds=140,
        )
    ),
    ("ecs", "orders-loader"): Script(
        _good(
            "INFO loader starting with 2048 MiB",
            "INFO reading s3://demo-lake/staging/orders/",
            "INFO merged {rows} orders into sales.orders",
            "INFO loader finished",
            seconds=380,
        ),
        Outcome(
            succeeded=False,
            reason="OutOfMemoryError: Container killed due to memory usage",
            exit_code=137,
            log_lines=(
                "INFO loader starting with 2048 MiB",
                "INFO reading s3://demo-lake/staging/orders/",
                "INFO 3 of 24 files are 11 times larger than on other days",
                "WARN heap at 1703 MiB of 2048 MiB (83 %) after file 17 of 24",
                "WARN heap at 1948 MiB of 2048 MiB (95 %) after file 19 of 24",
                "WARN garbage collection took 4.8 s and freed 12 MiB",
                "ERROR MemoryError while merging file 20 of 24: part-00020.parquet",
            ),
            seconds=412,
        ),
        transient=True,
    ),
    ("glue", "customer-sync"): Script(
        _good(
            "INFO comparing customer.customers with the export",
            "INFO upserted {rows} customers",
            seconds=230,
        ),
        Outcome(
            succeeded=False,
            reason=(
                "AnalysisException: Column 'marketing_opt_in' does not exist. Did you mean one of "
                "the following? [marketing_consent, city, country, segment, email]"
            ),
            exit_code=1,
            log_lines=(
                "INFO comparing customer.customers with the export",
                "INFO the export has 9 columns, the table has 9",
                "WARN column marketing_consent of the export is unknown to customer.customers",
                "WARN column marketing_opt_in of customer.customers is missing in the export",
                (
                    "ERROR AnalysisException: Column 'marketing_opt_in' does not exist. Did you "
                    "mean one of the following? [marketing_consent, city, country, segment, email]"
                ),
            ),
            seconds=96,
        ),
    ),
    ("emr", "aggregate-web-sessions"): Script(
        _good(
            "INFO SparkContext: Running Spark version 3.5.3-amzn-0",
            "INFO aggregated {rows} sessions",
            "INFO SparkContext: Successfully stopped SparkContext",
            seconds=870,
        ),
        Outcome(
            succeeded=False,
            reason=(
                "Exception in thread main: org.apache.spark.SparkException: Job aborted due to "
                "stage failure: ExecutorLostFailure (executor 7 exited caused by one of the "
                "running tasks) Reason: Container from a bad node: lost to a Spot interruption "
                "(SpotInterruption)"
            ),
            exit_code=1,
            log_lines=(
                "INFO SparkContext: Running Spark version 3.5.3-amzn-0",
                "INFO TaskSetManager: Starting task 118.0 in stage 4.0",
                "WARN YarnAllocator: Container from a bad node: ip-10-0-3-41, SpotInterruption",
                "ERROR YarnScheduler: Lost executor 7 on ip-10-0-3-41: SpotInterruption",
                "ERROR TaskSetManager: Task 118 in stage 4.0 failed 4 times; aborting job",
            ),
            seconds=540,
        ),
        transient=True,
    ),
    ("athena", "primary"): Script(
        _good(seconds=18),
        Outcome(succeeded=False, reason="Query timeout", exit_code=None, seconds=1800),
        transient=True,
    ),
    ("glue", "campaign-import"): Script(
        _good("INFO imported {rows} campaign costs", seconds=75),
    ),
    ("emr_serverless", "load-returns"): Script(
        _good(
            "INFO SparkContext: Running Spark version 3.5.3-amzn-0",
            "INFO loaded {rows} returns",
            seconds=260,
        ),
        Outcome(
            succeeded=False,
            reason=(
                "Job failed, please check complete logs in configured logging destination. "
                "ExitCode: 1. Last few exceptions: pyspark.errors.AnalysisException: "
                "[PATH_NOT_FOUND] Path does not exist: missing partition of "
                "s3://demo-lake/landing/returns/"
            ),
            exit_code=1,
            log_lines=(
                "INFO SparkContext: Running Spark version 3.5.3-amzn-0",
                "INFO the newest partition of s3://demo-lake/landing/returns/ is a day too old",
                "WARN the warehouse's transfer has not announced its end",
                (
                    "ERROR AnalysisException: [PATH_NOT_FOUND] Path does not exist: missing "
                    "partition of s3://demo-lake/landing/returns/"
                ),
            ),
            seconds=58,
        ),
        transient=True,
    ),
    ("glue", "product-catalog"): Script(
        _good("INFO merged the feeds into {rows} rows of sales.products", seconds=110),
    ),
    ("ecs", "tickets-fetch"): Script(
        _good("INFO fetched {rows} tickets from the help desk", seconds=64),
    ),
    ("glue", "support-tickets"): Script(
        _good("INFO loaded {rows} tickets into customer.support_tickets", seconds=120),
    ),
    ("glue", "clickstream-to-lake"): Script(
        _good("INFO stream started, one micro-batch every 100 seconds", "", seconds=_FOR_EVER),
    ),
}
"""What every workload of the demo does; ``clickstream-to-lake`` is a stream and never ends."""


def workloads(bad_day: str) -> dict[tuple[str, str], Workload]:
    """The workloads by kind and name.

    Args:
        bad_day: ISO date; runs about it fail as :data:`SCRIPTS` says.
    """
    return {key: script.for_bad_day(bad_day) for key, script in SCRIPTS.items()}

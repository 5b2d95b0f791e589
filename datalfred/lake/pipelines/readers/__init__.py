"""One small reader for each kind of resource that a state may have left to its service."""

from collections.abc import Callable, Mapping

from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.history import Failure
from datalfred.lake.pipelines.readers import functions, jobs, queries

_READERS: Mapping[str, Callable[[Failure, Dossier], None]] = {
    "athena": queries.athena,
    "ecs": jobs.ecs_task,
    "elasticmapreduce": jobs.emr_step,
    "emr-serverless": jobs.emr_serverless_run,
    "glue": jobs.glue_run,
    "lambda": functions.lambda_function,
}


def read(failure: Failure, dossier: Dossier) -> None:
    """Adds what the service behind the failed state says of its run, where we know to ask it.

    Args:
        failure: where the execution failed.
        dossier: what is known so far; the facts, the log lines and the gaps are added to it.
    """
    service = failure.service.removeprefix("aws-sdk:")
    reader = _READERS.get(service)
    if reader:
        reader(failure, dossier)
    elif failure.service:
        dossier.gaps.add(f"The service {failure.service} keeps no record of the call to look up.")

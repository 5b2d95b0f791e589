"""Step Functions: moto's interpreter, mended, with redrives.

Each call of a state goes through the front door as the role of its state machine. An execution
lives on the clock of whoever started it (:mod:`datalfred.local.aws.compute.origin`), which is how
the demo lake has a past.
"""

from datalfred.local.aws.compute.host import Host
from datalfred.local.aws.stepfunctions.service import StepFunctions


def install(aws: Host) -> StepFunctions:
    """Puts Step Functions before moto; nothing is loaded until the first request.

    Athena must be installed later, so that questions about queries of the past come here first.

    Returns:
        The service, whose :meth:`StepFunctions.load` a thread may call ahead of that request.
    """
    service = StepFunctions(aws.client, aws.workloads, aws.meter)
    aws.register(service)
    aws.register(service.past_queries)
    return service

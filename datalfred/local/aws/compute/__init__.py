"""ECS, EMR, EMR Serverless and Glue job runs."""

from datalfred.local.aws.compute.ecs import Ecs
from datalfred.local.aws.compute.emr import Emr
from datalfred.local.aws.compute.emr_serverless import EmrServerless
from datalfred.local.aws.compute.glue import GlueJobRuns
from datalfred.local.aws.compute.host import Host


def install(aws: Host) -> None:
    """Lets ``aws`` run tasks, steps and jobs to the end that ``aws.workloads`` decides."""
    for service in (Ecs, GlueJobRuns, Emr, EmrServerless):
        aws.register(service(aws.client, aws.workloads))

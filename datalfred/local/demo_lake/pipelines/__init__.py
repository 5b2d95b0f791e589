"""The pipelines of the demo lake: real state machines with a week of their past."""

from datalfred.local.demo_lake.pipelines.seeding import seed_pipelines

__all__ = ["seed_pipelines"]

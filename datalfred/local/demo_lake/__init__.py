"""A data team's lake to try things on: the orders, customers and visits of a shop."""

from datalfred.local.demo_lake.seed import BUCKET, SEMANTICS_URI, seed_lake

__all__ = ["BUCKET", "SEMANTICS_URI", "seed_lake"]

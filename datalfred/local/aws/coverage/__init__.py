"""What the embedded AWS vouches for: per operation, and per parameter."""

from datalfred.local.aws.coverage.check import Coverage
from datalfred.local.aws.coverage.manifest import (
    Operation,
    ServiceCoverage,
    coverage_of,
    covered_services,
)

__all__ = ["Coverage", "Operation", "ServiceCoverage", "coverage_of", "covered_services"]

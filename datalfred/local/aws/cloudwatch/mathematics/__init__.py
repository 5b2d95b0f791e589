"""Metric math: expressions over time series.

Source: *Using math expressions with CloudWatch metrics* in the user guide. What is not in
:data:`functions.FUNCTIONS` is refused by name and position, never answered with an empty series.
"""

from datalfred.local.aws.cloudwatch.mathematics.evaluation import Evaluation, Series, Table
from datalfred.local.aws.cloudwatch.mathematics.functions import FUNCTIONS
from datalfred.local.aws.cloudwatch.mathematics.parser import MathError, parse

__all__ = ["FUNCTIONS", "Evaluation", "MathError", "Series", "Table", "parse"]

"""Filter patterns of CloudWatch Logs: which log events a search, a metric filter or a tail picks.

Source of every rule: *Filter pattern syntax for metric filters, subscription filters, filter log
events, and Live Tail* in the user guide of Amazon CloudWatch Logs.
"""

from datalfred.local.aws.logs.patterns.compiled import Pattern, compile_pattern
from datalfred.local.aws.logs.patterns.terms import Predicate
from datalfred.local.aws.logs.patterns.values import PatternError

__all__ = ["Pattern", "PatternError", "Predicate", "compile_pattern"]

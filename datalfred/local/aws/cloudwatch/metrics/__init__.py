"""Metrics: what was measured, and the statistics of it."""

from datalfred.local.aws.cloudwatch.metrics.store import Metric, MetricStore, Sample, metric_of

__all__ = ["Metric", "MetricStore", "Sample", "metric_of"]

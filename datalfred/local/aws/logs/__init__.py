"""CloudWatch Logs: what moto gets wrong or lacks, answered right."""

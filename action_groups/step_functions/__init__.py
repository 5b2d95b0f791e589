"""Pipelines on Step Functions: what ran, why it failed, and asking a person to run it again."""

"""Statements that write: files to S3 and entries to Glue, by the caller's own clients.

Athena runs what it is given, as far as the caller's permissions go; so does this package, which
knows nothing of what the product lets a model ask. DuckDB evaluates and writes Parquet into a
private folder; everything that leaves the process leaves through the caller's clients.
"""

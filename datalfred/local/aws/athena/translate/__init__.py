"""Trino's SQL, read and typed as Trino does, written as DuckDB's SQL with the same meaning."""

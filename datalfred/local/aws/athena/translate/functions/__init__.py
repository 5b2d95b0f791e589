"""Trino's functions: what they take, what they return, and how DuckDB says the same."""

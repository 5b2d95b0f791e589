"""Athena: SQL that only reads, priced before it runs and summarised after."""

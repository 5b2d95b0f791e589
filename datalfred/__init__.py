"""Datalfred answers a data team's questions about its AWS data lake."""

__version__ = "0.1.0"

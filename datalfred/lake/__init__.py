"""Gateways to the data platform."""

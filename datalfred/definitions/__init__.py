"""Typed view of agents, OpenAPI schemas and names; handlers loaded by string."""

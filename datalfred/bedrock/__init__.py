"""Bedrock's wire formats, the port of the agent engine, and the platform's rules."""

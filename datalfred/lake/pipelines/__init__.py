"""State machines, their executions and why they failed."""

"""Actions that wait for a person."""

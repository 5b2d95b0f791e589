"""Log lines, Insights queries and alarms."""

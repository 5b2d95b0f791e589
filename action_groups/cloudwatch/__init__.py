"""CloudWatch: searching log lines, asking Logs Insights, and the alarms that ring."""

"""The Glue catalog: which tables there are, what they hold, and what their words mean."""

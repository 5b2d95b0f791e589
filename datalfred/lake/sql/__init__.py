"""SQL: guarded, priced, run, summarised."""

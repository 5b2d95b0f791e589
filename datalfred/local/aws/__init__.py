"""The embedded AWS: one port, unchanged clients."""

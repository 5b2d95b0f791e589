"""The built-in model: no network, no weights."""

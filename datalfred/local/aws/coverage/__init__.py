"""What the embedded AWS vouches for: per operation, and per parameter."""

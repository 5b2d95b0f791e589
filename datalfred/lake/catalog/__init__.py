"""What tables there are and what they mean."""

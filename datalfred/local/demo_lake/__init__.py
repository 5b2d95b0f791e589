"""A data team's lake to try things on."""

"""TPC-H: its data, its 22 queries, and the lake that holds them."""

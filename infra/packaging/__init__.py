"""What Lambda is given: one code asset for all functions, and one layer of dependencies."""

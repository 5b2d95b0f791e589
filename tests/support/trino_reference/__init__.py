"""What Trino answers, evaluated row by row in plain Python.

Written from Trino's documentation alone, to be compared with the embedded Athena. An expression is
a :class:`~tests.support.trino_reference.nodes.Node`: its text, its type, and how a row gives its
value; whoever makes one gets all three. Queries are made of them in the same way.
"""

"""The nodes of an expression's tree, each with its translation."""

"""The stacks of a stage, split by how long what is in them lives."""

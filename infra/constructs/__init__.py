"""What the stacks are made of, each named as AWS names it."""

"""What the agents can do: one package per action group, each a Lambda function."""

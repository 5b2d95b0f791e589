"""The agent loop, as Bedrock runs it."""

"""One answer model, assembled from the agent's stream."""

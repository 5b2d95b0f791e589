"""What every template has to pass before a stage is deployed."""

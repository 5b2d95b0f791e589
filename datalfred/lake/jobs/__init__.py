"""ECS tasks, EMR steps and Glue job runs."""

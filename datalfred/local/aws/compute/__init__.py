"""ECS, EMR, EMR Serverless and Glue job runs."""

"""Jobs on ECS, EMR, EMR Serverless and Glue: which ran, how they ended and what they logged."""

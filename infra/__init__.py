"""Where Datalfred runs: the CDK app of one project and stage."""

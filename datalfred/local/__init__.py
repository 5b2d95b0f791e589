"""Datalfred on a laptop, without an AWS account."""

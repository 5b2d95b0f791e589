"""Permissions of roles: policies as IAM evaluates them, and what each call asks for."""

"""Runs questions and grades the answers."""

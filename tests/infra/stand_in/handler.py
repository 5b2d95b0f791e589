"""Stands for the code of all functions."""

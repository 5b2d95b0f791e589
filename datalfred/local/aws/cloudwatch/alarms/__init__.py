"""Alarms: what they watch, when they ring, and whom they tell."""

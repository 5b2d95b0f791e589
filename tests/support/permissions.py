"""Policies for roles of tests that are about something else."""


def allowing(*actions, resources=("*",), **conditions):
    """A policy that allows these actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    if conditions:
        statement["Condition"] = conditions
    return {"Version": "2012-10-17", "Statement": [statement]}


EVERYTHING = allowing("*")

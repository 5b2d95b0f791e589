"""``datalfred stage empty``: CloudFormation deletes no bucket that holds something."""

import sys
from typing import Any

import click

from datalfred import clients
from datalfred.cli.options import Target, target_options
from datalfred.definitions.naming import access_logs_bucket, documents_bucket, results_bucket
from datalfred.errors import OperatorError


@click.command()
@click.option(
    "--confirm",
    metavar="PROJECT/STAGE",
    default="",
    help="Do not ask: this is the stage that is meant.",
)
@target_options
def empty(target: Target, *, confirm: str) -> None:
    """Delete everything in a stage's own buckets, every version, for good.

    The buckets of the lake are none of them. It asks first, by name.
    """
    from datalfred.cli.connection import connect

    with connect(target):
        s3 = clients.client("s3")
        buckets = _there(s3, target)
        if not buckets:
            click.echo(f"{target.project}/{target.stage} has no buckets in this account.")
            return
        _ask(target, confirm, buckets)
        for bucket in buckets:
            click.echo(f"{bucket}: {_emptied(s3, bucket):,} versions deleted")


def _there(s3: Any, target: Target) -> list[str]:
    """The stage's buckets that this account has: the same name elsewhere is somebody else's.

    The bucket of access logs comes last: deleting in the others is logged, too.
    """
    owned = {each["Name"] for each in s3.list_buckets()["Buckets"]}
    named = (results_bucket, documents_bucket, access_logs_bucket)
    return [name for each in named if (name := each(target.project, target.stage)) in owned]


def _ask(target: Target, confirm: str, buckets: list[str]) -> None:
    expected = f"{target.project}/{target.stage}"
    if not confirm:
        if not sys.stdin.isatty():
            raise click.UsageError(f"Nobody can be asked; say --confirm {expected}.")
        words = f"Everything in {', '.join(buckets)} is deleted for good. Type {expected} to go on"
        confirm = click.prompt(words)
    if confirm != expected:
        raise click.UsageError(f"{confirm!r} is not {expected}; nothing was deleted.")


def _emptied(s3: Any, bucket: str) -> int:
    """Deletes every version and every mark of a deletion; how many there were."""
    deleted = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        ]
        if versions:
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})
            _check(bucket, answer.get("Errors", ()))
        deleted += len(versions)
    return deleted


def _check(bucket: str, errors: Any) -> None:
    for each in errors:
        raise OperatorError(
            f"{each['Key']} in {bucket} could not be deleted: {each['Code']}, {each['Message']}",
            hint="Empty the bucket with a role that may s3:DeleteObjectVersion, and try again.",
        )

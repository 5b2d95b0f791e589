"""An S3 bucket that nobody else reads, in transit or at rest."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stage import Stage

UPLOADS_DAYS = 1
"""After which the parts of an upload that was never finished are deleted."""


class Bucket(s3.Bucket):
    """Private, encrypted, TLS only."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        name: str,
        key: kms.IKey | None,
        access_logs: s3.IBucket | None = None,
        versioned: bool = False,
        lifecycle: Sequence[s3.LifecycleRule] = (),
    ) -> None:
        """Makes the bucket.

        Args:
            scope: the stack.
            construct_id: its id there.
            stage: the stage.
            name: its name, the same on the laptop.
            key: the key that encrypts it; None for S3's own.
            access_logs: where S3 writes who read it.
            versioned: whether what is overwritten or deleted is kept.
            lifecycle: what becomes of objects with time.
        """
        unfinished = s3.LifecycleRule(
            id="unfinished-uploads",
            abort_incomplete_multipart_upload_after=cdk.Duration.days(UPLOADS_DAYS),
        )
        super().__init__(
            scope,
            construct_id,
            bucket_name=name,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=key is not None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{name}/" if access_logs else None,
            versioned=versioned,
            lifecycle_rules=[unfinished, *lifecycle],
            removal_policy=stage.removal,
        )

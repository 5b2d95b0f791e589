"""The Athena workgroup of every query, which enforces its own settings."""

from aws_cdk import aws_athena as athena
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from datalfred.definitions.prices import cutoff_bytes
from infra.stage import Stage

Configuration = athena.CfnWorkGroup.WorkGroupConfigurationProperty
Results = athena.CfnWorkGroup.ResultConfigurationProperty
Encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty


class Workgroup(athena.CfnWorkGroup):
    """Whatever a client asks for, results go to the stage's bucket and the budget cuts off."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        results: s3.IBucket,
        key: kms.IKey | None,
    ) -> None:
        """Makes the workgroup; results are encrypted by ``key``, or by S3 when it is None."""
        encryption = (
            Encryption(encryption_option="SSE_KMS", kms_key=key.key_arn)
            if key
            else Encryption(encryption_option="SSE_S3")
        )
        super().__init__(
            scope,
            construct_id,
            name=stage.name("queries"),
            description="Every query of Datalfred, under its budget.",
            recursive_delete_option=not stage.configuration.retain_data,
            work_group_configuration=Configuration(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=cutoff_bytes(stage.configuration.queries.budget_usd),
                result_configuration=Results(
                    output_location=f"s3://{results.bucket_name}/",
                    expected_bucket_owner=stage.account,
                    encryption_configuration=encryption,
                ),
            ),
        )

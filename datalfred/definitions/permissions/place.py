"""Where a stage is deployed, and the ARNs that its policies name."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from datalfred.definitions.naming import resource_name, results_bucket


@dataclass(frozen=True)
class Place:
    """One project and stage in one account, and the lake that it answers about.

    Attributes:
        project: first part of every name.
        stage: second part of every name.
        account: the AWS account, twelve digits.
        region: the AWS region of the data.
        lake_buckets: the buckets of the lake's tables.
        semantics_uri: S3 prefix of the semantic layer; empty when there is none.
        job_log_uris: S3 prefixes under which EMR clusters archive the logs of their steps.
        lake_keys: ARNs of the KMS keys with which the lake is encrypted.
        functions_region: the region of the functions and agents; empty for that of the data.
    """

    project: str
    stage: str
    account: str
    region: str
    lake_buckets: tuple[str, ...] = ()
    semantics_uri: str = ""
    job_log_uris: tuple[str, ...] = ()
    lake_keys: tuple[str, ...] = ()
    functions_region: str = ""

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def name(self, what: str) -> str:
        """The name of one of the stage's own resources."""
        return resource_name(self.project, self.stage, what)

    @property
    def workgroup(self) -> str:
        """The workgroup of every query."""
        return self.arn("athena", f"workgroup/{self.name('queries')}")

    @property
    def requests(self) -> str:
        """The table of what is asked for."""
        return self.arn("dynamodb", f"table/{self.name('requests')}")

    @property
    def approvals(self) -> str:
        """The table of the approver's records."""
        return self.arn("dynamodb", f"table/{self.name('approvals')}")

    @property
    def audit(self) -> str:
        """The table of the audit trail."""
        return self.arn("dynamodb", f"table/{self.name('audit')}")

    @property
    def results(self) -> str:
        """The bucket of Athena's results."""
        return f"arn:aws:s3:::{results_bucket(self.project, self.stage)}"

    @property
    def lake(self) -> tuple[str, ...]:
        """The buckets of the lake."""
        return tuple(f"arn:aws:s3:::{bucket}" for bucket in self.lake_buckets)


def objects(buckets: tuple[str, ...]) -> tuple[str, ...]:
    """The objects of buckets, as ARNs with a wildcard."""
    return tuple(f"{bucket}/*" for bucket in buckets)


def objects_under(uris: tuple[str, ...]) -> tuple[str, ...]:
    """The objects under ``s3://`` prefixes, as ARNs with a wildcard."""
    parts = (urlsplit(uri) for uri in uris if uri)
    return tuple(f"arn:aws:s3:::{part.netloc}{part.path.rstrip('/')}/*" for part in parts)

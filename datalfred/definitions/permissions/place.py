"""Where a stage is deployed, and the ARNs that its policies name."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from datalfred.definitions.naming import resource_name, results_bucket, settings_parameter


@dataclass(frozen=True)
class Reach:
    """How far a diagnosis may look around in the account, by names in which ``*`` is any text.

    Nothing named means all of a kind: whoever asks why a pipeline failed does not know beforehand
    what it calls.

    Attributes:
        pipelines: state machines that are read, and redriven by the approver.
        functions: Lambda functions whose configuration is read.
        workgroups: Athena workgroups in which pipelines run their queries.
        log_groups: log groups that are searched.
    """

    pipelines: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    workgroups: tuple[str, ...] = ()
    log_groups: tuple[str, ...] = ()


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
        lake_formation: whether Lake Formation governs the lake.
        reach: what is read of the account besides.
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
    lake_formation: bool = False
    reach: Reach = Reach()

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
    def settings(self) -> str:
        """The SSM parameter of the operator's settings."""
        return self.arn("ssm", f"parameter{settings_parameter(self.project, self.stage)}")

    @property
    def results(self) -> str:
        """The bucket of Athena's results."""
        return f"arn:aws:s3:::{results_bucket(self.project, self.stage)}"

    @property
    def pipelines(self) -> tuple[str, ...]:
        """The state machines that are read."""
        return self._reached("states", "stateMachine:{}", self.reach.pipelines)

    @property
    def executions(self) -> tuple[str, ...]:
        """The executions of these."""
        named = tuple(f"{each}:*" for each in self.reach.pipelines)
        return self._reached("states", "execution:{}", named)

    @property
    def map_runs(self) -> tuple[str, ...]:
        """The Map Runs of these executions, which are named after their pipelines."""
        named = tuple(f"{each}/*" for each in self.reach.pipelines)
        return self._reached("states", "mapRun:{}", named)

    @property
    def children(self) -> tuple[str, ...]:
        """The executions that Map Runs start; none where all executions are read anyway."""
        return tuple(self.arn("states", f"execution:{each}/*") for each in self.reach.pipelines)

    @property
    def pipeline_functions(self) -> tuple[str, ...]:
        """The functions that pipelines call."""
        return self._reached("lambda", "function:{}", self.reach.functions)

    @property
    def pipeline_workgroups(self) -> tuple[str, ...]:
        """The workgroups in which pipelines query."""
        return self._reached("athena", "workgroup/{}", self.reach.workgroups)

    @property
    def log_groups(self) -> tuple[str, ...]:
        """The log groups that are searched, with their streams."""
        named = tuple(f"{each}:*" for each in self.reach.log_groups)
        return self._reached("logs", "log-group:{}", named)

    def _reached(self, service: str, resource: str, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.arn(service, resource.format(name)) for name in names or ("*",))

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

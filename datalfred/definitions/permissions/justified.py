"""What policies allow beyond the calls that tests see, each with its reason.

A run of all tests proves that every other action is called on the resources that its statement
names, and that no resource here is wider or narrower than said: see docs/reference/permissions.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Uncalled:
    """Actions that no test on a laptop calls under this statement.

    Attributes:
        sid: the statement.
        actions: which of its actions.
        reason: who calls them, and when.
    """

    sid: str
    actions: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Overlap:
    """An action that another statement of the same policy allows as well, wherever it is called.

    Attributes:
        function: whose policy.
        sid: the statement that could be missed.
        action: the action.
        reason: why it stands nevertheless.
    """

    function: str
    sid: str
    action: str
    reason: str


@dataclass(frozen=True)
class Wide:
    """Resources that are neither the stage's own nor named by its configuration.

    Attributes:
        sid: the statement.
        resources: what follows the account in their ARNs; ``*`` for everything.
        reason: why they are not named.
    """

    sid: str
    resources: tuple[str, ...]
    reason: str


_PARTS = "Athena on AWS writes large results in parts; here each is one object."
_LOCATION = "Athena on AWS looks where a bucket is before it reads or writes there."

UNCALLED = (
    Uncalled(
        "WriteOwnLog",
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        "Lambda's runtime writes the function's log with its role; on a laptop the host does.",
    ),
    Uncalled(
        "ReadCatalogByAthena",
        ("glue:GetPartition", "glue:BatchGetPartition"),
        "Athena on AWS reads the partitions that are left after pruning; here pages of all.",
    ),
    Uncalled("FindLakeByAthena", ("s3:GetBucketLocation",), _LOCATION),
    Uncalled("FindResultsByAthena", ("s3:GetBucketLocation",), _LOCATION),
    Uncalled(
        "FindResultsByAthena",
        ("s3:ListBucket",),
        "Athena on AWS looks whether it may write to the place of results, and what is there.",
    ),
    Uncalled("FindResultsByAthena", ("s3:ListBucketMultipartUploads",), _PARTS),
    Uncalled(
        "WriteResultsByAthena", ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"), _PARTS
    ),
    Uncalled(
        "DecryptLake",
        ("kms:Decrypt",),
        "S3 decrypts the objects of a lake whose keys `lake.keys` names; a laptop's has none.",
    ),
    Uncalled(
        "ReadGovernedLake",
        ("lakeformation:GetDataAccess",),
        "Athena on AWS asks Lake Formation for credentials where `lake.lake_formation` is set.",
    ),
)

OVERLAPS = (
    Overlap(
        "athena",
        "ReadLakeByAthena",
        "s3:GetObject",
        "Whoever forbids the function's own reads of the lake removes ReadFooters: estimates then "
        "count whole files, and queries go on.",
    ),
    Overlap(
        "athena",
        "ReadSemantics",
        "s3:GetObject",
        "The demo's semantic layer lies in its lake; a stage's lies in a bucket of its own.",
    ),
)

_UNKNOWN = "What a pipeline runs is known when it has failed, not when this is deployed; read only."
_NO_RESOURCE = "IAM knows no resource for these actions; they read, or stop a query of one's own."
_LIST = "IAM judges a list on everything that could be in it; it holds names."
_NARROWED = "Which one fails is not known beforehand; `pipelines.{}` narrows it."

WIDE = (
    Wide(
        "ReadCatalog",
        ("catalog", "database/*", "table/*/*"),
        "Definitions, no data; `lake.databases` and `lake.tables` are enforced by the operations.",
    ),
    Wide(
        "ReadCatalogByAthena",
        ("catalog", "database/*", "table/*/*"),
        "As ReadCatalog, and through Athena alone.",
    ),
    Wide("ListPipelines", ("stateMachine:*",), _LIST),
    Wide("ReadPipelines", ("stateMachine:*",), _NARROWED.format("names")),
    Wide("ReadMapRuns", ("mapRun:*",), _NARROWED.format("names")),
    Wide("ReadExecutions", ("execution:*",), _NARROWED.format("names")),
    Wide(
        "Redrive",
        ("execution:*",),
        "Any pipeline may fail; a person's approval names the one execution, and `pipelines.names` "
        "narrows what can be approved at all.",
    ),
    Wide("ReadFunctions", ("function:*",), _NARROWED.format("functions")),
    Wide("ReadQueries", ("workgroup/*",), _NARROWED.format("workgroups")),
    Wide("ListLogs", ("log-group:*",), _LIST),
    Wide("ReadLogs", ("log-group:*",), _NARROWED.format("log_groups")),
    Wide("ReadAlarms", ("alarm:*",), "Alarms have no names of pipelines in them; read only."),
    Wide("ReadTasks", ("task/*",), _UNKNOWN),
    Wide("ReadSteps", ("cluster/*",), _UNKNOWN),
    Wide("ListSteps", ("cluster/*",), _UNKNOWN),
    Wide("ReadServerlessRuns", ("/applications/*/jobruns/*",), _UNKNOWN),
    Wide("ListServerlessRuns", ("/applications/*",), _UNKNOWN),
    Wide("ReadGlueRuns", ("job/*",), _UNKNOWN),
    Wide("ListGlueRuns", ("job/*",), _UNKNOWN),
    Wide("ReadTaskDefinitions", ("*",), _NO_RESOURCE),
    Wide("ReadLogQueries", ("*",), _NO_RESOURCE),
    Wide("ListJobs", ("*",), _NO_RESOURCE),
    Wide(
        "ReadGovernedLake",
        ("*",),
        "IAM knows no resource for it: Lake Formation's own grants say which tables.",
    ),
)

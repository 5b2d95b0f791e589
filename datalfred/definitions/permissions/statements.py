"""The statements that several functions share.

Resources follow the Service Authorization Reference: ``*`` stands only where IAM has no resource
for an action. Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from datalfred.definitions.permissions.document import Allow, Conditions
from datalfred.definitions.permissions.place import Place, objects, objects_under

ATHENA = "athena.amazonaws.com"


def by_athena(place: Place) -> Conditions:
    """Holds for what Athena does on the function's behalf, on resources of the same account.

    A function cannot do it itself. Source:
    https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-calledvia.html
    """
    return {
        "ForAnyValue:StringEquals": {"aws:CalledVia": (ATHENA,)},
        "StringEquals": {"aws:ResourceAccount": place.account},
    }


def own_account(place: Place) -> Conditions:
    """Holds for resources of the same account: bucket names belong to all the world."""
    return {"StringEquals": {"aws:ResourceAccount": place.account}}


def own_log(place: Place, function: str) -> Allow:
    """What Lambda's runtime needs to write the function's own log; its group is deployed."""
    region = place.functions_region or place.region
    name = f"log-group:/aws/lambda/{place.name(function)}:*"
    group = f"arn:aws:logs:{region}:{place.account}:{name}"
    return Allow("WriteOwnLog", ("logs:CreateLogStream", "logs:PutLogEvents"), (group,))


def read_settings(place: Place) -> Allow:
    """What an operator has set since the function was deployed."""
    return Allow("ReadSettings", ("ssm:GetParameter",), (place.settings,))


def catalog(place: Place) -> tuple[str, ...]:
    """The catalog with all its databases and tables."""
    return tuple(place.arn("glue", part) for part in ("catalog", "database/*", "table/*/*"))


def read_catalog(place: Place) -> Allow:
    """Databases, tables and partitions of the Glue catalog."""
    return Allow(
        "ReadCatalog",
        ("glue:GetDatabases", "glue:GetTables", "glue:GetTable", "glue:GetPartitions"),
        catalog(place),
    )


def list_lake(place: Place) -> tuple[Allow, ...]:
    """The sizes of the lake's files, for estimates; what is in them stays closed.

    It also lets S3 answer 404 for a semantic layer's file that is not there.
    """
    if not place.lake:
        return ()
    return (Allow("ListLake", ("s3:ListBucket",), place.lake, own_account(place)),)


def read_semantics(place: Place) -> tuple[Allow, ...]:
    """The semantic layer's files."""
    where = objects_under((place.semantics_uri,))
    return (Allow("ReadSemantics", ("s3:GetObject",), where, own_account(place)),) if where else ()


def read_job_logs(place: Place) -> tuple[Allow, ...]:
    """The logs of EMR steps that were archived in S3; 404 where a step has left none."""
    where = objects_under(place.job_log_uris)
    if not where:
        return ()
    buckets = tuple(dict.fromkeys(each.partition("/")[0] for each in where))
    return (
        Allow("ReadJobLogs", ("s3:GetObject",), where, own_account(place)),
        Allow("ListJobLogs", ("s3:ListBucket",), buckets, own_account(place)),
    )


def read_lake_by_athena(place: Place) -> tuple[Allow, ...]:
    """The lake's files, for Athena alone."""
    if not place.lake:
        return ()
    condition = by_athena(place)
    read = Allow("ReadLakeByAthena", ("s3:GetObject",), objects(place.lake), condition)
    find = Allow("FindLakeByAthena", ("s3:GetBucketLocation",), place.lake, condition)
    return read, find


def read_governed_lake(place: Place) -> tuple[Allow, ...]:
    """The credentials with which Lake Formation lets Athena read what it has granted the role.

    The permission alone opens nothing: Lake Formation's own grants decide, table by table. Source:
    https://docs.aws.amazon.com/athena/latest/ug/lf-athena-user-permissions.html
    """
    if not place.lake_formation:
        return ()
    return (Allow("ReadGovernedLake", ("lakeformation:GetDataAccess",), ("*",)),)


def read_footers(place: Place) -> tuple[Allow, ...]:
    """The ends of the lake's Parquet files, which say how many bytes each column takes.

    S3 knows no permission for the end of an object alone. The function may read all of it through
    Athena anyway; where a lake forbids this, the estimate counts whole files.
    """
    if not place.lake:
        return ()
    return (Allow("ReadFooters", ("s3:GetObject",), objects(place.lake), own_account(place)),)


def decrypt_lake(place: Place) -> tuple[Allow, ...]:
    """The keys of an encrypted lake, for objects that S3 may hand out."""
    if not place.lake_keys:
        return ()
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}}
    return (Allow("DecryptLake", ("kms:Decrypt",), place.lake_keys, through_s3),)

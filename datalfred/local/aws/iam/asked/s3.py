"""What a call of S3 asks for, read from the request line: no service model is needed.

Addresses are path-style here. Source:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote

from datalfred.local.aws.iam.asked.called import Asks, Called, unknown
from datalfred.local.aws.iam.evaluation import Ask

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_VERBS = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "POST": "Post", "DELETE": "Delete"}
_COPY = "x-amz-copy-source"

# Subresources with an action of their own name. {verb} is Get or Put; removing needs Put as well.
_OF_BUCKET = MappingProxyType(
    {
        "accelerate": "{verb}AccelerateConfiguration",
        "acl": "{verb}BucketAcl",
        "cors": "{verb}BucketCORS",
        "encryption": "{verb}EncryptionConfiguration",
        "lifecycle": "{verb}LifecycleConfiguration",
        "location": "GetBucketLocation",
        "logging": "{verb}BucketLogging",
        "notification": "{verb}BucketNotification",
        "object-lock": "{verb}BucketObjectLockConfiguration",
        "ownershipControls": "{verb}BucketOwnershipControls",
        "policyStatus": "GetBucketPolicyStatus",
        "publicAccessBlock": "{verb}BucketPublicAccessBlock",
        "replication": "{verb}ReplicationConfiguration",
        "tagging": "{verb}BucketTagging",
        "uploads": "ListBucketMultipartUploads",
        "versioning": "{verb}BucketVersioning",
        "versions": "ListBucketVersions",
        "website": "{verb}BucketWebsite",
    }
)
_OF_OBJECT = MappingProxyType(
    {
        "acl": "{verb}ObjectAcl",
        "attributes": "GetObjectAttributes",
        "legal-hold": "{verb}ObjectLegalHold",
        "retention": "{verb}ObjectRetention",
        "tagging": "{verb}ObjectTagging",
        "torrent": "GetObjectTorrent",
    }
)
_DELETES_BY_ITS_OWN_NAME = {"policy", "website"}
_LISTING_KEYS = ("prefix", "delimiter", "max-keys")


def asks(called: Called) -> Asks:
    """The asks of one call."""
    bucket, _, key = unquote(called.request.path).lstrip("/").partition("/")
    given = called.request.parameters()
    if not bucket:
        return [Ask("s3:ListAllMyBuckets")]
    where = f"arn:aws:s3:::{bucket}"
    if key:
        return _of_object(called, f"{where}/{key}", given)
    return _of_bucket(called, where, given)


def _of_bucket(called: Called, where: str, given: Mapping[str, str]) -> Asks:
    method = called.request.method
    asked = [
        Ask(f"s3:{action.format(verb=_reading_or_writing(method, name))}", where)
        for name, action in _OF_BUCKET.items()
        if name in given
    ]
    if "policy" in given:
        asked.append(Ask(f"s3:{_VERBS[method]}BucketPolicy", where))
    if asked:
        return asked  # of several only one has an effect: which one is S3's secret
    if method == "POST" and "delete" in given:
        return [
            Ask(f"s3:DeleteObject{'Version' if version else ''}", f"{where}/{key}")
            for key, version in _deleted(called.request.body)
        ] or [unknown("s3:DeleteObject")]
    if method in {"GET", "HEAD"}:
        for name in _LISTING_KEYS:
            if given.get(name):
                called.keys[f"s3:{name}"] = (given[name],)
        return [Ask("s3:ListBucket", where)]
    return [Ask({"PUT": "s3:CreateBucket", "DELETE": "s3:DeleteBucket"}.get(method, "s3:*"), where)]


def _deleted(body: bytes) -> list[tuple[str, str]]:
    """Key and version of each object that a DeleteObjects names; empty where it cannot be read."""
    from xml.etree import ElementTree as ET

    try:
        root = ET.fromstring(body)  # noqa: S314 -- expat itself limits how entities multiply
    except ET.ParseError:
        return []
    named = [each for each in root.iter() if each.tag.rpartition("}")[2] == "Object"]
    return [
        (key, "".join(_within(each, "VersionId"))) for each in named for key in _within(each, "Key")
    ]


def _within(element: "Element", name: str) -> list[str]:
    found = (each for each in element if each.tag.rpartition("}")[2] == name)
    return ["".join(each.itertext()) for each in found]


def _of_object(called: Called, where: str, given: Mapping[str, str]) -> Asks:
    method = called.request.method
    version = "Version" if "versionId" in given else ""
    asked = []
    for name, action in _OF_OBJECT.items():
        if name in given:
            verb = _VERBS[method] if name == "tagging" else _reading_or_writing(method, name)
            plain = action.format(verb=verb)
            asked.append(Ask(f"s3:{plain.replace('Object', f'Object{version}', 1)}", where))
    if "restore" in given:
        asked.append(Ask("s3:RestoreObject", where))
    if asked:
        return asked
    return _PLAIN.get(method, _write)(called, where, given)


def _read(_called: Called, where: str, given: Mapping[str, str]) -> Asks:
    if "uploadId" in given:
        return [Ask("s3:ListMultipartUploadParts", where)]
    return [Ask("s3:GetObjectVersion" if "versionId" in given else "s3:GetObject", where)]


def _write(called: Called, where: str, given: Mapping[str, str]) -> Asks:
    if "select" in given:
        return [Ask("s3:GetObject", where)]
    written = [Ask("s3:PutObject", where)]
    source = called.request.headers.get(_COPY, "")
    if not source:
        return written
    path, _, version = unquote(source).lstrip("/").partition("?versionId=")
    read = "s3:GetObjectVersion" if version else "s3:GetObject"
    return [Ask(read, f"arn:aws:s3:::{path}"), *written]


def _remove(_called: Called, where: str, given: Mapping[str, str]) -> Asks:
    if "uploadId" in given:
        return [Ask("s3:AbortMultipartUpload", where)]
    return [Ask("s3:DeleteObjectVersion" if "versionId" in given else "s3:DeleteObject", where)]


_PLAIN: Mapping[str, Callable[[Called, str, Mapping[str, str]], Asks]] = MappingProxyType(
    {"GET": _read, "HEAD": _read, "PUT": _write, "POST": _write, "DELETE": _remove}
)


def _reading_or_writing(method: str, name: str) -> str:
    if method == "DELETE" and name in _DELETES_BY_ITS_OWN_NAME:
        return "Delete"
    return "Get" if method in {"GET", "HEAD"} else "Put"

"""The three protocols in which clients speak to CloudWatch: JSON, CBOR and Query.

boto3 speaks JSON, the JavaScript SDK CBOR, version 1 of the aws CLI what its botocore prefers, and
older clients Query. Operations see plain values only: numbers, texts, booleans, lists, dicts and
aware datetimes, named as botocore's service model names them.
"""

from datalfred.local.aws.cloudwatch.protocols.dialects import Asked, asked_of, fault, reply

__all__ = ["Asked", "asked_of", "fault", "reply"]

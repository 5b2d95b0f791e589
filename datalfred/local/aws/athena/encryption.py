"""Encryption of what Athena writes: the arguments of PutObject, and leave to use the key."""

from collections.abc import Callable, Mapping
from typing import Any

from datalfred.local.aws.athena.failures import RequestError, StatementError
from datalfred.local.aws.athena.reasons import is_denial, output_denied


def check(configuration: Mapping[str, Any]) -> None:
    """Fails on an ``EncryptionConfiguration`` that cannot be.

    Raises:
        RequestError: a key is missing, or the client would have to decrypt.
    """
    option = configuration.get("EncryptionOption")
    if option == "CSE_KMS":
        raise RequestError("The embedded Athena does not implement the encryption CSE_KMS.")
    if option == "SSE_KMS" and not configuration.get("KmsKey"):
        raise RequestError("KmsKey is required for the encryption option SSE_KMS")


def arguments(configuration: Mapping[str, Any], uri: str, kms: Callable[[], Any]) -> dict[str, str]:
    """What PutObject is told.

    S3 asks KMS for a data key on behalf of the caller, who must be allowed to have one.

    Args:
        configuration: ``EncryptionConfiguration``; empty for none.
        uri: what is written first, for the message.
        kms: the caller's client.

    Raises:
        StatementError: the caller may not use the key, or there is none.
    """
    from botocore.exceptions import ClientError

    option = configuration.get("EncryptionOption")
    if option is None:
        return {}
    if option == "SSE_S3":
        return {"ServerSideEncryption": "AES256"}
    key = str(configuration["KmsKey"])
    try:
        kms().generate_data_key(KeyId=key, KeySpec="AES_256")
    except ClientError as error:
        if is_denial(error):
            raise output_denied(uri) from error
        said = error.response.get("Error", {})
        raise StatementError(
            "", f"KMS.{said.get('Code', '')}: {said.get('Message', '')} ({key})"
        ) from error
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}

"""Proves a person to the approver on AWS: a request signed with their own credentials."""

import re
from collections.abc import Mapping

from datalfred import settings
from datalfred.errors import ConfigurationError

_FUNCTION_URL = re.compile(r"https://[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws(/|$)")


def signed_headers(url: str, body: bytes) -> Mapping[str, str]:
    """Headers that sign a POST of ``body`` to ``url`` with the current credentials (SigV4).

    What is signed for Lambda could invoke any function, so nothing is signed but for the URL of a
    function, or for the embedded AWS.

    Args:
        url: of the approver's function; it names its region, which is signed for.
        body: what the request carries, as JSON.

    Raises:
        ConfigurationError: ``url`` is no such URL, or there are no credentials.
    """
    import botocore.auth  # noqa: PLC0415 -- whoever asks a laptop never signs
    import botocore.awsrequest  # noqa: PLC0415 -- the same
    import botocore.session  # noqa: PLC0415 -- the same

    region = _region(url)
    credentials = botocore.session.Session().get_credentials()
    if credentials is None:
        hint = "Sign in, or set AWS_PROFILE."
        raise ConfigurationError("AWS credentials", "are not to be found.", hint=hint)
    headers = {"content-type": "application/json"}
    request = botocore.awsrequest.AWSRequest("POST", url, headers=headers, data=body)
    botocore.auth.SigV4Auth(credentials, "lambda", region).add_auth(request)
    return dict(request.headers.items())


def _region(url: str) -> str:
    if found := _FUNCTION_URL.match(url):
        return found[1]
    laptop = settings.environment().get("AWS_ENDPOINT_URL")
    if laptop and url.startswith(f"{laptop.rstrip('/')}/"):
        return settings.load().region
    problem = f"{url!r} is no URL of a Lambda function."
    hint = "Take it from the outputs of the deployed stack: https://ID.lambda-url.REGION.on.aws/."
    raise ConfigurationError("DATALFRED_APPROVER_URL", problem, hint=hint)

"""Proves a person to the approver on AWS: a request signed with their own credentials."""

import re
from collections.abc import Mapping

from datalfred import settings
from datalfred.errors import ConfigurationError

_FUNCTION_URL = re.compile(r"https://[^/]+\.lambda-url\.([a-z0-9-]+)\.on\.aws(/|$)")


def signed_headers(service: str, url: str, body: bytes) -> Mapping[str, str]:
    """Headers that sign a POST of ``body`` to ``url`` with the current credentials (SigV4).

    Args:
        service: signing name, such as ``lambda`` for a function URL.
        url: where the request goes; a function's URL names its region, which is signed for.
        body: what it carries, as JSON.

    Raises:
        ConfigurationError: there are no credentials.
    """
    import botocore.auth  # noqa: PLC0415 -- whoever asks a laptop never signs
    import botocore.awsrequest  # noqa: PLC0415 -- the same
    import botocore.session  # noqa: PLC0415 -- the same

    credentials = botocore.session.Session().get_credentials()
    if credentials is None:
        hint = "Sign in, or set AWS_PROFILE."
        raise ConfigurationError("AWS credentials", "are not to be found.", hint=hint)
    found = _FUNCTION_URL.match(url)
    region = found[1] if found else settings.load().region
    headers = {"content-type": "application/json"}
    request = botocore.awsrequest.AWSRequest("POST", url, headers=headers, data=body)
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())

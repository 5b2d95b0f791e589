"""The roles of a stage that is the demo stack, and that stack under them."""

import pytest

from datalfred.definitions.naming import role_name
from datalfred.definitions.permissions import functions
from datalfred.local.aws.message import ACCOUNT
from infra.configuration import Configuration
from tests.infra.privileges.reading import as_written, inline_policies
from tests.support.privileges.operations import PLACE, PROJECT, STAGE, demo_stack

DEMO = Configuration(
    project=PROJECT,
    stage=STAGE,
    account=ACCOUNT,
    region=PLACE.region,
    sizes=("small",),
    lake={
        "buckets": PLACE.lake_buckets,
        "semantics_uri": PLACE.semantics_uri,
        "job_log_uris": PLACE.job_log_uris,
    },
)
"""The deployment of what the laptop's demo stack is."""


def documents(templates):
    """The documents of the synthesised roles of a deployment of the demo, by function."""
    roles = inline_policies(templates)
    return {
        each: as_written(roles[role_name(PROJECT, STAGE, each)]["operations"])
        for each in functions()
    }


@pytest.fixture(scope="session")
def deployed(synthesised):
    """The policies of the demo's deployment, by function."""
    return documents(synthesised(DEMO))


@pytest.fixture(scope="module")
def operations(deployed, tmp_path_factory):
    """The demo stack with the synthesised roles in place of its own; nothing is called yet."""
    with (
        pytest.MonkeyPatch.context() as patch,
        demo_stack(patch, tmp_path_factory.mktemp("state"), deployed) as operations,
    ):
        yield operations

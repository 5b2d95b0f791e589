import pytest

from datalfred.lake import moments
from tests.pipelines_stack import pipelines_stack


@pytest.fixture(scope="module")
def stack():
    with pipelines_stack() as stack:
        yield stack


@pytest.fixture
def write(stack):
    """Writes lines to a stream, each so many seconds before now."""
    logs = stack.client("logs")

    def write(group, stream, *aged):
        for create, names in (
            (logs.create_log_group, {"logGroupName": group}),
            (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                create(**names)
            except logs.exceptions.ResourceAlreadyExistsException:
                continue
        now = moments.milliseconds(moments.now())
        events = [{"timestamp": now - int(age * 1000), "message": line} for age, line in aged]
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=sorted(events, key=lambda event: event["timestamp"]),
        )

    return write

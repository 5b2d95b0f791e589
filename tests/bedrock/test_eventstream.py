from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from datalfred.bedrock import eventstream


def decoded(data):
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(message.headers, message.payload) for message in buffer]


def test_botocore_decodes_an_event():
    ((headers, payload),) = decoded(eventstream.event("chunk", b'{"bytes":""}'))

    assert headers == {
        ":event-type": "chunk",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert payload == b'{"bytes":""}'


def test_botocore_decodes_an_exception():
    ((headers, _),) = decoded(eventstream.exception("throttlingException", b"{}"))

    assert headers[":message-type"] == "exception"
    assert headers[":exception-type"] == "throttlingException"


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_whatever_is_encoded_is_decoded(payloads):
    data = b"".join(eventstream.event("trace", payload) for payload in payloads)

    assert [payload for _, payload in decoded(data)] == payloads

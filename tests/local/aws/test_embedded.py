"""How an embedded AWS ends."""

import pytest

from datalfred.local.aws.embedded import EmbeddedAws


def test_everything_is_closed_although_a_service_cannot_end(tmp_path):
    ended = []

    def fail():
        raise RuntimeError("a thread is stuck")

    aws = EmbeddedAws(tmp_path)
    aws.on_close(lambda: ended.append("first"))
    aws.on_close(fail)
    with pytest.raises(RuntimeError, match="stuck"), aws:
        aws.warm()

    assert ended == ["first"]
    with EmbeddedAws(tmp_path, aws.port) as again:
        again.warm()

"""A Lambda function that others call, for tests to hear what it was told."""

import threading


class WatchingFunction:
    """A function that keeps its events."""

    def __init__(self, aws, name: str) -> None:
        self._got = []
        self._came = threading.Condition()
        self.arn = aws.functions.register(name, self._handle).arn

    def _handle(self, event, _context):
        with self._came:
            self._got.append(event)
            self._came.notify_all()

    def event(self):
        """The next event; waits for it up to five seconds."""
        with self._came:
            assert self._came.wait_for(lambda: self._got, timeout=5), "no event came"
            return self._got.pop(0)

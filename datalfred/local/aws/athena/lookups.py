"""What Glue and S3 told Athena before, given again until something was written there.

A statement asks for each of its tables, their partitions and their files, two milliseconds each
time: more than DuckDB takes for most answers. An answer is kept per question, whoever asked, with
the count of writes from before the question; the caller is judged anew for every question, as the
front door would judge the request.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import urlencode

from datalfred.local.aws.changes import Changes
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Caller, Request

Judge: TypeAlias = Callable[[Request], None]

_MOST_ANSWERS = 2_000
_MOST_ITEMS = 10_000
"""A longer listing is not kept."""


class Lookups:
    """Answers by question; safe to share between threads."""

    def __init__(self, changes: Changes, judge: Judge) -> None:
        """Knows nothing yet.

        Args:
            changes: counts the writes.
            judge: fails for a request that its caller may not make.
        """
        self._changes = changes
        self._judge = judge
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[int, Any]] = OrderedDict()

    def client(self, service: str, client: Any, caller: Caller) -> Any:
        """The boto3 client of a caller, with a memory where there is one for the service."""
        asker = replace(caller, service=service)
        if service == "glue":
            return _Glue(client, self, asker)
        return _S3(client, self, asker) if service == "s3" else client

    def answer(self, request: Request, bucket: str, ask: Callable[[], Any]) -> Any:
        """What ``ask`` gives, or gave for the same request since the last write.

        Args:
            request: the question; where its caller may not ask it, the service itself says so.
            bucket: that it is about; empty for Glue.
            ask: asks the service.
        """
        try:
            self._judge(request)
        except FaultError:
            return ask()
        question = f"{request.caller.region} {request.path} {request.query} {request.target[1]} "
        question += request.body.decode()
        count = self._changes.of(request.caller.service, bucket)
        with self._lock:
            known = self._known.get(question)
        if known is not None and known[0] == count:
            return known[1]
        found = ask()
        if not isinstance(found, list) or _items(found) <= _MOST_ITEMS:
            with self._lock:
                self._known[question] = (count, found)
                self._known.move_to_end(question)
                if len(self._known) > _MOST_ANSWERS:
                    self._known.popitem(last=False)
        return found


def _items(pages: list[Mapping[str, Any]]) -> int:
    return sum(len(value) for page in pages for value in page.values() if isinstance(value, list))


class _Remembering:
    """A boto3 client, some of whose answers are remembered."""

    def __init__(self, client: Any, lookups: Lookups, caller: Caller) -> None:
        self._client = client
        self._lookups = lookups
        self._caller = caller

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class _Glue(_Remembering):
    def get_table(self, **asked: Any) -> Any:
        return self._remembered("GetTable", asked, lambda: self._client.get_table(**asked))

    def get_paginator(self, name: str) -> Any:
        pages = self._client.get_paginator(name)
        if name != "get_partitions":
            return pages

        def ask(asked: Mapping[str, Any]) -> list[Any]:
            listed: list[Any] = self._remembered(
                "GetPartitions", asked, lambda: list(pages.paginate(**asked))
            )
            return listed

        return _Pages(ask)

    def _remembered(self, operation: str, asked: Mapping[str, Any], ask: Callable[[], Any]) -> Any:
        target = {"x-amz-target": f"AWSGlue.{operation}"}
        body = json.dumps(asked, sort_keys=True).encode()
        request = Request("POST", "/", "", target, body, self._caller, via="athena")
        return self._lookups.answer(request, "", ask)


class _S3(_Remembering):
    def get_paginator(self, name: str) -> Any:
        pages = self._client.get_paginator(name)
        if name != "list_objects_v2":
            return pages

        def ask(asked: Mapping[str, Any]) -> list[Any]:
            bucket = asked["Bucket"]
            query = urlencode({"list-type": "2", "prefix": asked.get("Prefix", "")})
            request = Request("GET", f"/{bucket}", query, {}, b"", self._caller, via="athena")
            listed: list[Any] = self._lookups.answer(
                request, bucket, lambda: list(pages.paginate(**asked))
            )
            return listed

        return _Pages(ask)


class _Pages:
    """A paginator whose pages come from memory, or all at once."""

    def __init__(self, ask: Callable[[Mapping[str, Any]], list[Any]]) -> None:
        self._ask = ask

    def paginate(self, **asked: Any) -> Iterator[Any]:
        yield from self._ask(asked)

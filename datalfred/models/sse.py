"""Server-sent events: the data lines of a streamed HTTP response."""

from collections.abc import Iterable, Iterator


def data_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The text after ``data:`` of each line, whatever the pieces it came in."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from _data(lines)
    yield from _data([rest])


def _data(lines: Iterable[bytes]) -> Iterator[str]:
    for line in lines:
        if line.startswith(b"data:"):
            yield line[5:].decode("utf-8", errors="replace").strip()

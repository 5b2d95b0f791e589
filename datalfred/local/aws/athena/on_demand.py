"""The engine, made when the first statement needs it: DuckDB and SQLGlot load then."""

import threading
from typing import TYPE_CHECKING

from datalfred.local.aws.athena.failures import RequestError

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from datalfred.local.aws.athena.engine import Engine
    from datalfred.local.aws.athena.runner import Runner


class RunnerOnDemand:
    """Makes one runner, with its engine and its mirror, and takes them away again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runner: Runner | None = None
        self._engine: Engine | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._closed = False

    def __call__(self) -> "Runner":
        """The runner.

        Raises:
            RequestError: it is closed.
        """
        with self._lock:
            if self._closed:
                raise RequestError("Athena is shutting down.", code="InternalServerException")
            if self._runner is None:
                self._runner = self._made()
            return self._runner

    def _made(self) -> "Runner":
        import tempfile
        from pathlib import Path

        from datalfred.local.aws.athena.engine import Engine
        from datalfred.local.aws.athena.mirror import Mirror
        from datalfred.local.aws.athena.runner import Runner

        self._folder = tempfile.TemporaryDirectory(
            prefix="datalfred-athena-", ignore_cleanup_errors=True
        )
        folder = Path(self._folder.name).resolve()
        copies, scratch = folder / "copies", folder / "scratch"
        copies.mkdir()
        scratch.mkdir()
        self._engine = Engine(folder)
        return Runner(self._engine, Mirror(copies), scratch)

    def close(self) -> None:
        """Closes DuckDB and removes the mirror; nothing may run any more."""
        with self._lock:
            self._closed = True
            if self._engine is not None:
                self._engine.close()
            if self._folder is not None:
                self._folder.cleanup()

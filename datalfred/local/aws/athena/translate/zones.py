"""Time zones: DuckDB knows them by name, Trino by offset too."""

import re
from datetime import timedelta

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate.typed import text

_NAME = re.compile(r"[A-Za-z]+(/[A-Za-z_]+([+-]?[0-9]{1,2})?)*")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")


def known_zone(written: str) -> str:
    """The zone as Trino prints it.

    Raises:
        StatementError: no name of a zone. Whether a zone has that name, DuckDB says later.
    """
    if written in {"Z", "UTC", "+00:00", "-00:00"}:
        return "UTC"
    offset = _OFFSET.fullmatch(written)
    if offset:
        return f"{offset[1]}{int(offset[2]):02d}:{offset[3] or '00'}"
    if not _NAME.fullmatch(written):
        raise StatementError("INVALID_FUNCTION_ARGUMENT", f"Time zone not supported: {written}")
    return written


def _shift(zone: str) -> int | None:
    """Seconds east of Greenwich of a zone that is an offset."""
    offset = _OFFSET.fullmatch(zone)
    if offset is None:
        return None
    shift = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)).seconds
    return shift if offset[1] == "+" else -shift


def local_time(zone: str, sql: str) -> str:
    """DuckDB's text: what a clock in ``zone`` shows at the instant ``sql``."""
    shift = _shift(zone)
    if shift is None:
        return f"timezone({text(zone)}, {sql})"
    return f"(timezone('UTC', {sql}) + INTERVAL ({shift}) SECOND)"


def instant(zone: str, sql: str) -> str:
    """DuckDB's text: the instant at which a clock in ``zone`` shows the timestamp ``sql``.

    Of two such instants, in an autumn night, Java takes the earlier and DuckDB the later.
    """
    shift = _shift(zone)
    if zone == "UTC":
        return f"timezone('UTC', {sql})"
    if shift is None:
        return f"trino_instant({text(zone)}, {sql})"
    return f"timezone('UTC', {sql} - INTERVAL ({shift}) SECOND)"


def offset_text(zone: str, clock: str, moment: str, *, plain: bool = False) -> str:
    """DuckDB's text: how far ``zone`` is from Greenwich at an instant.

    Args:
        zone: id of a zone.
        clock: DuckDB's text of what its clock shows then.
        moment: DuckDB's text of the instant.
        plain: ``+00:00`` where ISO 8601 writes ``Z``.
    """
    if zone == "UTC":
        return text("+00:00" if plain else "Z")
    if _shift(zone) is not None:
        return text(zone)
    written = f"trino_offset_text((epoch_ms({clock}) - epoch_ms({moment})) // 60000)"
    return written if plain else f"replace({written}, '+00:00', 'Z')"

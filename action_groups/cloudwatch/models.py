"""What the operations on logs and alarms return."""

from datalfred.definitions.result import Result
from datalfred.lake.logs.models import AlarmSummary, LogGroup, LogQuery, LogSearch


class LogGroups(Result):
    """Log groups, by name."""

    log_groups: tuple[LogGroup, ...]
    total: int


class SearchedLogs(Result):
    """What a filter pattern found."""

    search: LogSearch


class QueriedLogs(Result):
    """What Logs Insights answered."""

    query: LogQuery


class Alarms(Result):
    """Alarms, ringing ones first."""

    alarms: tuple[AlarmSummary, ...]
    total: int
    in_alarm: int

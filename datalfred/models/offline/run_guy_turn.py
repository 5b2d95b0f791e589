"""What run guy knows in a turn, and the steps that several intents share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from datalfred.models.offline import ops_wording, runs_wording
from datalfred.models.offline.conversation import Conversation, Decision, Step, ToolCall
from datalfred.models.offline.pipelines_view import Named, Pipeline, named, read_pipelines
from datalfred.models.offline.run_guy_words import (
    EVERY,
    WHY,
    redriven_part,
    wants_redrive,
    without_left_out,
)
from datalfred.models.offline.wording import CANNOT, LONGEST_ANSWER


@dataclass(frozen=True)
class Work:
    """What this turn knows so far."""

    talk: Conversation
    question: str
    earlier: list[str]

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        """All pipelines that were listed."""
        return read_pipelines([s.result for s in self.talk.results("list_pipelines")])

    @cached_property
    def named(self) -> Named:
        """The pipelines of the question; else, where it names none, of what was said before."""
        redriven = wants_redrive(self.question)
        here = named(redriven_part(self.question), self.pipelines) if redriven else Named(())
        if not here.fitting:
            text = without_left_out(self.question) if redriven else self.question
            here = named(text, self.pipelines)
            here = replace(here, several=here.several and not redriven)
        if here.fitting or here.unknown or EVERY.search(self.question):
            return here
        for text in reversed(self.earlier):
            found = named(text, self.pipelines)
            if found.fitting:
                return Named(found.fitting)
        return here

    def last(self, operation: str) -> Step | None:
        """The newest result of an operation in this turn."""
        steps = self.talk.results(operation)
        return steps[-1] if steps else None


def call(operation: str, **given: object) -> Decision:
    """One tool call; empty values stay unsaid."""
    return Decision(
        calls=(ToolCall(operation, {k: v for k, v in given.items() if v not in ("", None)}),)
    )


def _listed(work: Work) -> Decision | None:
    """Lists the pipelines, all pages, before a name can be looked up."""
    steps = work.talk.results("list_pipelines")
    last = steps[-1] if steps else None
    if last and last.error:
        return Decision(f"{CANNOT}: the pipelines could not be listed. {last.error}")
    pages = last.result.get("pages", 1) if last else 1
    if last is None or (isinstance(pages, int) and len(steps) < min(pages, 8)):
        return call("list_pipelines", page=len(steps) + 1 if steps else None)
    return None


def one_pipeline(work: Work, *, needed: bool = False) -> tuple[str, Decision | None]:
    """The pipeline that is meant, or the next step: to list them, or to ask back."""
    pending = _listed(work)
    if pending:
        return "", pending
    found = work.named
    if len(found.fitting) == 1:
        return found.fitting[0], None
    if found.several:
        return "", each(work, found.fitting[:4])
    if found.fitting:
        return "", Decision(f"Which pipeline do you mean: {' or '.join(found.fitting[:6])}?")
    if not work.pipelines and not EVERY.search(work.question):
        return "", _none_fits(work)
    unknown = bool(found.unknown) and not EVERY.search(work.question)
    return "", _none_fits(work) if unknown or needed else None


def each(work: Work, names: Sequence[str]) -> Decision:
    """Does for each of several pipelines what was asked for: redrive, diagnosis or state."""
    operation = "list_executions"
    if wants_redrive(work.question):
        operation = "request_redrive"
    elif WHY.search(work.question):
        operation = "diagnose_execution"
    steps = [s for s in work.talk.results(operation) if s.input.get("pipeline") in names]
    if not steps:
        given = {"reason": work.question[:500]} if operation == "request_redrive" else {}
        return Decision(calls=tuple(ToolCall(operation, {"pipeline": n, **given}) for n in names))
    said = [_said_of(step, str(step.input.get("pipeline"))) for step in steps]
    room = LONGEST_ANSWER // len(said) - 4
    return Decision("\n\n".join(s if len(s) <= room else f"{s[: room - 1]}…" for s in said))


def _said_of(step: Step, pipeline: str) -> str:
    if step.operation == "request_redrive":
        return ops_wording.redrive(step)
    if step.error:
        return f"**{pipeline}**: {step.error}"
    if step.operation == "diagnose_execution":
        return ops_wording.diagnosis_short(step)
    return runs_wording.latest(step, pipeline)


def _none_fits(work: Work) -> Decision:
    """Says which pipelines there are, where none is named or none by that name exists."""
    if not work.pipelines:
        return Decision(f"{CANNOT}: there are no pipelines here. {_evidence(work)}".strip())
    known = ", ".join(p.name for p in work.pipelines)
    if work.named.unknown and not EVERY.search(work.question):
        said = " ".join(work.named.unknown[:4])
        return Decision(
            f'{CANNOT}: there is no pipeline named like "{said}". The pipelines are: {known}.'
        )
    failed = ", ".join(
        p.name for p in work.pipelines if p.status in ("FAILED", "TIMED_OUT", "ABORTED")
    )
    return Decision(f"Which pipeline do you mean? Failed last: {failed or 'none'}. All: {known}.")


def _evidence(work: Work) -> str:
    step = work.last("list_pipelines")
    return str(step.result.get("evidence") or "") if step else ""


def failure(step: Step, what: str) -> Decision:
    """What went wrong, in the operation's words."""
    return Decision(f"{CANNOT}: {what}. {step.error}")

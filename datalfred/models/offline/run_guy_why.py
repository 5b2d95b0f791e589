"""Why something failed, what changed, whether to run it again, and asking for that."""

import re

from datalfred.models.offline import ops_wording
from datalfred.models.offline.conversation import Decision
from datalfred.models.offline.run_guy_logs import answer_jobs
from datalfred.models.offline.run_guy_runs import answer_failures
from datalfred.models.offline.run_guy_turn import Work, call, failure, one_pipeline
from datalfred.models.offline.run_guy_words import ABOUT_ONE, ALL_ALARMS, ARN, JOB_ID
from datalfred.models.offline.wording import CANNOT, LONGEST_ANSWER


def answer_redrive(work: Work) -> Decision:
    """Asks for a redrive of the one pipeline or execution that is meant."""
    step = work.last("request_redrive")
    if step:
        return Decision(ops_wording.redrive(step))
    arn = ARN.search(work.question)
    if arn:
        return call("request_redrive", execution_arn=arn[0], reason=work.question[:500])
    pipeline, decision = one_pipeline(work, needed=True)
    if decision:
        return decision
    return call("request_redrive", pipeline=pipeline, reason=work.question[:500])


def answer_advice(work: Work) -> Decision:
    """Whether running it again can help; asks for nothing."""
    step = work.last("diagnose_execution")
    if step:
        return (
            failure(step, "the failure could not be diagnosed")
            if step.error
            else Decision(ops_wording.advice(step))
        )
    pipeline, decision = one_pipeline(work, needed=True)
    return decision or call("diagnose_execution", pipeline=pipeline)


def answer_changed(work: Work) -> Decision:
    """What is different from the last success."""
    step = work.last("diagnose_execution")
    if step:
        return (
            failure(step, "the failure could not be diagnosed")
            if step.error
            else Decision(ops_wording.changed(step))
        )
    pipeline, decision = one_pipeline(work, needed=True)
    return decision or call("diagnose_execution", pipeline=pipeline)


def answer_why(work: Work) -> Decision:
    """Why a pipeline failed; without a name, every failure of the window."""
    arn = ARN.search(work.question)
    if arn:
        return _diagnosed(work, execution_arn=arn[0])
    if JOB_ID.search(work.question):
        return answer_jobs(work)
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    return _diagnosed(work, pipeline=pipeline) if pipeline else answer_failures(work)


def _diagnosed(work: Work, **given: str) -> Decision:
    step = work.last("diagnose_execution")
    if step is None:
        return call("diagnose_execution", **given)
    if step.error:
        return failure(step, "the failure could not be diagnosed")
    return Decision(ops_wording.diagnosis(step))


def answer_alarms(work: Work) -> Decision:
    """Which alarms ring; those of a pipeline where one is meant."""
    pipeline = ""
    if ABOUT_ONE.search(work.question):
        pipeline, decision = one_pipeline(work)
        if decision and decision.calls:
            return decision
    step = work.last("list_alarms")
    if step is None:
        return call("list_alarms")
    if step.error:
        return failure(step, "the alarms could not be listed")
    every = bool(ALL_ALARMS.search(work.question))
    return Decision(ops_wording.alarms(step, every=every, about=pipeline))


def answer_purpose(work: Work) -> Decision:
    """What a pipeline is for, in the words of its own description."""
    name, decision = one_pipeline(work, needed=True)
    if decision:
        return decision
    found = next(p for p in work.pipelines if p.name == name)
    step = work.talk.results("list_pipelines")[-1]
    if not found.description:
        return Decision(f"{CANNOT}: **{name}** has no description. {ops_wording.evidence_of(step)}")
    state = f" Its newest execution is {found.status}." if found.status else ""
    return Decision(f"**{name}**: {found.description}{state}\n\n{ops_wording.evidence_of(step)}")


def answer_lineage(work: Work) -> Decision:
    """Which pipeline fills which table: only descriptions can tell."""
    name, decision = one_pipeline(work)
    if decision and decision.calls:
        return decision
    if name:
        return answer_purpose(work)
    said = [f"- {p.name}: {p.description}" for p in work.pipelines if p.description]
    tables = re.findall(r"\b\w+\.\w+\b|\b\w+(?= tables?\b)", work.question.lower())
    evidence = ops_wording.evidence_of(work.talk.results("list_pipelines")[-1])
    fits = [s for s in said if any(re.search(rf"\b{re.escape(t)}\b", s.lower()) for t in tables)]
    if fits:
        lines = "\n".join(fits)
        return Decision(
            f"By what the pipelines say of themselves:\n\n{lines}\n\n{evidence}"[:LONGEST_ANSWER]
        )
    known = "\n".join(said) or ", ".join(p.name for p in work.pipelines)
    return Decision(
        f"{CANNOT}: no operation here shows which pipeline fills which table. "
        f"The pipelines say of themselves:\n\n{known}"[:LONGEST_ANSWER]
    )


def answer_who(work: Work) -> Decision:
    """Who did something: no operation tells."""
    name, decision = one_pipeline(work)
    if decision:
        return decision
    about = f" with {name}" if name else ""
    return Decision(
        f"{CANNOT}: no operation here tells who did or approved something{about}. "
        "Requests that wait show in `datalfred approvals list`; who called AWS is in CloudTrail."
    )

"""The supervisor: small talk and refusals it answers itself, all else goes to a collaborator.

Which collaborators there are, and what each is for, is read from the tool that reaches them.
"""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from collections.abc import Sequence

from datalfred.models.offline import follow_up
from datalfred.models.offline.conversation import Conversation, Decision, Said, Step, ToolCall
from datalfred.models.offline.released import waiting_question
from datalfred.models.offline.routing import (
    NO_PIPELINE,
    earlier_of,
    parts_by_words,
    parts_of,
    side_of,
    weights_of,
    with_ordinal,
)
from datalfred.models.offline.small_talk import SEND, is_chat, own_words, recipients, without_tools
from datalfred.models.offline.text import clean, words_of
from datalfred.models.offline.wording import CANNOT, LONGEST_ANSWER

_RUN_AGAIN = re.compile(
    (
        r"^\W*(?:please |can you |could you |now |ok |and )*(?:run|execute|do|try) (?:it|that|"
        r"this|the (?:query|same(?: query| thing)?)|that query|this query) (?:once more|again|"
        r"one more time)\W*(?:please)?\W*$|^\W*(?:again|once more|same again|repeat(?: that| "
        r"it| the (?:query|question))?|re-?run (?:the|that|this) query)\W*(?:please)?\W*$"
    ),
    re.IGNORECASE,
)


_KEY = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|(?i:\b(?:password|passwd|pwd|secret|token|"
    r"api[_-]?key)\b\s*(?:is|=|:)\s*)\S+|\bxox[abprs]-[\w-]+|\bgh[pousr]_\w{20,}|"
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)


def decide(talk: Conversation) -> Decision:
    """The next step of the supervisor."""
    question = _masked(clean(talk.question))
    if talk.steps:
        return _other_side(talk, question) or Decision(_combined(talk))
    own = own_words(talk, question) if not waiting_question(talk, question) else ""
    if own:
        return Decision(own)
    return _hand_over(talk, question)


def _hand_over(talk: Conversation, question: str) -> Decision:
    team = recipients(talk)
    data = next((r for r in team if not r.runs_pipelines), None)
    ops = next((r for r in team if r.runs_pipelines), None)
    if data is None or ops is None:
        only = data or ops
        return _send([(only.name, question)]) if only else Decision(without_tools(talk))
    if waiting := waiting_question(talk, question):
        return _send([(data.name, _masked(waiting))])
    if _RUN_AGAIN.match(question):
        again = _again(talk)
        if again:
            return _send([(ops.name if again[0] == "ops" else data.name, again[1])])
    sent: list[tuple[str, str]] = []
    for part, side in parts_of(talk, question):
        earlier = earlier_of(talk, side)
        if side == "ops":
            part = with_ordinal(talk, part)  # noqa: PLW2901 -- the part as it is sent
        sent.append(
            (
                ops.name if side == "ops" else data.name,
                follow_up.wrap(_masked(part), [_masked(e) for e in earlier]),
            )
        )
    return _send(sent)


def _other_side(talk: Conversation, question: str) -> Decision | None:
    """The other collaborator, where the first could not answer and it may have been meant."""
    team = recipients(talk)
    ops = next((r.name for r in team if r.runs_pipelines), "")
    data = next((r.name for r in team if not r.runs_pipelines), "")
    if len(talk.steps) > 1 or not data or not ops:
        return None
    asked, answer = talk.steps[0].input.get("recipient"), _answer_of(talk.steps[0])
    found = weights_of(question)
    if asked == ops and NO_PIPELINE.match(answer) and found.doubtful:
        earlier = [_masked(e) for e in earlier_of(talk, "data")]
        return _send([(data, follow_up.wrap(question, earlier))])
    if asked == data and answer.startswith(CANNOT) and found.ops and found.ops >= found.data:
        return _send([(ops, question)])
    return None


def _send(messages: Sequence[tuple[str, str]]) -> Decision:
    return Decision(
        calls=tuple(ToolCall(SEND, {"recipient": name, "content": text}) for name, text in messages)
    )


def _masked(text: str) -> str:
    """A text without the secrets that a person may have pasted into it."""
    return _KEY.sub("[removed]", text)


def _again(talk: Conversation) -> tuple[str, str] | None:
    """What "run it again" repeats: the last query, or the wish to run a pipeline again."""
    asked = [clean(a) for a in talk.asked_before() if not is_chat(clean(a))]
    if not asked:
        return None
    side = "data"
    for text in asked:
        side = side_of(text) or side
    if side == "ops":
        return "ops", follow_up.wrap("run it again", asked)
    own = [a for a in asked if not _RUN_AGAIN.match(a)]
    return ("data", follow_up.wrap(own[-1], own[:-1])) if own else None


def _combined(talk: Conversation) -> str:
    answers = [(str(s.input.get("recipient", "")), _answer_of(s)) for s in talk.steps]
    said = [(name, text) for name, text in answers if text]
    if not said:
        return f"{CANNOT}: the collaborators gave no answer."
    said = _without_doubt(said, str(talk.question))
    if len(said) == 1:
        return _cut(said[0][1], LONGEST_ANSWER)
    good = [(n, t) for n, t in said if not t.startswith(CANNOT)]
    bad = [(n, t) for n, t in said if t.startswith(CANNOT)]
    room = LONGEST_ANSWER // len(said) - 4
    parts = [_cut(t, room) for _, t in [*good, *bad]]
    if good and bad:
        parts[len(good) :] = [
            _cut("The rest I could not answer" + t.removeprefix(CANNOT), room) for _, t in bad
        ]
    return "\n\n---\n\n".join(parts)


def _without_doubt(said: list[tuple[str, str]], question: str) -> list[tuple[str, str]]:
    """Of two collaborators asked for the same, the one that knew what it was about."""
    if len({name for name, _ in said}) != 2 or len(parts_by_words(question)) > 1:
        return said
    if NO_PIPELINE.match(said[0][1]):
        return said[1:]
    if said[0][1].startswith(CANNOT):
        subject = re.match(r"\*\*([\w.-]+)\*\*", said[1][1])
        words = set(words_of(question))
        known = bool(subject) and len(words & set(words_of(subject[1] if subject else ""))) >= 2
        return said[1:] if known else said[:1]
    return said


def _answer_of(step: Step) -> str:
    if step.error and not step.result.get("text"):
        return f"{CANNOT}: {step.error}"
    return str(step.result.get("text") or step.result.get("answer") or "").strip()


def _cut(text: str, room: int) -> str:
    """Shortens an answer from its middle: table rows go first, evidence and SQL stay."""
    if len(text) <= room:
        return text
    blocks = text.split("\n\n")
    for index, block in enumerate(blocks):
        if block.startswith("| ") and len("\n\n".join(blocks)) > room:
            lines = block.split("\n")
            spare = len("\n\n".join(blocks)) - room
            while len(lines) > 4 and spare > 0:
                spare -= len(lines.pop()) + 1
            blocks[index] = "\n".join([*lines, "| … |"])
    for index in range(len(blocks) - 2, 0, -1):
        if len("\n\n".join(blocks)) > room:
            blocks[index] = ""
    text = "\n\n".join(b for b in blocks if b)
    return text if len(text) <= room else text[: room - 1] + "…"


def earlier_texts(said: Sequence[Said]) -> list[str]:
    """The texts of earlier turns."""
    return [s.text for s in said]

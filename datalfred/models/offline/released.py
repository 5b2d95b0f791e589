"""A query that waits for a person, and the words by which they say that it need wait no longer.

The words release nothing: the same question leads to the same statement, and the operation alone
knows whether somebody has approved it.
"""

import re

from datalfred.models.offline import follow_up
from datalfred.models.offline.conversation import Conversation
from datalfred.models.offline.small_talk import is_chat
from datalfred.models.offline.text import clean

WAITS = "The query waits for approval"
"""How the analyst begins to say so."""

_ID = re.compile(rf"{WAITS} [0-9a-f]{{32}}\b")
_LEAD = (
    r"(?:(?:ok(?:ay)?|yes|yep|yeah|sure|done|so|now|and|then|please|great|thanks|thank you|cool|"
    r"hey|alright|all right|can you|could you|you (?:can|may))\W+)*"
)
_RUN = (
    r"(?:now |please |just |then )*(?:run|execute|start|try|rerun|re-run) "
    r"(?:it|that|this|the query|that query|this query|the statement)(?: (?:now|then|again|please))*"
)
_APPROVED = (
    r"(?:(?:it|that|this|(?:the|my|this|that) (?:query|approval|request|price)|"
    r"approval [0-9a-f]{4,32})"
    r"(?:'s| is| was| has| got)?(?: been| now| already| just)* "
    r"(?:approved|released|confirmed|granted|through)(?: now| already)?|"
    r"(?:is|was|has) (?:it|that|this|the query)(?: been)? (?:approved|released)(?: now| yet)?|"
    r"(?:i|we|they|he|she|[a-z]+)(?:'ve| have| has)?(?: just| now| already)* "
    r"(?:approved|released|confirmed)(?: (?:it|that|this|the query|the price))?(?: now| already)?|"
    r"(?:just |now |already )*(?:approved|released)(?: now| already)?)"
)
_RELEASED = re.compile(
    rf"^\W*{_LEAD}(?:{_RUN}|{_APPROVED}(?:\W+(?:{_LEAD}){_RUN})?)\W*(?:please|thanks)?\W*$",
    re.IGNORECASE,
)


def waiting_question(talk: Conversation, question: str) -> str:
    """The question whose query waits, if these words say that it may run; else empty."""
    if not _RELEASED.match(question):
        return ""
    for place in range(len(talk.earlier) - 1, -1, -1):
        said = talk.earlier[place]
        if said.role == "assistant" and _ID.search(said.text):
            return _asked_before(talk, place)
    return ""


def _asked_before(talk: Conversation, place: int) -> str:
    """What the person had asked when that was said, with what it leans on."""
    asked = [
        text
        for said in talk.earlier[:place]
        if said.role == "user"
        and (text := clean(said.text))
        and not is_chat(text)
        and not _RELEASED.match(text)
    ]
    return follow_up.wrap(asked[-1], asked[:-1]) if asked else ""

"""What people say around a question: greetings, excuses, what it is for, thanks.

Only whole phrases go that cannot hold a filter; what is not known to be courtesy stays, so that the
verifier can refuse it.
"""

# ruff: noqa: E501 -- a pattern is read in one line

import re

_ROLE = r"(?:(?:[a-z]+ ){0,2}(?:cfo|ceo|coo|cmo|cto|cdo|svp|vp|manager|lead|head|analyst|director|engineer|intern|colleague|sre)|[a-z]+ (?:team|desk))"
_PURPOSE = r"(?:board|slides?|deck|report|reporting|presentation|meeting|auditors?|audit|stand-?up|newsletter|budget|forecast|review|records?|boss|manager|team|investors?|management|newbie|newcomer)"
_STOP = r"\s*(?:[,.!:;\u2013\u2014]+|\s-+\s)\s*"

_LEADING = re.compile(
    rf"""^\s*(?:
      (?:(?:hi|hello|hey|hiya|yo|dear|good\ (?:morning|afternoon|evening|day))(?:\ (?:there|team|all|everyone|everybody|folks|guys|datalfred|colleagues?|again|both))?){_STOP}
    | (?:(?:i\ am\ |i'm\ |so\ |really\ |very\ )*(?:sorry|apologies|excuse\ me|pardon)(?:\ (?:to\ bother(?:\ you)?|for\ (?:the\ |a\ |this\ |my\ )?(?:\w+\ )?(?:question|bother|interruption|noise|disturbance)|but))?){_STOP}
    | (?:just\ )?(?:a\ |one\ |another\ )?(?:quick|silly|dumb|stupid|simple|small|random|short|last|newbie)\ (?:one|question|thing|check){_STOP}
    | {_ROLE}\ (?:here|speaking){_STOP}
    | (?:(?:i\ am|i'm|we\ are|we're|i\ was|currently|i\ have\ been)\ )?(?:preparing|working\ on|writing|building|putting\ together|finishing|updating|doing)\ (?:[\w']+\ ){{0,5}}?{_PURPOSE}(?:\ (?:for|on|of)\ (?:[\w']+\ ?){{1,4}})?{_STOP}
    | for\ (?:the|my|our|a|an)\ (?:[\w']+\ ){{0,3}}?{_PURPOSE}{_STOP}
    | (?:ok|okay|right|well|so|please|pls|thanks|thank\ you|great|cool|perfect|morning|evening|afternoon){_STOP}
    )""",
    re.IGNORECASE | re.VERBOSE,
)

_WRAPPED = re.compile(
    r"""^\s*(?:and\s+)?(?:
      (?:i|we)\b[^.?!\d]{0,160}?\bif\ (?:you|someone|somebody)\ (?:could|can|would)\ (?:please\ )?
        (?:tell|show|give|send|get)\ (?:me|us)\ (?:what\ (?:is|was)\ )?
    | (?:i|we)(?:\ would|'d)?\ be\ (?:very\ |really\ |so\ |most\ )?(?:grateful|glad|happy|thankful)\ if\ (?:you|someone|somebody)\ (?:could|can|would)[ ]
        (?:please\ )?(?:tell|show|give|send|get|pull|find|let)\ (?:me|us)(?:\ know)?\ (?:what\ (?:is|was)\ )?
    | (?:could|can|would|will)\ (?:you|someone|somebody|anyone|anybody)\ (?:please\ |kindly\ |quickly\ |maybe\ )*(?:pull|fetch|grab|dig\ out|look\ up|work\ out|figure\ out|get)(?:\ (?:me|us|out|up))?[ ]
    | (?:please\ )?(?:gimme|grab(?:\ me)?|hit\ me\ with|dig\ out|pull\ up|pull)[ ]
    | (?:let\ me|let's|can\ i|may\ i|could\ i|i\ want\ to|i'd\ like\ to|i\ would\ like\ to)\ (?:have\ |take\ )?(?:a\ )?(?:(?:quick|short|brief)\ )?(?:peek|glance|look)\ (?:at|into)[ ]
    | (?:take\ |have\ )?(?:a\ )?(?:quick|short|brief)\ (?:peek|glance|look)\ (?:at|into)[ ]
    | (?:peek|glance)\ (?:at|into)[ ]
    )""",
    re.IGNORECASE | re.VERBOSE,
)

_TRAILING = re.compile(
    rf"""(?:\s*[,.!?;]+\s*|\s+-+\s*|\s+)(?:
      (?:many\ )?(?:thanks|thank\ you|thx|cheers|ta|tia)(?:\ (?:so|very)\ much|\ a\ lot|\ in\ advance|\ again|\ a\ million)?
    | please|pls|plz|asap|if\ (?:possible|you\ can|you\ do\ not\ mind|you\ don't\ mind)|when\ you\ have\ (?:a\ )?(?:minute|moment|time)
    | (?:i\ )?(?:need|want)\ (?:it|this|that|them)\ (?:asap|(?:for|by)\ (?:the\ |my\ |our\ |a\ )?(?:[\w']+\ ){{0,3}}?{_PURPOSE}|urgently|now)
    | for\ (?:the|my|our)\ (?:[\w']+\ ){{0,2}}?{_PURPOSE}
    | (?:(?:is|are|will\ be|would\ be)\ (?:enough|fine|plenty|ok|okay)|will\ do|would\ do)
    )\s*[.!?]*\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_SHOW_INSTEAD = re.compile(r"gimme|peek|glance|look|grab|pull|fetch", re.IGNORECASE)


def plain(question: str) -> str:
    """The question without the courtesy around it; a text of courtesy alone stays as it is."""
    text = question
    for _ in range(6):
        before = text
        text = _LEADING.sub("", text, count=1)
        wrapped = _WRAPPED.match(text)
        if wrapped:
            shown = "show " if _SHOW_INSTEAD.search(wrapped[0]) else ""
            text = shown + text[wrapped.end() :]
        text = _TRAILING.sub("", text, count=1)
        if text == before:
            break
    return text if re.search(r"\w", text) else question

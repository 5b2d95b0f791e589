"""Which pipeline a text names, out of those that exist."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datalfred.models.offline.text import clean, nearest, stem, tokenize, words_in, words_of
from datalfred.models.offline.vocabulary import CHATTER

_SURE = 2.3
"""The score of a word of its own and one for what the pipeline does: "the customer sync"."""
_KIND_WORDS = {
    stem(w)
    for w in words_in(
        """
ingestion ingest ingesting load loading loader loads loaded import importing importer
imported export exporting exported exporter sync syncing synced synchronisation
synchronization aggregation aggregate aggregating refresh refreshing refreshed report
reporting etl
"""
    )
}
OPERATIONS_WORDS = {
    stem(w)
    for w in words_in(
        """
pipeline pipelines workflow workflows state machine machines execution executions run
runs running ran rerun redrive retry restart job jobs task tasks step steps status fail
failed fails failing failure failures failling broke broken break breaks error errors
erroring erred crash crashed crashes die died dies stuck hang hung hanging finish
finished complete completed succeed succeeded success successful successfully latest
last newest recent current currently night yesterday today morning overnight week hour
hours day days why what when how which did does is was were are has have been get got
many times often long since ago diagnose diagnosis investigate root cause reason wrong
happened happen problem problems issue issues broken explain tell show list give history
log logs check checking state health healthy ok okay green red fine working work works
alarm alarms firing alert alerts again start started starting trigger triggered stop
stopped now please ones one all every any each it that this them those these there data
lake nightly daily scheduled schedule process processes batch the and find look looking
into analyse analyze debug troubleshoot happening going on status statuses overview
summary report' exception exceptions message messages search lines count number total
group groups attempt attempts most first whats hows up down out still yet done not only
just same time kick off resume replay execute re go us my our fire page paged paging
call called execution's cloudwatch step function functions aws sfn past minutes minute
glue emr ecs spark container containers cluster lambda athena serverless monday tuesday
wednesday thursday friday saturday sunday weekend month between from until before after
during in anything something nothing everything someone dataset datasets feed feeds
table tables flow flows dag dags etl elt ingestion full detail details more info
information about need know want would could can you should will shall if ever never
causes caused causing fixed fix fixing quickly asap urgent urgently help thanks hi hello
hey everyone summarise summarize exactly see view describe did't happens ended end ends
result results outcome latest approved approve approval fell over blew blow blown went
bad bust busted kaput dead down flaky keeps keep kept continue continues came come back
trouble having make made sure let run's took take takes takin duration longest slowest
fastest average avg mean typical usually normally times't aborted abort cancelled succeeded timed
"""
    )
}


_NOUNS = {stem(w) for w in words_in("pipeline workflow machine dag etl job task flow feed")}
_ARTICLES = {stem(w) for w in words_in("the our a an my that this last latest newest please")}
_LEADING = {
    stem(w)
    for w in words_in(
        """
of for did does is was has why rerun redrive retry restart resume run diagnose about status
logs investigate check debug again
"""
    )
}
_FOLLOWING = {
    stem(w)
    for w in words_in(
        """
fail failed failing break broke broken run running ran finish finished complete completed
succeed succeeded work worked working crash crashed die died stuck take again red down slow
yesterday today now last okay healthy done load loaded
"""
    )
}
_ANY_LOAD = {stem(w) for w in words_in("load loads loaded loading loader etl report reports")}
"""Said of every pipeline: "the nightly load" names none."""


@dataclass(frozen=True)
class Pipeline:
    """One pipeline of a listing."""

    name: str
    status: str = ""
    started_at: str = ""
    description: str = ""


def read_pipelines(results: Sequence[Mapping[str, Any]]) -> list[Pipeline]:
    """All pipelines of ``list_pipelines`` results."""
    found: dict[str, Pipeline] = {}
    for result in results:
        for raw in result.get("pipelines") or ():
            if isinstance(raw, Mapping) and raw.get("name"):
                name = str(raw["name"])
                found[name] = Pipeline(
                    name,
                    str(raw.get("last_status") or ""),
                    str(raw.get("last_started_at") or ""),
                    str(raw.get("description") or ""),
                )
    return list(found.values())


@dataclass(frozen=True)
class Named:
    """What a text names: pipelines that fit, and words that fit none."""

    fitting: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    several: bool = False
    """Each of those that fit was named for itself, as in "a and b"; all are meant."""


_BETWEEN = re.compile(
    r"\s*(?:,|&|\band\b|\bor\b|\bvs\.?|\bversus\b|\bwith\b|\bplus\b)\s*", re.IGNORECASE
)


def named(text: str, pipelines: Sequence[Pipeline]) -> Named:
    """The pipelines that a text names best, one or several.

    A name's own words count fully, words for what pipelines do ("load", "sync") only break ties.
    Two equally good ones are both returned: the person must say which.
    """
    whole = _whole_names(text, pipelines)
    if len(whole) > 1:
        return Named(whole, several=True)
    pieces = [p for p in _BETWEEN.split(text) if p.strip()]
    if len(pieces) > 1:
        each = [_named_once(piece, pipelines) for piece in pieces]
        sure = [n.fitting[0] for n in each if len(n.fitting) == 1 and n.sure]
        if len(set(sure)) > 1:
            return Named(tuple(dict.fromkeys(sure)), several=True)
    if whole:
        return Named(whole)
    best = _named_once(text, pipelines)
    return Named(best.fitting, best.unknown)


def _whole_names(text: str, pipelines: Sequence[Pipeline]) -> tuple[str, ...]:
    """Names that stand in a text as they are, in its order, none within a longer one."""
    places: list[tuple[int, int, str]] = []
    for name in sorted((p.name for p in pipelines), key=len, reverse=True):
        for match in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE):
            if not any(a <= match.start() < b for a, b, _ in places):
                places.append((match.start(), match.end(), name))
    return tuple(dict.fromkeys(name for _, _, name in sorted(places)))


@dataclass(frozen=True)
class _Guess:
    fitting: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    sure: bool = False


def _named_once(text: str, pipelines: Sequence[Pipeline]) -> _Guess:
    whole = _whole_names(text, pipelines)
    if whole:
        return _Guess(whole, sure=True)
    said = [
        t.norm
        for t in tokenize(clean(re.sub(r"[-_/]", " ", text)))
        if t.kind in ("word", "quoted", "name")
    ]
    stems = [stem(w) for w in said]
    names = {w for p in pipelines for w in words_of(p.name)}
    vocabulary = {stem(w) for w in names}
    fixed = {_repaired(s, w, vocabulary, names) for s, w in zip(stems, said, strict=True)}
    scored = sorted(((_score(p, fixed), p.name) for p in pipelines), key=lambda x: (-x[0], x[1]))
    best = scored[0][0] if scored else 0.0
    known = vocabulary | OPERATIONS_WORDS | _KIND_WORDS
    strange = [
        word_stem not in known
        and word not in CHATTER
        and len(word) > 2
        and not _repairs(word, word_stem, vocabulary, names)
        for word_stem, word in zip(stems, said, strict=True)
    ]
    dashed = {w for name in re.findall(r"\w+(?:[-_]\w+)+", text) for w in words_of(name)}
    unknown = tuple(
        word
        for place, word in enumerate(said)
        if strange[place] and (word in dashed or _names(place, stems, strange))
    )
    fitting = tuple(n for s, n in scored if s == best) if best >= 1.0 else ()
    return _Guess(fitting, unknown, best >= _SURE)


def _names(place: int, stems: Sequence[str], strange: Sequence[bool]) -> bool:
    """Whether a strange word stands where the name of a pipeline stands.

    As in "the payroll pipeline", "pipeline payroll", "status of payroll" and "did payroll fail";
    not as in "for the third time".
    """
    end = place
    while end + 1 < len(stems) and strange[end + 1]:
        end += 1
    start = place
    while start > 0 and strange[start - 1]:
        start -= 1
    after = stems[end + 1] if end + 1 < len(stems) else ""
    before = [s for s in stems[:start] if s not in _ARTICLES]
    if after in _KIND_WORDS | _NOUNS or (before and before[-1] in _NOUNS):
        return True
    led = bool(before) and before[-1] in _LEADING | _KIND_WORDS
    return led and (not after or after in _FOLLOWING)


def _score(pipeline: Pipeline, said: set[str]) -> float:
    words = [stem(w) for w in words_of(pipeline.name)]
    own = [w for w in words if w not in _KIND_WORDS]
    hits = sum(w in said for w in own)
    kinds = sum(w in said for w in words if w in _KIND_WORDS)
    if not hits and kinds:
        telling = set(words) - _ANY_LOAD
        return 1.0 if any(w in said for w in telling) else 0.0
    return 0.0 if not hits else 1.0 + hits + 0.4 * kinds - 0.1 * (len(own) - hits)


def _repairs(word: str, word_stem: str, vocabulary: set[str], names: set[str]) -> str:
    if word_stem in vocabulary | OPERATIONS_WORDS:
        return ""
    return stem(nearest(word, sorted(w for w in names if len(w) > 3)))


def _repaired(word_stem: str, word: str, vocabulary: set[str], names: set[str]) -> str:
    if word_stem in vocabulary:
        return word_stem
    return _repairs(word, word_stem, vocabulary, names) or word_stem

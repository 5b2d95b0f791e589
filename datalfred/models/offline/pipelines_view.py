"""Which pipeline a text names, out of those that exist."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datalfred.models.offline.text import clean, nearest, stem, tokenize, words_in, words_of
from datalfred.models.offline.vocabulary import CHATTER

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
fastest average avg mean typical usually normally times't
"""
    )
}


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


def named(text: str, pipelines: Sequence[Pipeline]) -> Named:
    """The pipelines that a text names best.

    A name's own words count fully, words for what pipelines do ("load", "sync") only break ties.
    Two equally good ones are both returned: the person must say which.
    """
    lowered = text.lower()
    whole = [
        p.name
        for p in pipelines
        if re.search(rf"(?<![\w-]){re.escape(p.name.lower())}(?![\w-])", lowered)
    ]
    if whole:
        longest = max(len(n) for n in whole)
        return Named(tuple(n for n in whole if len(n) == longest))
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
    unknown = tuple(
        word
        for word_stem, word in zip(stems, said, strict=True)
        if word_stem not in known
        and word not in CHATTER
        and len(word) > 2
        and not _repairs(word, word_stem, vocabulary, names)
    )
    fitting = tuple(n for s, n in scored if s == best) if best >= 1.0 else ()
    return Named(fitting, unknown)


def _score(pipeline: Pipeline, said: set[str]) -> float:
    words = [stem(w) for w in words_of(pipeline.name)]
    own = [w for w in words if w not in _KIND_WORDS]
    hits = sum(w in said for w in own)
    kinds = sum(w in said for w in words if w in _KIND_WORDS)
    if not hits and kinds:
        return 1.0 if any(w in said for w in words) else 0.0
    return 0.0 if not hits else 1.0 + hits + 0.4 * kinds - 0.1 * (len(own) - hits)


def _repairs(word: str, word_stem: str, vocabulary: set[str], names: set[str]) -> str:
    if word_stem in vocabulary | OPERATIONS_WORDS:
        return ""
    return stem(nearest(word, sorted(w for w in names if len(w) > 3)))


def _repaired(word_stem: str, word: str, vocabulary: set[str], names: set[str]) -> str:
    if word_stem in vocabulary:
        return word_stem
    return _repairs(word, word_stem, vocabulary, names) or word_stem

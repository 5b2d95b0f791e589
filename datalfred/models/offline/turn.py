"""What the data analyst knows in a turn: the question, and what the catalog's operations said."""

from dataclasses import dataclass
from functools import cached_property

from datalfred.models.offline import catalog_reading, search
from datalfred.models.offline.catalog_view import Catalog, Hit
from datalfred.models.offline.conversation import Conversation
from datalfred.models.offline.text import Token, clean, tokenize


@dataclass(frozen=True)
class Work:
    """What this turn knows so far."""

    talk: Conversation
    question: str
    earlier: list[str]

    @cached_property
    def hits(self) -> list[Hit]:
        """All tables that searches found, best first."""
        found: dict[str, Hit] = {}
        for step in self.talk.results("search_tables"):
            for hit in catalog_reading.read_hits(step.result):
                if hit.id not in found or len(hit.matches) > len(found[hit.id].matches):
                    found[hit.id] = hit
        return list(found.values())

    @cached_property
    def catalog(self) -> Catalog:
        """The described tables."""
        results = [s.result for s in self.talk.results("describe_table")]
        return catalog_reading.build(results, self.hits)

    @cached_property
    def asked(self) -> set[str]:
        """Tables whose description was asked for, also in vain."""
        steps = self.talk.results("describe_table")
        return {f"{s.input.get('database', '')}.{s.input.get('table', '')}" for s in steps}

    @cached_property
    def tokens(self) -> list[Token]:
        """The question's tokens."""
        return tokenize(clean(self.question))

    @cached_property
    def search_text(self) -> str:
        """The words to search with, those of earlier questions included."""
        texts = [self.question, *reversed(self.earlier[-3:])]
        return " ".join(
            dict.fromkeys(w for t in texts for w in search.search_text(tokenize(clean(t))).split())
        )[:800]

    @cached_property
    def words(self) -> list[str]:
        """What to search for: the words of the question, then of those it leans on."""
        found = search.content_words(self.tokens)
        for question in reversed(self.earlier[-3:]):
            found += search.content_words(tokenize(clean(question)))
        return list(dict.fromkeys(found))[:24]

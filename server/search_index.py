"""The index over a patient table: which rows hold a query's words, those first that say it best.

Who has a disease stands before who complains of it, takes its drugs, or has a relative with it; who
denies it comes last. So a row is worth what its best field is worth, not how often a word occurs in
it or how rare the word is: an order that a match can explain in a word.

The engine is tantivy: it finds, counts and ranks; the fields of its index are the fields of a
record, and "denied" for what any of them denies.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as arrow_compute
import tantivy

from . import negation
from .formats.report import Progress, silent
from .patients import FIELDS, PatientTable
from .query import Part, Query, Word
from .synonyms import Phrase
from .words import HAS_BRITISH, american, cut

DENIED = "denied"
OWN_WEIGHTS = {
    "conditions": 100.0,
    "symptoms": 50.0,
    "name": 25.0,
    "medications": 12.0,
    "notes": 6.0,
    "allergies": 3.0,
    "other": 2.0,
}
WEIGHTS = OWN_WEIGHTS | {"family_history": 1.0, DENIED: 0.3}
"""What a word is worth in each field. Two fields differ by more than two qualities of a match."""

PHRASE, EXACT, SYNONYM, BEGINNING, TYPO = 1.2, 1.0, 0.95, 0.9, 0.8
"""The qualities of a match: words side by side, the word, its synonym, its beginning, a slip."""
ACROSS = 0.5
"""What it is worth that the words stand in different fields, against all of them in one."""
FURTHER = 0.02
"""What further fields with the word add to the best one."""

SCHEMA_VERSION = 1
"""Counts up when what is indexed changes, so that an index of before is not used."""

_TERMS = 200  # beginnings of so many words are looked up one by one, of more as a range
_CHUNK = 10_000  # rows that are prepared at a time
_LEAST_HEAP, _HEAP_PER_ROW, _MOST_HEAP = 15_000_000, 3_000, 400_000_000  # bytes for the writer

Q, Occur = tantivy.Query, tantivy.Occur
Split = Callable[[str], tuple[str, str]]
Cell = tuple[str, str, str]
"""Field, what its text says, and what it denies."""
Ways = tantivy.Query | None
"""A query, or none where no row of the table can match it."""
Texts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """How many rows match, and the best of them."""

    total: int
    rows: list[int]


class SearchIndex:
    """An index that is complete; searching is safe from several threads."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def build(
        cls,
        table: PatientTable,
        folder: Path | None = None,
        progress: Progress = silent,
        split: Split = negation.split,
    ) -> "SearchIndex":
        """The index of a table, in memory, or in an empty folder for another start.

        `split` parts what a text says from what it denies.
        """
        index = tantivy.Index(_schema(), None if folder is None else str(folder))
        index.register_tokenizer("words", _analyzer())
        heap = min(_LEAST_HEAP + len(table) * _HEAP_PER_ROW, _MOST_HEAP)
        writer = index.writer(heap, 1)  # one thread: the rows stay in order
        for row, texts in enumerate(searched_texts(table, split)):
            document = tantivy.Document()
            document.add_unsigned("row", row)
            for name, text in texts.items():
                document.add_text(name, text)
            writer.add_document(document)
            if row % 10_000 == 0:
                progress(row, len(table))
        writer.commit()
        writer.wait_merging_threads()
        progress(len(table), len(table))
        index.reload()
        return cls(index)

    @classmethod
    def open(cls, folder: Path) -> "SearchIndex":
        """The index that was built in a folder.

        Raises:
            ValueError: it is not whole.
        """
        return cls(tantivy.Index.open(str(folder)))

    def knows(self, beginning: str) -> bool:
        """Whether a word of the table begins so."""
        return any(self._begins(name, beginning, 1) for name in WEIGHTS)

    def words(self, beginning: str) -> Mapping[str, int]:
        """The words of the table that begin so, and in how many records they occur."""
        counts: Counter[str] = Counter()
        for name in WEIGHTS:
            counts.update(dict(self._searcher.terms_with_prefix(name, beginning)))
        return counts

    def _begins(self, name: str, beginning: str, limit: int) -> list[str]:
        terms = self._searcher.terms_with_prefix(name, beginning, limit=limit)
        return [term for term, _ in terms]

    def find(self, query: Query, limit: int) -> Found:
        """The best rows for the query; rows of the same worth in the order of the table."""
        asked = [self._said(query.said)] if query.said else []
        asked += [self._within(DENIED, query.denied, 100.0)] if query.denied else []
        whole = _all_of(asked)
        if whole is None:
            return Found(0, [])
        hits = self._searcher.search(whole, max(limit, 1))
        addresses = [address for _, address in hits.hits][:limit]
        rows = self._searcher.fast_field_values("row", addresses)
        total: int = hits.count  # type: ignore[attr-defined]  # its stub forgets it
        return Found(total, [int(row) for row in rows if row is not None])

    def _said(self, parts: tuple[Part, ...]) -> Ways:
        ways = [self._within(name, parts, weight) for name, weight in WEIGHTS.items()]
        if len(parts) > 1:
            share = ACROSS / len(parts)
            ways.append(_all_of([self._anywhere(part, OWN_WEIGHTS, share) for part in parts]))
            rest = _all_of([self._anywhere(part, WEIGHTS, share) for part in parts])
            ways.append(_worth(rest, WEIGHTS[DENIED] / 2))
        return _best_of(ways)

    def _anywhere(self, part: Part, weights: Mapping[str, float], share: float) -> Ways:
        return _best_of([self._part(name, part, w * share) for name, w in weights.items()])

    def _within(self, name: str, parts: tuple[Part, ...], weight: float) -> Ways:
        """All parts in one field."""
        together = _all_of([self._part(name, part, weight / len(parts)) for part in parts])
        words = [word.beginnings[0] for part in parts for word in part.typed]
        if together is None or len(words) == 1:
            return together
        side_by_side = Q.phrase_prefix_query(self._schema, name, list(words))
        return _best_of([together, _worth(side_by_side, weight * PHRASE)])

    def _part(self, name: str, part: Part, weight: float) -> Ways:
        share = weight / len(part.typed)
        ways = [_all_of([self._word(name, word, share) for word in part.typed])]
        ways += [_worth(self._phrase(name, each), weight * SYNONYM) for each in part.synonyms]
        return _best_of(ways)

    def _phrase(self, name: str, phrase: Phrase) -> Ways:
        if not all(self._searcher.doc_freq(name, word) for word in phrase):
            return None
        if len(phrase) == 1:
            return Q.term_query(self._schema, name, phrase[0])
        return Q.phrase_query(self._schema, name, list(phrase))

    def _word(self, name: str, word: Word, weight: float) -> Ways:
        ways = [_worth(self._phrase(name, (meant,)), weight * TYPO) for meant in word.meant]
        for beginning in word.beginnings:
            ways.append(_worth(self._phrase(name, (beginning,)), weight * EXACT))
            ways.append(_worth(self._begun(name, beginning), weight * BEGINNING))
        return _best_of(ways)

    def _begun(self, name: str, beginning: str) -> Ways:
        """The longer words that begin so."""
        terms = self._begins(name, beginning, _TERMS)
        longer = [term for term in terms if term != beginning]
        if not longer:
            return None
        if len(terms) < _TERMS:
            return Q.term_set_query(self._schema, name, longer)
        return Q.regex_query(self._schema, name, f"{beginning}.*")


def _best_of(ways: list[Ways]) -> Ways:
    there = [way for way in ways if way is not None]
    return Q.disjunction_max_query(there, FURTHER) if len(there) > 1 else next(iter(there), None)


def _all_of(parts: list[Ways]) -> Ways:
    there = [part for part in parts if part is not None]
    if not there or len(there) < len(parts):
        return None
    return Q.boolean_query([(Occur.Must, part) for part in there]) if len(there) > 1 else there[0]


def _worth(way: Ways, weight: float) -> Ways:
    return way and Q.const_score_query(way, weight)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True)
    for name in WEIGHTS:
        builder.add_text_field(name, tokenizer_name="words")
    return builder.build()


def _analyzer() -> tantivy.TextAnalyzer:
    """The engine's own cutter: on what `_indexable` gives it, it cuts as `words.cut` does."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.lowercase()).build()


def searched_texts(table: PatientTable, split: Split = negation.split) -> Iterator[Texts]:
    """What is searched of each row: field -> text, ready for the engine; empty fields left out."""
    fields = {name: name if name in FIELDS else "other" for name in table.columns}
    searched = [name for name in table.columns if fields[name] in WEIGHTS]
    for offset in range(0, len(table), _CHUNK):
        chunk = table.frame.iloc[offset : offset + _CHUNK]
        columns = [_prepared(fields[name], chunk[name], split) for name in searched]
        yield from map(_joined, zip(*columns, strict=True))


def _prepared(field: str, column: "pd.Series[str]", split: Split) -> Iterator[Cell]:
    """The cells of one column; the costly rules run only where a scan of the column says so."""
    texts = pa.array(column, pa.large_string())
    may_deny = _matches(texts, "" if field == "name" else negation.CANDIDATES)
    british = _matches(texts, HAS_BRITISH)
    for text, denying, is_british in zip(texts.to_pylist(), may_deny, british, strict=True):
        said, denied = split(text) if denying else (text, "")
        yield field, _indexable(said, is_british), _indexable(denied, is_british)


def _matches(texts: pa.LargeStringArray, pattern: str) -> list[bool]:
    if not pattern:
        return [False] * len(texts)
    found = arrow_compute.match_substring_regex(texts, pattern, ignore_case=True)
    return cast("list[bool]", found.to_pylist())


def _joined(cells: tuple[Cell, ...]) -> Texts:
    texts: Texts = {}
    for field, said, denied in cells:
        for name, text in ((field, said), (DENIED, denied)):
            if text:
                texts[name] = f"{texts[name]}\n{text}" if name in texts else text
    return texts


def _indexable(text: str, is_british: bool) -> str:
    """The text such that the engine's cutter and `words.cut` agree, with American spellings too."""
    if text.isascii() and not is_british:
        return text
    words = cut(text)
    return " ".join([*words, *(other for word in words if (other := american(word)) != word)])
